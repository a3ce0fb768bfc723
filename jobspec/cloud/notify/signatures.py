"""The signatures of the chat services. Pure; each has a test vector."""

from __future__ import annotations

import base64
import hashlib
import hmac


def of_feishu(seconds: int, secret: str) -> str:
    """Return the signature of Feishu and Lark: the key is the time and the secret, the message is empty.

    Source: the guide of Feishu to custom bots. `seconds` since 1970 may differ by an hour at most.
    """
    return _base64(hmac.digest(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256))


def of_dingtalk(milliseconds: int, secret: str) -> str:
    """Return the signature of DingTalk: the key is the secret, the message is the time and the secret.

    Source: the guide of DingTalk to custom robots. The time may differ by an hour at most.
    """
    return _base64(hmac.digest(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256))


def of_body(body: bytes, secret: str) -> str:
    """Return the signature of a plain webhook: of the exact bytes of the body, in the form of GitHub."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
