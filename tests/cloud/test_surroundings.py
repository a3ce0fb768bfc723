"""Proxies and certificates from the environment, for requests to a platform over the network."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import certifi
import httpx
import pytest

from jobspec.cloud.connection import network
from jobspec.cloud.connection.certificates import tls_context
from jobspec.cloud.connection.network import invalid_exceptions
from jobspec.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

PROXY = "http://proxy.example:3128"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def is_proxied(url: str) -> bool:
    routed = network._Routed(ssl.create_default_context())
    return routed._way(httpx.URL(url)) is not routed._direct


@pytest.mark.parametrize(
    ("no_proxy", "url", "proxied"),
    [
        ("", "https://api.example.com", True),
        ("fd00::/8", "https://api.example.com", True),
        ("fd00::/8", "https://[fd00::5]", False),
        ("[::1]", "https://api.example.com", True),
        ("*", "https://api.example.com", False),
        (".example.com", "https://api.example.com", False),
        ("api.example.com:443", "https://api.example.com", False),
        ("api.example.com:80", "https://api.example.com", True),
        ("", "http://127.0.0.1:8765", False),
        ("", "http://localhost", False),
        ("", "http://api.example.com", False),
    ],
)
def test_a_request_goes_through_the_proxy_unless_its_host_is_named(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, proxied: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert is_proxied(url) is proxied


def test_a_proxy_for_all_schemes_and_one_without_a_scheme_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.example:3128")
    assert is_proxied("http://api.example.com")
    assert is_proxied("https://api.example.com")


def test_an_invalid_entry_is_reported_only_if_a_proxy_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/99,.example.com")
    assert invalid_exceptions() == ()
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    assert invalid_exceptions() == ("10.0.0.0/99",)


@pytest.mark.parametrize(
    ("variable", "name", "why"),
    [
        ("SSL_CERT_FILE", "no.pem", "No such file or directory"),
        ("SSL_CERT_FILE", "text", "it contains no readable certificate"),
        ("SSL_CERT_FILE", "empty", "it contains no readable certificate"),
        ("SSL_CERT_FILE", "folder", "it is a folder"),
        ("SSL_CERT_DIR", "no", "the folder does not exist"),
        ("SSL_CERT_DIR", "text", "the folder does not exist"),
        ("SSL_CERT_DIR", "folder", "run `openssl rehash` on the folder"),
        ("SSLKEYLOGFILE", "no/keys", "No such file or directory"),
        ("SSLKEYLOGFILE", "folder", "Is a directory"),
    ],
)
def test_unusable_certificates_are_reported_with_variable_and_path(
    tmp_path: Path, variable: str, name: str, why: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no certificate")
    (tmp_path / "empty").write_text("")
    path = str(tmp_path / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, path)  # OpenSSL reads the variable itself
        with pytest.raises(UsageError) as refused:
            tls_context({variable: path}, ssl.create_default_context)
    assert f"`{variable}` points to `{path}`, which cannot be used: " in refused.value.message
    assert why in refused.value.message
    assert (refused.value.code, variable in refused.value.help) == ("JS534", True)


def test_certificates_from_the_environment_take_effect(tmp_path: Path) -> None:
    context = tls_context(
        {"SSL_CERT_FILE": certifi.where()}, lambda: pytest.fail("no compression was requested")
    )
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.get_ca_certs()
    default = ssl.create_default_context()
    assert tls_context({"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}, lambda: default) is default
    (tmp_path / "0a1b2c3d.0").write_text("")
    assert tls_context({"SSL_CERT_DIR": f"/no:{tmp_path}"}, lambda: default) is not default
