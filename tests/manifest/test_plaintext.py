"""What looks like a credential is found, references to one are not, and nothing found is ever shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobspec.manifest.load import LoadRequest, load
from jobspec.manifest.resolve.reading import Reading
from jobspec.manifest.resolve.reported import ShownTexts
from jobspec.manifest.validate.plaintext_credentials import diagnose, find_plaintext
from jobspec.manifest.yaml.source import parse
from jobspec.redaction.shapes import hide_shapes
from jobspec.report.diagnostics.formats import Format, render


def _found(text: str) -> list[str]:
    [document] = parse(text.encode(), "f.yaml").documents
    return [d.message.split("`")[1] for d in diagnose(find_plaintext(document), (), text.split("\n"))]


def _hidden(text: str) -> str:
    source = parse(text.encode("utf-8", "surrogateescape"), "f.yaml")
    found = tuple(plaintext for document in source.documents for plaintext in find_plaintext(document))
    return ShownTexts([source], Reading(plaintext=found))["f.yaml"]


@pytest.mark.parametrize(
    "value",
    [
        "AKLT" + "a1" * 12,
        "AKIAABCDEFGHIJKLMNOP",
        "ghp_" + "a1" * 18,
        "github_pat_" + "a1" * 18,
        "hf_" + "a1" * 17,
        "sk-" + "a1" * 20,
        "xoxb-1234567890-abc",
        "eyJhbGciOiJI.eyJzdWIiOiIx.abcdefghij",
        "https://user:pass1@host/x",
        "https://host/x?a=b&token=abcdef12345",
        "https://host/x?X-Amz-Signature=abcdef12345",
        '"-----BEGIN RSA PRIVATE KEY-----\\nabc"',
    ],
)
def test_known_shapes_are_found_anywhere(value: str) -> None:
    assert _found(f"spec: {{env: {{A: {value}}}}}\n") == ["spec.env.A"]
    assert _found(
        f"metadata:\n  description: x {value}\n"
        if '"' not in value
        else f"metadata:\n  description: {value}\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        "TOKEN=abcdef123456 x",
        "x --password hunter2hunter2",
        "export MY_API_KEY='abcdef123456'",
        "x --token=abcdef123456",
    ],
)
def test_assignments_in_commands_are_found(command: str) -> None:
    assert _found(f"spec:\n  entrypoint: {command}\n") == ["spec.entrypoint"]


@pytest.mark.parametrize(
    "text",
    [
        "spec: {entrypoint: 'TOKEN=$TOKEN x'}",
        "spec: {entrypoint: 'x --token ${HF_TOKEN}'}",
        "spec: {entrypoint: 'x --max-tokens=100000000 --token-count 12'}",
        "spec: {env: {HF_TOKEN: $OTHER_TOKEN}}",
        "spec: {env: {HF_TOKEN: '${{ vars.token }}'}}",
        "spec: {env: {HF_TOKEN: {secret: {env: HF_TOKEN_IN_CI}}}}",
        "spec: {env: {TOKEN_FILE: abcdefgh12345678}}",
        "spec: {env: {MAX_TOKEN: '4096000000'}}",
        "spec: {env: {API_KEY: /run/secrets/key}}",
        "spec: {env: {SORT_KEY: created_at_time}}",
        "spec: {image: 'host:5000/a@sha256:" + "a" * 64 + "'}",
        "spec: {args: 'see https://example.com/a?b=c@d'}",
    ],
)
def test_references_counts_and_paths_are_not_credentials(text: str) -> None:
    assert _found(text) == []


_SECRETS = st.from_regex(r"hf_[A-Za-z0-9]{20,30}", fullmatch=True)
_FRAMES = st.sampled_from(
    [
        "a: {}\n",
        "a: '{}'\n",
        "a: |\n  x {} y\n",
        "spec: {{entrypoint: TOKEN={} x}}\n",
        "spec:\n  env:\n    PASSWORD: {}\n",
        "spec:\n  env:\n    PASSWORD: >-\n      {}\n",
        "- [a, {}]\n",
        "broken: [{}\n",
    ]
)


@settings(max_examples=200)
@given(_FRAMES, _SECRETS)
def test_hiding_keeps_lines_and_columns_and_no_secret(frame: str, secret: str) -> None:
    text = frame.format(secret)
    hidden = _hidden(text)
    assert secret not in hidden
    assert list(map(len, hidden.split("\n"))) == list(map(len, text.split("\n")))


def test_a_password_behind_an_escape_is_hidden_too() -> None:
    text = 'spec:\n  env:\n    PASSWORD:\n      - "sesa\\u006de-and-more"\n'
    assert "sesa" not in _hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "TOKEN:\n  - x\nTOKEN:\n  - CANARY\n",
        "a: &a x\n<<:\n  TOKEN:\n    - CANARY\n",
        "? TOKEN:\n    - CANARY\n: x\n",
        "TOKEN:\n  - !CANARY\n    secret: {env: A}\n",
        "TOKEN:\n  - CANARY\n  - *unknown\n",
        "TOKEN:\n  - CANARY\nx: [\n",
        "TOKEN:\n  - CANARY\n# \udcff\n",
    ],
)
def test_a_credential_that_is_in_no_document_is_hidden_too(text: str) -> None:
    assert "CANARY" not in _hidden(text)


def test_plain_text_without_a_document_is_hidden_by_its_shape() -> None:
    assert "hunter2" not in hide_shapes("  evn: {DB_PASSWORD: hunter2, args: [")
    assert hide_shapes("secret:\n  env: NAME\n") == "secret:\n  env: NAME\n"


@pytest.mark.parametrize(
    "line",
    [
        "storageCredential: {secretAccesKey: CANARYfoo}",
        "storageCredentials: {accessKeyId: CANARYfoo, x: [CANARYbar]}",
        "image: {url: x, credential: {username: u, passwrod: CANARYpass}}",
        "image: {url: x, credential: {username: u, passwrod: CANARYpass}",
        "env: {PASSWORD: {value: CANARYvalue}}",
        "env: {PASSWORD: {CANARYkey}}",
        "env: {DB_KEY: {x: CANARYvalue}}",
        "env: {PASSWORD: {secret: {env: CANARYone, x: CANARYtwo}}}",
        'env: {PASSWORD: {secret: {env: "CANARY-abc!"}}}',
        "env: {TOKEN: *CANARYabc}",
        "env: {DB_KEY: *CANARYabc}",
        "env: {PASSWORD: !CANARYtag x}",
        "env: {HF_TOKEN: ${{ CANARYvalue }}, B: 1}",
        'args: "curl ${{ vars.a }", password: CANARYone, env: {TOKEN: "CANARYtwo" x}',
        "env: {HF_TOKEN: CANARYa-AKIAABCDEFGHIJKLMNOP-CANARYb}",
        "env: {HF_TOKEN: CANARYone, HF_TOKEN: CANARYtwo}",
        "env: {HF_TOKEN: {x: CANARYone}, HF_TOKEN: {x: [CANARYtwo], y: CANARYthree}}",
        "env: {AKLTCANARYCANARYCANARY12: x, AKLTCANARYCANARYCANARY12: y}",
        "AKLTCANARYCANARYCANARY12: x",
    ],
)
@pytest.mark.parametrize("format_", ["full", "concise", "json", "github"])
def test_a_misspelled_credential_is_never_shown(line: str, format_: Format, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: a}\n"
        f"spec:\n  entrypoint: e\n  roles: [{{name: w, replicas: 1, flavor: f}}]\n  {line}\n"
    )
    loaded = load(LoadRequest((tmp_path,), tmp_path, scope="s"))
    assert loaded.has_errors
    assert "CANARY" not in render(loaded.diagnostics, loaded.sources, format=format_)


def test_a_corrected_name_does_not_repeat_a_secret_of_an_expression(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(
        "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: p}\n"
        "spec: {vars: {db_password: hunter two x}}\n"
    )
    (tmp_path / "a.yaml").write_text(
        'apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: "${{ vars.db_password }}"}\n'
        "spec: {image: i, entrypoint: e, roles: [{name: w, replicas: 1, flavor: f}]}\n"
    )
    loaded = load(LoadRequest((tmp_path,), tmp_path))
    assert "JS209" in {one.code for one in loaded.diagnostics}
    assert "hunter" not in render(loaded.diagnostics, {}, format="full")


def test_a_reference_stays_readable() -> None:
    text = (
        "spec:\n  env: {HF_TOKEN: {secret: {env: NAME_OF_IT}}}\n"
        "  image: {url: x, credential: {username: u, password: {secret: {file: a/path}}}}\n"
    )
    assert {"NAME_OF_IT", "a/path"} <= set(re.findall(r"[\w/]+", _hidden(text)))


def test_an_endpoint_with_a_login_is_hidden_in_every_spelling() -> None:
    text = "spec: {platform: {kind: local, endpoint: me:hunter2@host}}\n"
    assert "hunter2" not in _hidden(text)


def test_a_credential_in_a_comment_is_hidden() -> None:
    assert "hunter2" not in _hidden("# HF_TOKEN=hunter2-and-more\na: b\n")


@pytest.mark.parametrize("before", range(60, 80))
def test_a_cut_quote_contains_no_prefix_of_a_credential(before: int, tmp_path: Path) -> None:
    secret = "ghp_" + "a1" * 18
    value = f"{'x' * (before - 1)} {secret}"
    (tmp_path / "a.yaml").write_text(f"apiVersion: jobspec/v1\nkind: Task\nspec: {{cacheType: '{value}'}}\n")
    loaded = load(LoadRequest((tmp_path,), tmp_path, scope="s"))
    messages = [one.message for one in loaded.diagnostics if one.code == "JS207"]
    assert messages
    assert "ghp" not in "".join(messages)
