"""The messages of each service: their signatures, their limits, and nothing foreign is markup in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.cloud.connection.web import WebAnswer
from jobspec.cloud.notify import messages, signatures
from jobspec.cloud.notify.address import SERVICES, WebhookAddress, read_address
from jobspec.cloud.notify.answers import refusal
from jobspec.cloud.notify.digest import ChatDigest
from jobspec.errors import UsageError

NOW = datetime(2021, 11, 1, 6, 0, 0, 500_000, tzinfo=UTC)
URLS = {
    "slack": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/00000000-1111-2222-3333-444444444444",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef0123456789abcdef",
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-1111-2222-3333-444444444444",
    "json": "https://ops.example.com/hooks/0123456789abcdef?token=abcdefabcdef",
}


def sent(service: str, digest: ChatDigest, secret: str = "") -> tuple[str, dict[str, Any]]:
    post = messages.message(read_address(URLS[service], secret), digest, NOW)
    return post.url, json.loads(post.body)


def text_of(service: str, body: dict[str, Any]) -> str:
    match service:
        case "slack":
            return str(body["blocks"][0]["text"]["text"])
        case "feishu":
            card = body["card"]
            return f"{card['header']['title']['content']}\n{card['elements'][0]['text']['content']}"
        case "dingtalk":
            return str(body["text"]["content"])
        case _:
            return str(body["markdown"]["content"])


@pytest.mark.parametrize("service", URLS)
def test_the_host_decides_the_service(service: str) -> None:
    assert read_address(URLS[service]).service == service


def test_a_name_before_the_address_decides_it() -> None:
    found = read_address("DingTalk+https://proxy.example.com/x")
    assert (found.service, found.url, found.host) == (
        "dingtalk",
        "https://proxy.example.com/x",
        "proxy.example.com",
    )
    assert read_address("http://127.0.0.1:8080/x").service == "json"


BAD = [
    "hooks.slack.com/services/SECRETPART",
    "http://hooks.slack.com/services/SECRETPART",
    "ftp://hooks.slack.com/SECRETPART",
    "https://user:SECRETPART@example.com/",
    "https://example.com:99999999/SECRETPART",
    "https://[::1/SECRETPART",
    "https://exa mple.com/SECRETPART",
    "https://example.com/\nSECRETPART",
    "teams+https://example.com/SECRETPART",
]


@pytest.mark.parametrize("text", BAD)
def test_an_address_that_cannot_be_used_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_address(text)
    assert "SECRETPART" not in caught.value.message + caught.value.help
    assert caught.value.__cause__ is None


def test_an_address_shows_only_its_service() -> None:
    assert repr(read_address(URLS["slack"], "key")) == "WebhookAddress(service='slack')"


def test_the_signature_of_feishu_has_the_time_and_the_key_as_key() -> None:
    # key=$(printf '1599360473\ndemo' | xxd -p)
    # printf '' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | base64
    assert signatures.of_feishu(1599360473, "demo") == FEISHU
    _, body = sent("feishu", ChatDigest("t", ("a",), "k"), "demo")
    assert body["timestamp"] == "1635746400"
    assert body["sign"] == signatures.of_feishu(1635746400, "demo")
    assert "sign" not in sent("feishu", ChatDigest("t", ("a",), "k"))[1]


def test_the_signature_of_dingtalk_is_over_milliseconds_and_in_the_address() -> None:
    # printf '1599360473000\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret' -binary | base64
    assert signatures.of_dingtalk(1599360473000, "this is secret") == DINGTALK
    url, _ = sent("dingtalk", ChatDigest("t", ("a",), "k"), "this is secret")
    query = parse_qs(urlsplit(url).query)
    assert query["access_token"] == ["0123456789abcdef0123456789abcdef"]
    assert query["timestamp"] == ["1635746400500"]
    assert query["sign"] == [signatures.of_dingtalk(1635746400500, "this is secret")]


def test_the_signature_of_a_plain_webhook_is_over_its_body() -> None:
    # printf '{}' | openssl dgst -sha256 -hmac key
    assert signatures.of_body(b"{}", "key") == f"sha256={PLAIN}"
    post = messages.message(read_address(URLS["json"], "key"), ChatDigest("t", (), "k", {"a": 1}), NOW)
    assert post.headers["X-Jobspec-Signature"] == signatures.of_body(post.body, "key")


def test_the_secret_itself_is_never_sent() -> None:
    for service in SERVICES:
        post = messages.message(
            read_address(URLS[service], "the-secret-key"), ChatDigest("t", ("a",), "k"), NOW
        )
        assert "the-secret-key" not in f"{post.url}{post.headers}{post.body.decode()}"
        assert "hook" not in repr(post)
        assert "token" not in repr(post)


@given(
    st.sampled_from(["slack", "feishu", "dingtalk", "wecom"]),
    st.lists(st.text(max_size=30).map(lambda text: text * 40), max_size=30),
    st.text(max_size=700),
)
def test_every_message_fits(service: str, lines: list[str], title: str) -> None:
    digest = ChatDigest(title, tuple(lines), "k")
    post = messages.message(read_address(URLS[service], "key"), digest, NOW)
    text = text_of(service, json.loads(post.body))
    if service == "slack":
        assert len(text) <= 3000
    assert len(text.encode()) <= {"wecom": 4096}.get(service, 20_000)
    if service in {"feishu", "dingtalk"}:
        assert len(post.body) <= 20_000


@pytest.mark.parametrize("service", ["slack", "wecom"])
@pytest.mark.parametrize("sign", ["<", "训", "\U0001f600", "&"])
def test_a_long_message_is_cut_between_characters_and_counts_the_rest(service: str, sign: str) -> None:
    _, body = sent(service, ChatDigest("title", tuple(f"{sign * 50} {n}" for n in range(200)), "k"))
    text = text_of(service, body)
    kept, _, more = text.rpartition("\n")
    assert more == f"… {200 - (len(kept.splitlines()) - 1)} more"
    assert len(kept) > 1000
    if service == "slack":
        assert "&" not in text.replace("&lt;", "").replace("&amp;", "")


@pytest.mark.parametrize("service", ["feishu", "dingtalk"])
def test_escapes_of_the_body_are_counted(service: str) -> None:
    digest = ChatDigest('"' * 600, tuple('"\\' * 100 for _ in range(200)), "k")
    post = messages.message(read_address(URLS[service], "key"), digest, NOW)
    assert 15_000 < len(post.body) <= 20_000


def test_nothing_is_said_to_be_missing_if_all_fits() -> None:
    assert "more" not in text_of("slack", sent("slack", ChatDigest("t", ("a", "b"), "k"))[1])


def test_nothing_foreign_is_markup_or_a_mention() -> None:
    line = "<!channel> <@all> [x](http://e) `code` @all **b**"
    digest = ChatDigest(line, (line,), "k")
    _, slack = sent("slack", digest)
    assert slack["blocks"][0]["text"]["type"] == "plain_text"
    assert slack["mrkdwn"] is False
    assert "<" not in slack["text"] + text_of("slack", slack)
    _, feishu = sent("feishu", digest)
    assert {feishu["card"]["header"]["title"]["tag"], feishu["card"]["elements"][0]["text"]["tag"]} == {
        "plain_text"
    }
    _, dingtalk = sent("dingtalk", digest)
    assert (dingtalk["msgtype"], dingtalk["at"]) == ("text", {"isAtAll": False})
    for one in text_of("wecom", sent("wecom", digest)[1]).splitlines():
        assert one[0] == one[-1] == "`"
        assert not set("`<>") & set(one[1:-1])


ANSWERS: list[tuple[str, int, str, str]] = [
    ("slack", 200, "ok", ""),
    ("slack", 200, '{"ok": true}', ""),
    ("slack", 200, "invalid_payload", "no `ok`: invalid_payload"),
    ("slack", 403, "invalid_token", "HTTP 403: invalid_token"),
    ("feishu", 200, '{"code":0,"data":{},"msg":"success","StatusCode":0}', ""),
    ("feishu", 200, '{"StatusCode":0,"StatusMessage":"success"}', ""),
    ("feishu", 200, '{"code":19021,"msg":"sign match fail"}', "code 19021: sign match fail"),
    ("dingtalk", 200, '{"errcode":0,"errmsg":"ok"}', ""),
    ("dingtalk", 200, '{"errcode":310000,"errmsg":"sign not match"}', "code 310000: sign not match"),
    ("wecom", 200, '{"errcode":0,"errmsg":"ok"}', ""),
    ("wecom", 200, '{"errcode":45009,"errmsg":"api freq out of limit"}', "code 45009: api freq out of limit"),
    ("wecom", 200, '{"errcode":false}', "code False"),
    ("wecom", 200, "<html>", "no code: <html>"),
    ("wecom", 200, "", "no code"),
    ("json", 204, "", ""),
    ("json", 200, "anything", ""),
    ("json", 302, "", "HTTP 302"),
    ("json", 429, "slow down", "HTTP 429: slow down"),
]


@pytest.mark.parametrize(("service", "status", "body", "expected"), ANSWERS)
def test_a_refusal_is_recognised(service: str, status: int, body: str, expected: str) -> None:
    assert refusal(read_address(URLS[service]), WebAnswer(status, body.encode())) == expected


@pytest.mark.parametrize("service", SERVICES)
def test_a_refusal_repeats_no_part_of_the_address(service: str) -> None:
    address = read_address(URLS[service], "the-secret-key")
    parts = [part for part in address.url.replace("?", "/").replace("=", "/").split("/") if len(part) > 11]
    secrets = [*(part for part in parts if part != address.host), "the-secret-key"]
    for status in (200, 404):
        text = json.dumps({"errcode": 1, "code": 1, "msg": f"{address.url} the-secret-key"})
        shown = refusal(address, WebAnswer(status, text.encode()))
        assert not [part for part in secrets if part in shown], shown


FEISHU = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
DINGTALK = "hXZTWifRGHclNuZSKxoXc//sh51SWfVfRIhcdeKs63I="
PLAIN = "a777724d943eb48dc69bca8a4a6d57a04db3f9ec7e1de4e581e860265bdf3032"


def test_each_service_has_an_address_here() -> None:
    assert set(URLS) == set(SERVICES)
    assert all(isinstance(read_address(url), WebhookAddress) for url in URLS.values())
