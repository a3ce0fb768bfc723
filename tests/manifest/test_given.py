"""Values that are given outside of the manifests: precedence, types, environments and what was used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jobspec.manifest.expressions.outside import GivenVariable, Outside
from jobspec.manifest.expressions.variable_files import variables_in
from jobspec.manifest.load import Loaded, LoadRequest, load

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: vision}
spec:
  vars:
    {debug: true, lr: 0.10, n: 3, text: a, empty: null, list: [1], map: {a: 1}, same: "${{ vars.n }}",
     odd-name: b}
  environments:
    dev: {vars: {n: 4}}
    prod: {vars: {only: x, n: text}}
"""
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: t}
spec:
  image: i
  entrypoint: "true"
  roles: [{name: w, replicas: 1, flavor: f}]
  env:
    OUT: "%s"
"""


def loaded(folder: Path, expression: str, outside: Outside, environment: str | None = None) -> Loaded:
    (folder / "jobspec.yaml").write_text(PROJECT)
    (folder / "t.yaml").write_text(TASK % f"${{{{ {expression} }}}}")
    return load(LoadRequest((), folder, environment=environment, outside=outside))


def out(found: Loaded) -> Any:
    assert found.diagnostics == ()
    [task] = found.tasks
    return {one["Name"]: one["Value"] for one in task.payload["Envs"]}["OUT"]


def given(**values: str) -> Outside:
    return Outside(tuple(GivenVariable(name, text, "--var") for name, text in values.items()))


@pytest.mark.parametrize(
    ("name", "text", "json"),
    [
        *(
            ("debug", "false", "false"),
            ("debug", "True", "True"),
            ("lr", "0.50", "0.50"),
            ("lr", "1e-1", "1e-1"),
        ),
        *(
            ("lr", "1", "1"),
            ("n", "-7", "-7"),
            ("text", "1", '"1"'),
            ("text", "", '""'),
            ("text", "a: b", '"a: b"'),
        ),
        *(("empty", "x: 1", '"x: 1"'), ("list", "[2, 0.10]", "[2,0.10]"), ("map", '{"b":2}', '{"b":2}')),
        *(("same", "9", "9"), ("odd-name", "x", '"x"'), ("only", "y", '"y"')),
    ],
)
def test_a_given_text_has_the_type_of_the_declared_value(
    tmp_path: Path, name: str, text: str, json: str
) -> None:
    found = loaded(tmp_path, f"toJSON(vars.{name})", given(**{name: text}))
    expected = json if json not in ("True",) else "true"
    assert out(found) == expected
    assert [(one.name, one.source) for one in found.values] == [(f"vars.{name}", "--var")]


@pytest.mark.parametrize(
    ("declared", "text", "inserted"),
    [
        ("true", "False", "false"),
        ("false", "TRUE", "true"),
        ("True", "false", "False"),
        ("FALSE", "true", "TRUE"),
    ],
)
def test_a_given_boolean_is_inserted_in_the_spelling_of_the_declared_one(
    tmp_path: Path, declared: str, text: str, inserted: str
) -> None:
    (tmp_path / "jobspec.yaml").write_text(PROJECT.replace("debug: true", f"debug: {declared}"))
    (tmp_path / "t.yaml").write_text(TASK % "x=${{ vars.debug }}")
    in_file, _ = variables_in(f"debug: {text}".encode(), "v.yaml")
    for outside in (given(debug=text), Outside(in_file)):
        assert out(load(LoadRequest((), tmp_path, outside=outside))) == f"x={inserted}"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        *(("debug", "1", "a boolean"), ("debug", "yes", "a boolean"), ("debug", "", "a boolean")),
        *(
            ("n", "0.5", "an integer"),
            ("n", "x", "an integer"),
            ("n", "true", "an integer"),
            ("lr", "x", "a number"),
        ),
        *(("n", "99999999999999999999999", "an integer"), ("list", "1", "a list"), ("map", "[1]", "a map")),
        *(("map", "{", "a map"), ("same", "x", "an integer"), ("lr", "[1]", "a number")),
    ],
)
def test_another_type_is_an_error_that_names_the_declared_one(
    tmp_path: Path, name: str, text: str, kind: str
) -> None:
    found = loaded(tmp_path, "vars.text", given(**{name: text}))
    [problem] = found.diagnostics
    assert problem.message == f"`vars.{name}` is {kind}, and the value from --var is not"
    assert found.refused == (problem,)


def test_the_later_source_wins_and_the_environment_loses_to_it(tmp_path: Path) -> None:
    values = Outside(
        (
            GivenVariable("n", "1", "JOBSPEC_VAR_n"),
            GivenVariable("n", "2", "--var-file v"),
            GivenVariable("n", "5", "--var"),
        )
    )
    assert out(loaded(tmp_path, "vars.n", values, "dev")) == "5"
    assert out(loaded(tmp_path, "vars.n", Outside(values.given[:1]), "dev")) == "1"
    assert out(loaded(tmp_path, "vars.n", Outside(), "dev")) == "4"


def test_a_variable_that_refers_to_a_given_one_uses_it(tmp_path: Path) -> None:
    found = loaded(tmp_path, "vars.same", given(n="8"))
    assert out(found) == "8"
    assert [(one.name, one.value) for one in found.values] == [("vars.n", "8")]


def test_only_what_an_expression_used_is_recorded(tmp_path: Path) -> None:
    assert loaded(tmp_path, "vars.lr", given(text="b", lr="0.20")).values[0].value == "0.20"
    assert [one.name for one in loaded(tmp_path, "vars.lr", given(text="b")).values] == []


def test_a_value_is_never_expanded(tmp_path: Path) -> None:
    [problem] = loaded(tmp_path, "vars.text", given(text="${{ vars.n }}")).diagnostics
    assert (problem.code, problem.label) == ("JS369", "not expanded in a value from outside")


def test_an_earlier_revision_ignores_what_does_not_fit(tmp_path: Path) -> None:
    values = Outside((*given(n="x", nope="1", text="b").given,), is_lenient=True)
    assert out(loaded(tmp_path, "vars.text", values)) == "b"


def test_each_expanded_task_is_validated_with_the_given_values(tmp_path: Path) -> None:
    (tmp_path / "jobspec.yaml").write_text(PROJECT)
    (tmp_path / "t.yaml").write_text(TASK.replace("replicas: 1", 'replicas: "${{ vars.n }}"') % "x")
    [problem] = load(LoadRequest((), tmp_path, outside=given(n="-1"))).diagnostics
    assert problem.code == "JS208"


@pytest.mark.parametrize("name", ["map", "text", "empty"])
@pytest.mark.parametrize(
    "text",
    [
        *("{password: hunter2hunter2X, lr: 2}", "{password: hunter2}", '{"a": [{"api_key": "s3cr3t"}]}'),
        *("{token: [abc, hunter2hunter2X]}", "{args: --token hunter2hunter2X}", "password: hunter2hunter2X"),
        "{note: 'password: hunter2'}",
    ],
)
def test_a_secret_inside_a_value_is_refused(tmp_path: Path, name: str, text: str) -> None:
    in_file, _ = variables_in(f"{name}: {text}\n".encode() if name == "map" else b"", "v.yaml")
    for outside in (given(**{name: text}), *([Outside(in_file)] if in_file else [])):
        problems = loaded(tmp_path, f"toJSON(vars.{name})", outside).diagnostics
        assert [one.code for one in problems] == ["JS368"]
        assert "hunter" not in repr(problems)


@pytest.mark.parametrize("text", ["{tokens: 5, token: 7}", "{key: a, password: null}", "{token: /run/t}"])
def test_a_harmless_value_inside_a_map_is_not_refused(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, "toJSON(vars.map)", given(map=text)).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1]", "JS369"),
        ("a: 1\n---\nb: 2\n", "JS369"),
        ("a: 1\na: 2\n", "JS102"),
        ("a: [", "JS1"),
        ("x", "JS369"),
    ],
)
def test_a_broken_file_of_variables_is_an_error_with_a_place(text: str, code: str) -> None:
    _, [problem] = variables_in(text.encode(), "v.yaml")
    assert problem.code.startswith(code)
    assert problem.place is not None
    assert problem.place.file == "v.yaml"


def test_a_file_gives_values_of_all_types_and_an_empty_one_gives_none(tmp_path: Path) -> None:
    values, problems = variables_in(b"n: 7\ntext: 1.10\ndebug: false\nlist: [a]\nempty: {x: 1}\n", "v.yaml")
    assert problems == ()
    found = loaded(tmp_path, "toJSON(vars.text)", Outside(values))
    assert out(found) == '"1.10"'
    assert out(loaded(tmp_path, "toJSON(vars.empty)", Outside(values))) == '{"x":1}'
    assert variables_in(b"# nothing\n", "v.yaml") == ((), ())


def test_a_value_of_a_file_that_does_not_fit_has_its_place(tmp_path: Path) -> None:
    values, _ = variables_in(b"text: a\nn: many\nnn: 1\n", "v.yaml")
    found = loaded(tmp_path, "vars.text", Outside(values))
    places = [(one.place.file, one.place.span.start.line) for one in found.diagnostics if one.place]
    assert places == [("v.yaml", 2), ("v.yaml", 3)]


READ = """\
a: ${{ env.A || env.B || git.sha }}
b: "${{ slug(env.C) }} ${{ join(vars.x, env.D) }}}} $${{ env.E }} env.F"
"""


def test_everything_that_a_file_refers_to_is_read_before_processes_share_the_files() -> None:
    asked: list[str] = []

    def variable(name: str) -> str:
        asked.append(name)
        return name

    def git(_folder: str, name: str) -> str:
        asked.append(name)
        return name

    outside = Outside(variable=variable, git=git, allowed=("*",))
    outside.prepare([READ.encode()])
    assert asked == ["A", "B", "sha", "C", "D"]


def test_what_a_template_of_cells_refers_to_is_read_before_processes_share_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    before: list[list[str]] = []

    def git(_folder: str, name: str) -> str:
        asked.append(name)
        return name

    def shared(work: Any, items: Any) -> Any:
        before.append(list(asked))
        return work(items)

    monkeypatch.setattr("jobspec.manifest.manifest_files.shared", shared)
    layer = '{spec: {env: {SHA: "${{ matrix.x || git.branch || git.sha }}"}}}'
    (tmp_path / "jobspec.yaml").write_text(f"{PROJECT}  templates: {{base: {layer}}}\n")
    (tmp_path / "t.yaml").write_text(TASK.replace("kind: Task", "kind: Task\nextends: [base]") % "x")
    assert load(LoadRequest((), tmp_path, outside=Outside(git=git))).diagnostics == ()
    assert before == [["branch", "sha"]]
