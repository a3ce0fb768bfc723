"""What may be a secret in a file that is no YAML is hidden; its keys stay, to find the mistake by."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobspec.manifest.load import LoadRequest, load
from jobspec.redaction.unparsable import hide_unparsable
from jobspec.report.diagnostics.formats import render


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("env:\n  LR: x\n  - image: CANARY", "env:\n  LR: *\n  - image: ******"),
        ("pasword: CANARY", "pasword: ******"),
        ("pasword:\n  a1: CANARY\nb: c", "pasword:\n  **: ******\nb: *"),
        ("pasword:\n  hunter2: x: y", "pasword:\n  *******: *: *"),
        ("unforeseen:\n  CANARY-of-my-own\nx: y", "unforeseen:\n  ****************\nx: *"),
        ("a: {TOKEN: [CANARY, 'CANARY', b", "a: {*****: [******, '******', *"),
        ("env:\n  TOKEN:\n    CANARY: x: y\n  LR: x", "env:\n  TOKEN:\n    ******: *: *\n  LR: *"),
        ("TOKEN: |\n  CANARY\n  CANARY: x\nx: y", "TOKEN: |\n  ******\n  ******: *\nx: *"),
        ("# CANARY", "* ******"),
        ("AKIAQWERTYUIOPASDFGH: x", "********************: *"),
        ("a:b: c", "*:*: *"),
    ],
)
def test_whatever_is_no_key_is_hidden_and_so_is_a_key_below_one_for_secrets(text: str, shown: str) -> None:
    assert hide_unparsable(text) == shown


@given(st.text(alphabet=" \n\t:-{}[]'\"|>,#abTOKEN", max_size=120))
def test_lines_and_columns_stay_where_they_were(text: str) -> None:
    assert [*map(len, hide_unparsable(text).split("\n"))] == [*map(len, text.split("\n"))]


def test_a_credential_on_a_line_of_its_own_is_not_quoted_for_a_mistake_below_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("spec:\n  pasword:\n    hunter2hunter2\n    x: y: z\n")
    loaded = load(LoadRequest((tmp_path,), tmp_path, scope="s"))
    shown = render(loaded.diagnostics, loaded.sources)
    assert "hunter2" not in shown
    assert "JS101" in shown
