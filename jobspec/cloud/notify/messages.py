"""A digest as a message of each service, within its limits. Pure.

The limits count the text as it is sent, with its escapes; a text is only cut between characters, and lines
that do not fit are counted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jobspec import __version__
from jobspec.cloud.connection.web import WebRequest
from jobspec.cloud.notify import signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from jobspec.cloud.notify.address import WebhookAddress
    from jobspec.cloud.notify.digest import ChatDigest

SLACK_CHARACTERS = 3000
"""Of the text of one block; source: the reference of Slack's blocks."""
WECOM_BYTES = 4096
"""Of the content of a Markdown message; source: the guide of WeCom to group robots."""
ROBOT_BYTES = 18_000
"""Of the text of a message as JSON; Feishu and DingTalk accept a body of 20,000 bytes."""
_LONGEST_TITLE = 500
_LONGEST_LINE = 1000
_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": f"jobspec/{__version__}",
    "Accept-Encoding": "identity",
}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NO_MARKUP = {"`": "'", "<": "\uff1c", ">": "\uff1e"}
"""WeCom has no escapes: in a code span, only these could end it or name a member."""


def message(address: WebhookAddress, digest: ChatDigest, now: datetime) -> WebRequest:
    """Return the request that sends the digest, signed at `now` if the service has signatures."""
    make = {"slack": _slack, "feishu": _feishu, "dingtalk": _dingtalk, "wecom": _wecom, "json": _json}
    return make[address.service](address, digest, now)


def _slack(address: WebhookAddress, digest: ChatDigest, _now: datetime) -> WebRequest:
    """Plain text: nothing in it is markup or a mention. Slack requires three characters to be escaped."""
    text = fitted(digest, _entities, len, SLACK_CHARACTERS)
    title = _cut(digest.title, _entities, len, _LONGEST_TITLE)
    block = {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
    return _post(address.url, {"text": title, "mrkdwn": False, "blocks": [block]})


def _feishu(address: WebhookAddress, digest: ChatDigest, now: datetime) -> WebRequest:
    lines = fitted(digest, str, _bytes_in_json, ROBOT_BYTES)
    title, _, rest = lines.partition("\n")
    text = {"tag": "plain_text", "content": rest or title}
    card = {
        "header": {"title": {"tag": "plain_text", "content": title}},
        "elements": [{"tag": "div", "text": text}],
    }
    body: dict[str, Any] = {"msg_type": "interactive", "card": card}
    if address.secret:
        seconds = int(now.timestamp())
        body = {"timestamp": str(seconds), "sign": signatures.of_feishu(seconds, address.secret), **body}
    return _post(address.url, body)


def _dingtalk(address: WebhookAddress, digest: ChatDigest, now: datetime) -> WebRequest:
    """A text message: it has no markup, and mentions only whom `at` names."""
    text = fitted(digest, str, _bytes_in_json, ROBOT_BYTES)
    url = address.url
    if address.secret:
        milliseconds = int(now.timestamp() * 1000)
        sign = signatures.of_dingtalk(milliseconds, address.secret)
        url += ("&" if "?" in url else "?") + urlencode({"timestamp": milliseconds, "sign": sign})
    return _post(url, {"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": False}})


def _wecom(address: WebhookAddress, digest: ChatDigest, _now: datetime) -> WebRequest:
    text = fitted(digest, _in_code, _bytes, WECOM_BYTES)
    return _post(address.url, {"msgtype": "markdown", "markdown": {"content": text}})


def _json(address: WebhookAddress, digest: ChatDigest, _now: datetime) -> WebRequest:
    plain = _post(address.url, digest.document)
    if not address.secret:
        return plain
    signed = {"X-Jobspec-Signature": signatures.of_body(plain.body, address.secret)}
    return WebRequest("POST", plain.url, {**plain.headers, **signed}, plain.body)


def _post(url: str, body: Mapping[str, object]) -> WebRequest:
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return WebRequest("POST", url, _HEADERS, text)


def fitted(digest: ChatDigest, escape: Callable[[str], str], size: Callable[[str], int], most: int) -> str:
    """Return the title and as many lines as fit into `most`, escaped; the others are counted."""
    text = _cut(digest.title, escape, size, _LONGEST_TITLE)
    for place, line in enumerate(digest.lines):
        longer = f"{text}\n{_cut(line, escape, size, _LONGEST_LINE)}"
        left = len(digest.lines) - place
        if size(longer) + size(_more(left)) > most:
            return text + _more(left)
        text = longer
    return text


def _more(number: int) -> str:
    return f"\n… {number} more"


def _cut(text: str, escape: Callable[[str], str], size: Callable[[str], int], most: int) -> str:
    """Return a text escaped, in at most `most`: cut between characters, so that no escape is broken."""
    whole = escape(text)
    if size(whole) <= most:
        return whole
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(escape(f"{text[:middle]}…")) <= most else (low, middle - 1)
    return escape(f"{text[:low]}…")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _bytes_in_json(text: str) -> int:
    return _bytes(json.dumps(text, ensure_ascii=False))


def _entities(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in text)


def _in_code(text: str) -> str:
    return f"`{''.join(_NO_MARKUP.get(character, character) for character in text)}`"
