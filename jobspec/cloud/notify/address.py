"""The address of a notification, and the service there. It is a secret: only its host is shown."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args
from urllib.parse import parse_qsl, urlsplit

from jobspec.cloud.connection.hosts import is_host
from jobspec.cloud.settings import is_on_this_machine
from jobspec.concealing import Concealing
from jobspec.errors import UsageError

Service = Literal["slack", "feishu", "dingtalk", "wecom", "json"]
SERVICES: tuple[Service, ...] = get_args(Service)
_HOSTS: dict[str, Service] = {
    "hooks.slack.com": "slack",
    "hooks.slack-gov.com": "slack",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
    "oapi.dingtalk.com": "dingtalk",
    "qyapi.weixin.qq.com": "wecom",
}
_SHORTEST_TOKEN = 9
"""Shorter parts of a path are words, such as `services`."""


class WebhookAddress(Concealing, frozen=True):
    """An address, the service that answers there, and the key of its signatures; empty without one."""

    concealed: ClassVar[frozenset[str]] = frozenset({"url", "secret"})
    service: Service
    url: str
    secret: str = ""

    @property
    def host(self) -> str:
        """The host: the only part that may be shown."""
        return urlsplit(self.url).hostname or ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may contain: the parts of the address behind the host, and the key."""
        parts = urlsplit(self.url)
        pieces = (*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query)))
        tokens = (piece for piece in pieces if len(piece) >= _SHORTEST_TOKEN)
        return tuple(filter(None, (parts.path, parts.query, self.secret, *tokens)))


def read_address(text: str, secret: str = "") -> WebhookAddress:
    """Return the address in a text such as `https://…` or `feishu+https://…`.

    Without the name of a service, the host decides. Raises `UsageError`, which does not quote the text.
    """
    name, plus, rest = text.strip().partition("+")
    named = next((service for service in SERVICES if plus and service == name.lower()), None)
    url = rest if named else text.strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_whole = parts.scheme in {"http", "https"} and is_host(host) and parts.port != 0
    except ValueError:
        raise _not_usable("it is not an http or https address") from None
    if not is_whole or parts.username is not None or not url.isprintable() or " " in url:
        raise _not_usable("it is not an http or https address without a user name")
    if parts.scheme == "http" and not is_on_this_machine(url):
        raise _not_usable("it is not encrypted, and it contains a secret")
    return WebhookAddress(named or _HOSTS.get(host.lower(), "json"), url, secret)


def _not_usable(why: str) -> UsageError:
    services = ", ".join(f"`{service}+`" for service in SERVICES)
    return UsageError(
        f"the address of the notification cannot be used: {why}",
        help=f"use the `https://` address of a webhook; to name the service, put one of {services} before it",
    )
