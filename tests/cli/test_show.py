"""`jobspec show`: a task after everything, each value with its place, and no secret."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from tests.projects import Project

PAGE = (Path(__file__).parent.parent.parent / "docs" / "composition.md").read_text(encoding="utf-8")
PAGE_PROJECT, PAGE_TASK, PAGE_SHOWN = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[:3]
PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: demo}
spec:
  vars: {flavor: small, more: {A: "1"}}
  defaults: {spec: {image: i, roles: [{name: worker, replicas: 1, flavor: "${{ vars.flavor }}"}]}}
  environments: {prod: {vars: {flavor: large}}}
"""
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: train, allowPlaintext: [spec.env.PASSWORD]}
spec:
  entrypoint: |
    set -e
    python train.py
  env:
    KEY: {secret: {env: KEY}}
    PASSWORD: correct-horse
    OWN: {value: staple, private: true}
    LINES: |
      one
      two
  sidecar: null
  extra: {Nothing: null, Some: [1, [2], {}]}
"""


def declared(project: Project, task: str = TASK) -> Project:
    project.write("jobspec.yaml", PROJECT)
    project.write("tasks/train.yaml", task)
    return project


def shown(project: Project, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.run("show", *arguments, "-o", "json").out)
    return found


def test_each_value_has_the_file_and_the_line_that_it_came_from(project: Project) -> None:
    [task] = shown(declared(project), "train")["tasks"]
    places = {one["path"]: (one["value"], one["file"], one["line"]) for one in task["values"]}
    assert places["spec.image"] == ("i", "jobspec.yaml", 6)
    assert places["spec.roles[0].flavor"] == ("small", "jobspec.yaml", 6)
    assert places["metadata.name"] == ("train", "tasks/train.yaml", 3)
    assert places["spec.entrypoint"][1:] == ("tasks/train.yaml", 5)
    assert places["spec.env.KEY.secret.env"] == ("KEY", "tasks/train.yaml", 9)
    assert "spec.sidecar" not in places
    assert task["document"]["spec"]["extra"] == {"Nothing": None, "Some": [1, [2], {}]}


def test_the_yaml_is_a_manifest_and_means_the_same(project: Project) -> None:
    text = declared(project).run("show", "train").out
    [task] = shown(project, "train")["tasks"]
    assert yaml.safe_load(text) == task["document"]
    assert "entrypoint: |  # tasks/train.yaml:5\n    set -e\n    python train.py\n" in text
    assert text.count("# ") == len(task["values"])


def test_the_environment_is_applied(project: Project) -> None:
    found = shown(declared(project), "train", "-e", "prod")
    assert found["scope"] == "demo/prod"
    assert found["tasks"][0]["document"]["spec"]["roles"][0]["flavor"] == "large"


def test_secrets_are_references_and_what_may_be_secret_is_hidden(project: Project) -> None:
    declared(project)
    for output in ("yaml", "json"):
        text = project.run("show", "train", "-o", output, environ={"KEY": "battery"}).out
        assert text.count("(hidden)") == {"yaml": 2, "json": 4}[output]
        assert not any(word in text for word in ("correct-horse", "staple", "battery"))


def test_several_tasks_are_shown_in_the_given_order(project: Project) -> None:
    declared(project)
    project.write("tasks/eval.yaml", TASK.replace("name: train", "name: eval"))
    assert [one["name"] for one in shown(project, "train", "eval", "train")["tasks"]] == ["train", "eval"]
    documents = list(yaml.safe_load_all(project.run("show", "train", "eval").out))
    assert [one["metadata"]["name"] for one in documents] == ["train", "eval"]


def test_a_name_that_is_not_declared_gets_a_suggestion(project: Project) -> None:
    ended = declared(project).run("show", "tarin", exits=1)
    assert "error[JS409]: no manifest of demo declares `tarin`" in ended.err
    assert "did you mean `train`?" in ended.err
    assert ended.out == ""


def test_errors_of_other_tasks_do_not_matter(project: Project) -> None:
    declared(project)
    project.write("tasks/other.yaml", TASK.replace("name: train", "name: other").replace("extra:", "extras:"))
    assert "name: train" in project.run("show", "train").out
    assert "error[JS204]" in project.run("show", "other", exits=1).err


def test_an_error_of_the_project_is_not_overlooked(project: Project) -> None:
    text = (project.root / "jobspec.yaml").read_text(encoding="utf-8")
    broken = "  environments:\n    dev: {templates: {x: {extends: y}, y: {extends: x}}}\n"
    (project.root / "jobspec.yaml").write_text(f"{text}{broken}", encoding="utf-8")
    assert "JS371" in project.run("show", "train", "-e", "dev", exits=1).err


def test_a_task_without_a_project_file_is_shown(project: Project) -> None:
    project.write("jobspec.yaml", "")
    (project.root / "jobspec.yaml").unlink()
    project.write(
        "a.yaml", TASK.replace("spec:\n", "spec:\n  image: i\n  roles: [{name: w, replicas: 1, flavor: f}]\n")
    )
    ended = project.run("show", "train", "--scope", "demo", "-p", "a.yaml")
    assert "image: i  # a.yaml:5\n" in ended.out


def test_the_page_shows_what_show_prints(project: Project) -> None:
    project.write("jobspec.yaml", PAGE_PROJECT)
    project.write("tasks/train.yaml", PAGE_TASK)
    assert project.run("show", "train", "-e", "prod").out == PAGE_SHOWN


def test_a_credential_in_a_template_is_an_error(project: Project) -> None:
    project.write(
        "jobspec.yaml", PAGE_PROJECT.replace("python train.py", "python train.py --token hf_" + "Ab1" * 12)
    )
    project.write("tasks/train.yaml", PAGE_TASK)
    assert "error[JS310]" in project.run("validate", exits=1).out
    for ended in (project.attempt("validate"), project.attempt("show", "train")):
        assert "Ab1Ab1" not in ended.printed
    assert "error[JS310]" in project.run("show", "train", exits=1).err


SWEEP = """\
apiVersion: jobspec/v1
kind: TaskSet
metadata: {name: sweep}
spec:
  matrix: {a: {range: [0, %s]}}
  template: {metadata: {name: "r-${{ matrix.a }}"}, spec: {entrypoint: "true"}}
"""


def test_a_set_stands_for_its_tasks(project: Project) -> None:
    project.write("jobspec.yaml", PROJECT)
    project.write("tasks/sweep.yaml", SWEEP % 100)
    out = project.run("show", "set/sweep").out
    assert re.findall("^  name: (\\S+) ", out, re.MULTILINE) == [f"r-{number}" for number in range(100)]
    project.write("tasks/sweep.yaml", SWEEP % 101)
    ended = project.run("show", "set/sweep", exits=1)
    assert "`set/sweep` has 101 tasks; at most 100 are printed as text" in ended.err
    assert "help: add `-o json`, or name a task, such as `r-0`" in ended.err
    assert len(project.run("show", "set/sweep", "-o", "json").json["tasks"]) == 101


def test_the_help_for_an_unknown_name_names_what_is_meant(project: Project) -> None:
    project.write("jobspec.yaml", PROJECT)
    project.write("tasks/sweep.yaml", SWEEP % 3)
    for name, meant in (("sweep", "set/sweep"), ("set/swep", "set/sweep"), ("r_2", "r-2"), ("r-9", "r-")):
        assert f"help: did you mean `{meant}" in project.run("show", name, exits=1).err
    assert "help: declared are `r-0`, `r-1`, `r-2`, `set/sweep`" in project.run("show", "other", exits=1).err
