"""Where credentials may be sent."""

from __future__ import annotations

import pytest

from jobspec.cloud.destinations import check_destination, origin_of
from jobspec.config.settings import Configuration, FileSettings
from jobspec.errors import EndpointNotAllowed, UsageError

NOTHING = Configuration()
GATEWAY = "https://gateway.example.com"


def configured(user: tuple[str, ...] | None = None, machine: tuple[str, ...] | None = None) -> Configuration:
    return Configuration(FileSettings("user.yaml", user), FileSettings("machine.yaml", machine))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://open.volcengineapi.com",
        "https://open.volcengineapi.com:443/",
        "HTTPS://OPEN.VolcEngineAPI.com",
        "https://ml.cn-beijing.volcengineapi.com",
    ],
)
def test_the_vendors_hosts_need_no_permission(endpoint: str) -> None:
    check_destination(endpoint, NOTHING, typed=False)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://volcengineapi.com.example.com",
        "https://evilvolcengineapi.com",
        "https://open.volcengineapi.com:8443",
        "https://open.volcengineapi.com.",
        "https://open.volcengineapi.co",
        "https://bucket.tos-cn-beijing.volces.com",
        "https://open.volcengineapi.c\u043em",
        "https://localhost",
        "http://127.0.0.1",
        "http://[::1]:8765",
        GATEWAY,
    ],
)
def test_every_other_host_needs_permission(endpoint: str) -> None:
    with pytest.raises(EndpointNotAllowed, match="is set only by the project"):
        check_destination(endpoint, NOTHING, typed=False)
    check_destination(endpoint, NOTHING, typed=True)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://open.volcengineapi.com",
        "http://gateway.example.com",
        "http://192.168.0.7:8765",
        "http://2130706433",
        "http://127.1",
        "http://0x7f000001",
        "http://0",
        "http://localhost.example.com",
        "http://127.0.0.1.nip.io",
        "http://0.0.0.0:8765",
        "http://[::]:8765",
        "https://0.0.0.0",
        "https://[::]",
    ],
)
def test_plain_http_to_another_machine_and_unspecified_addresses_cannot_be_allowed(endpoint: str) -> None:
    with pytest.raises(EndpointNotAllowed):
        check_destination(endpoint, configured((endpoint,)), typed=True)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://open.volcengineapi.com@evil.example",
        "https://me:pw@open.volcengineapi.com",
        "https://evil.example\\@open.volcengineapi.com",
        "https://open.volcengineapi.com/path",
        "https://evil.example#.volcengineapi.com",
        "ftp://open.volcengineapi.com",
    ],
)
def test_an_invalid_address_is_refused_unquoted(endpoint: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_destination(endpoint, NOTHING, typed=True)
    assert endpoint not in caught.value.message


@pytest.mark.parametrize(
    ("user", "machine", "typed", "is_allowed"),
    [
        ((GATEWAY,), None, False, True),
        ((f"{GATEWAY}:443/",), None, False, True),
        ((f"{GATEWAY}:8443",), None, False, False),
        (None, (GATEWAY,), False, True),
        ((), (GATEWAY,), False, False),
        ((GATEWAY,), (), False, False),
        ((GATEWAY,), (GATEWAY,), False, True),
        (None, (), True, False),
        ((), None, True, True),
    ],
)
def test_the_machines_list_can_only_be_narrowed(
    user: tuple[str, ...] | None, machine: tuple[str, ...] | None, typed: bool, is_allowed: bool
) -> None:
    if is_allowed:
        check_destination(GATEWAY, configured(user, machine), typed=typed)
    else:
        with pytest.raises(EndpointNotAllowed):
            check_destination(GATEWAY, configured(user, machine), typed=typed)


@pytest.mark.parametrize(
    "written", ["https://ML.example.com", "https://ml.example.com:443", "https://ml.example.com/"]
)
def test_an_origin_has_one_form_for_every_spelling(written: str) -> None:
    assert origin_of(written).url == "https://ml.example.com"


def test_an_origin_keeps_a_port_that_is_not_the_default() -> None:
    assert origin_of("http://[::1]:8080").url == "http://[::1]:8080"
