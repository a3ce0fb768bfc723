"""The CI files against the published schemas of their formats, and what an audit of them finds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.ci.runner import ROOT, read

BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = ROOT / "templates" / "jobspec.gitlab-ci.yml"
SCHEMAS = [
    ("vendor.github-actions", [], ROOT / "action.yml"),
    ("vendor.gitlab-ci", ["--data-transform", "gitlab-ci"], GITLAB),
    *(("vendor.github-workflows", [], one) for one in WORKFLOWS),
]
USES = re.compile(r"^\s*(?:- )?uses: *(\S+)", re.MULTILINE)
IMAGE = re.compile(r"^\s*(?:image|FROM):? +(\S+)", re.MULTILINE)


def output(*command: str) -> subprocess.CompletedProcess[str]:
    call = [str(BIN / command[0]), *command[1:]]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("schema", "options", "file"), SCHEMAS, ids=lambda one: getattr(one, "name", None))
def test_each_file_has_the_published_schema_of_its_format(
    schema: str, options: list[str], file: Path
) -> None:
    done = output("check-jsonschema", "--builtin-schema", schema, *options, str(file))
    assert done.returncode == 0, done.stdout


def test_the_hooks_are_a_manifest_of_pre_commit() -> None:
    done = output("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout


def test_the_entry_of_the_hook_checks_a_project(tmp_path: Path) -> None:
    [hook] = read(ROOT / ".pre-commit-hooks.yaml")
    program, *arguments = hook["entry"].split()
    assert (program, hook["pass_filenames"]) == ("jobspec", False)
    (tmp_path / "jobspec.yaml").write_text("apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: x}\n")
    (tmp_path / "a.yaml").write_text("apiVersion: jobspec/v1\nkind: Task\nmetadata: {}\n")
    call = [BIN / program, *arguments]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "a.yaml:3" in done.stdout


def test_an_audit_finds_nothing_in_the_actions_and_workflows() -> None:
    files = ["action.yml", *(str(one.relative_to(ROOT)) for one in WORKFLOWS)]
    done = output("zizmor", "--offline", "--persona=pedantic", "--no-progress", *files)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", [ROOT / "action.yml", *WORKFLOWS, ROOT / "docs" / "ci.md"])
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    for used in USES.findall(file.read_text(encoding="utf-8")):
        assert used.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used


@pytest.mark.parametrize("file", [GITLAB, ROOT / "Dockerfile"], ids=lambda one: one.name)
def test_every_image_is_pinned_by_its_digest(file: Path) -> None:
    images = IMAGE.findall(file.read_text(encoding="utf-8"))
    assert images
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for image in images)


def test_the_runtime_lock_pins_what_the_development_lock_pins() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[^ ]+)", (ROOT / name).read_text(), re.MULTILINE))

    runtime = pins(".ci/runtime.lock")
    assert {pin.partition("==")[0] for pin in runtime} >= {"httpx", "msgspec", "hatchling"}
    assert runtime <= pins("requirements.lock")


def test_no_script_of_the_action_holds_an_expression() -> None:
    for step in read(ROOT / "action.yml")["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_schemas_are_laid_out_for_the_public_catalogue(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / ".ci" / "catalogue.py", tmp_path], check=True)
    entries = json.loads((tmp_path / "entry.json").read_text())
    assert {"name", "description", "fileMatch", "url"} == set(entries[0])
    for entry in entries:
        name = entry["url"].rpartition("/")[2].removesuffix(".json")
        schema = json.loads((tmp_path / "src" / "schemas" / "json" / f"{name}.json").read_text())
        assert schema["$id"] == entry["url"]
        check = Draft202012Validator(schema)
        accepted = sorted((tmp_path / "src" / "test" / name).iterdir())
        refused = sorted((tmp_path / "src" / "negative_test" / name).iterdir())
        assert accepted
        assert refused
        assert all(check.is_valid(document) for file in accepted for document in documents(file))
        assert not any(check.is_valid(document) for file in refused for document in documents(file))


def documents(file: Path) -> list[Any]:
    return [one for one in YAML(typ="safe").load_all(file.read_text()) if one is not None]
