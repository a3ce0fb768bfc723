from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, cast

import pytest

from jobspec.apply.secrets import MAX_BYTES, Secrets
from jobspec.errors import SecretError
from jobspec.manifest.values import SecretRef


def ref(**source: str) -> SecretRef:
    [(kind, name)] = source.items()
    return SecretRef(cast("Literal['env', 'file']", kind), name)


def test_a_variable_is_resolved(tmp_path: Path) -> None:
    assert Secrets({"TOKEN": "value"}, tmp_path).resolve(ref(env="TOKEN")) == "value"


def test_a_file_is_resolved_from_the_project_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("value\r\n")
    assert Secrets({}, tmp_path).resolve(ref(file="token")) == "value"


@pytest.mark.parametrize(
    ("environ", "said"), [({}, "`TOKEN` is not set"), ({"TOKEN": ""}, "`TOKEN` is empty")]
)
def test_a_missing_variable_is_named(environ: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(SecretError, match=said):
        Secrets(environ, tmp_path).resolve(ref(env="TOKEN"))


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"", "is empty"), (b"\xff", "UTF-8"), (b"x" * (MAX_BYTES + 1), "larger than")],
)
def test_a_file_that_cannot_be_a_secret_is_told_without_its_content(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    with pytest.raises(SecretError, match=said) as caught:
        Secrets({}, tmp_path).resolve(ref(file="token"))
    assert "xxx" not in str(caught.value) + caught.value.help


def test_no_error_is_chained_to_one_that_holds_the_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"hunter2\xff")
    with pytest.raises(SecretError) as caught:
        Secrets({}, tmp_path).resolve(ref(file="token"))
    assert caught.value.__context__ is None


def test_every_missing_reference_of_a_payload_is_told(tmp_path: Path) -> None:
    named = [(ref(env="A"), False), (ref(env="B"), False)]
    assert [error.message for _, error in Secrets({"A": "x"}, tmp_path).missing(named)] == [
        "the secret environment variable `B` is not set"
    ]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    with pytest.raises(SecretError, match="not a regular file"):
        Secrets({}, tmp_path).resolve(ref(file="token"))
