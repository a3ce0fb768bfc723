"""What may be a secret in a file that is no YAML is hidden; what helps to find the mistake stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.load import LoadRequest, load
from jobspec.redaction.unparsable import hide_unread
from jobspec.report.diagnostics.formats import render


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("env:\n  TOKEN:\n    CANARY\n  LR: x", "env:\n  TOKEN:\n    ******\n  LR: x"),
        ("pasword:\n  a1: CANARY\nb: c", "pasword:\n  *** ******\nb: c"),
        ("storageCredentail:\n  acessKey:\n    CANARY", "storageCredentail:\n  acessKey:\n    ******"),
        ("unforeseen:\n  CANARY-of-my-own\nx: y", "unforeseen:\n  ****************\nx: y"),
        ("a: {TOKEN: [CANARY, CANARY, b", "a: {TOKEN: [******* ******* *"),
        ("TOKEN: |\n  CANARY\n  CANARY\nx: y", "TOKEN: |\n  ******\n  ******\nx: y"),
    ],
)
def test_what_may_be_a_secret_is_hidden_and_its_key_is_not(text: str, shown: str) -> None:
    assert hide_unread(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "spec:\n  image: ml_platform/pytorch:1.7\n  roles:\n    - {name: worker, replicas: 2}",
        "env: {HF_TOKEN: {secret: {env: HF_TOKEN}}, LR: x}",
        "env:\n  HF_TOKEN: {secret: {file: keys/token}}\n  LR: x",
        "env:\n  HF_TOKEN:\n    secret:\n      env: HF_TOKEN",
        "entrypoint: |\n  python train.py --epochs 3\n  /usr/bin/python3\n  --verbose",
        "previousNames:\n  - resnet-old-and-gone",
        "access: Private",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert hide_unread(text) == text


@given(st.text(alphabet=" \n\t:-{}[]'\"|>,#abTOKEN", max_size=120))
def test_lines_and_columns_stay_where_they_were(text: str) -> None:
    assert [*map(len, hide_unread(text).split("\n"))] == [*map(len, text.split("\n"))]


def test_a_credential_on_a_line_of_its_own_is_not_quoted_for_a_mistake_below_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("spec:\n  pasword:\n    hunter2hunter2\n    x: y: z\n")
    loaded = load(LoadRequest((tmp_path,), tmp_path, scope="s"))
    shown = render(loaded.diagnostics, loaded.sources)
    assert "hunter2" not in shown
    assert "JS101" in shown


def test_in_a_very_long_text_more_is_hidden_but_never_less() -> None:
    """There are too many keys to compare them one by one."""
    long = "- a: b\n" * 50_000
    assert hide_unread("pasword: hunter2-hunter2\n" + long).startswith("pasword: *")
    assert hide_unread("passing: through\n" + long).startswith("passing: *")
    assert hide_unread("passing: through\n").startswith("passing: through")
