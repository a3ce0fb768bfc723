"""Whether a service accepted a message: most refuse with HTTP 200 and a code in the body. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobspec import bounded_json
from jobspec.redaction.answers import shown

if TYPE_CHECKING:
    from jobspec.cloud.connection.web import WebAnswer
    from jobspec.cloud.notify.address import WebhookAddress


def refusal(address: WebhookAddress, answer: WebAnswer) -> str:
    """Return why the message was refused, without secrets; empty if it was accepted."""
    if not 200 <= answer.status < 300:
        return _reason(address, f"HTTP {answer.status}", answer.body.decode("utf-8", "replace"))
    if address.service == "json":
        return ""
    text = answer.body.decode("utf-8", "replace").strip()
    if address.service == "slack":
        is_accepted = text == "ok" or _object(answer.body).get("ok") is True
        return "" if is_accepted else _reason(address, "no `ok`", text)
    return _of_code(address, _object(answer.body), text)


def _of_code(address: WebhookAddress, body: dict[str, Any], text: str) -> str:
    names = ("code", "StatusCode") if address.service == "feishu" else ("errcode",)
    found = [body[name] for name in names if name in body]
    if found and all(type(code) is int and code == 0 for code in found):
        return ""
    if not found:
        return _reason(address, "no code", text)
    why = body.get("msg") or body.get("StatusMessage") or body.get("errmsg") or ""
    return _reason(address, f"code {found[0]}", str(why))


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = bounded_json.parse(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _reason(address: WebhookAddress, what: str, words: str) -> str:
    answer = shown(words, address.secrets)
    return shown(f"{what}: {answer}" if answer else what, address.secrets)
