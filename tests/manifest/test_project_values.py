"""Every text in a project either expands expressions or refuses them; null removes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jobspec.manifest.load import Loaded, LoadRequest, load
from jobspec.manifest.project_file import find_project
from jobspec.manifest.task import ScopeOptions

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: jobspec/v1\nkind: {}\nmetadata: {{name: {}}}\nspec:\n"
BASE = "  image: i\n  entrypoint: e\n  roles: [{name: worker, replicas: 1, flavor: f}]\n"


def loaded(folder: Path, project: str, task: str = "", environment: str | None = None) -> Loaded:
    (folder / "jobspec.yaml").write_text(HEAD.format("Project", "p") + (project or "  vars: {}\n"))
    (folder / "t.yaml").write_text(HEAD.format("Task", "t") + BASE + task)
    return load(LoadRequest((), folder, environment))


def sent(found: Loaded) -> dict[str, Any]:
    assert [problem.message for problem in found.diagnostics] == []
    [task] = found.tasks
    return dict(task.payload)


def codes(found: Loaded) -> list[str]:
    return [problem.code for problem in found.diagnostics]


@pytest.mark.parametrize(
    ("variables", "value"),
    [
        ('{root: /data, x: "${{ vars.root }}/train"}', "/data/train"),
        ('{x: "${{ vars.root }}/train", root: /data}', "/data/train"),
        ('{x: "${{ vars.a }}", a: "${{ vars.b }}", b: c}', "c"),
        ('{m: "${{ vars.n }}", n: {y: z}, x: "${{ vars.m.y }}"}', "z"),
        ('{m: {a: "${{ vars.m.b }}", b: c}, x: "${{ vars.m.a }}"}', "c"),
        ('{x: "${{ scope.project }}-1"}', "p-1"),
        ('{x: "$${{ vars.y }}"}', "${{ vars.y }}"),
        ('{y: "$${{ a }}", x: "${{ vars.y }} $${{ b }}"}', "${{ a }} ${{ b }}"),
        ("{x: '$${A}'}", "$${A}"),
    ],
)
def test_variables_can_refer_to_variables_and_an_escape_is_unescaped_once(
    tmp_path: Path, variables: str, value: str
) -> None:
    found = loaded(tmp_path, f"  vars: {variables}\n", '  args: "${{ vars.x }}"\n')
    assert sent(found)["Args"] == value


def test_the_variables_of_an_environment_are_expanded_with_its_own_values(tmp_path: Path) -> None:
    project = (
        '  vars: {root: /dev, out: "${{ vars.root }}/${{ vars.sub }}", sub: a}\n'
        "  environments: {prod: {vars: {root: /prod}}}\n"
    )
    assert sent(loaded(tmp_path, project, '  args: "${{ vars.out }}"\n'))["Args"] == "/dev/a"
    assert sent(loaded(tmp_path, project, '  args: "${{ vars.out }}"\n', "prod"))["Args"] == "/prod/a"


def test_a_cycle_of_variables_is_refused_with_both_places(tmp_path: Path) -> None:
    found = loaded(tmp_path, '  vars:\n    a: "${{ vars.b }}"\n    b: "x ${{ vars.a }}"\n')
    [problem] = found.diagnostics
    assert problem.code == "JS330"
    assert problem.place is not None
    lines = [problem.place.span.start.line, *(one.place.span.start.line for one in problem.related)]
    assert sorted(lines) == [6, 7]


def test_a_long_chain_of_variables_is_reported_and_breaks_nothing(tmp_path: Path) -> None:
    chain = "".join(f'    v{n}: "${{{{ vars.v{n + 1} }}}}"\n' for n in range(5000))
    found = loaded(tmp_path, f"  vars:\n{chain}    v5000: x\n")
    assert codes(found) == ["JS330"]


def test_the_platform_and_the_patterns_accept_expressions(tmp_path: Path) -> None:
    project = (
        "  vars: {r: cn-beijing, dir: tasks, n: 3}\n"
        '  manifests: ["${{ vars.dir }}/*.yaml"]\n'
        '  platform: {kind: local, region: "${{ vars.r }}", slots: "${{ vars.n }}"}\n'
        '  environments: {prod: {vars: {r: cn-shanghai}, platform: {kind: local, region: "${{ vars.r }}"}}}\n'
    )
    (tmp_path / "tasks").mkdir()
    found = loaded(tmp_path, project)
    (tmp_path / "t.yaml").rename(tmp_path / "tasks" / "t.yaml")
    found = load(LoadRequest((), tmp_path))
    assert [task.name for task in found.tasks] == ["t"]
    assert found.project is not None
    assert (found.project.platform.region, found.project.platform.slots) == ("cn-beijing", 3)
    located = find_project(tmp_path, cwd=tmp_path, options=ScopeOptions(environment="prod"))
    assert located is not None
    assert located.project.platform.region == "cn-shanghai"


@pytest.mark.parametrize(
    ("project", "code"),
    [
        ('  platform: {kind: local, region: "${{ vars.nope }}"}\n', "JS305"),
        ('  platform: {kind: "${{ vars.k }}"}\n', "JS305"),
        ('  manifests: ["${{ vars.nope }}"]\n', "JS305"),
        ('  environments: {prod: {platform: {kind: local, region: "${{ vars.nope }}"}}}\n', "JS305"),
        ('  environments: {"${{ scope.project }}": {}}\n', "JS331"),
        ('  vars: {m: {"${{ scope.project }}": 1}}\n', "JS331"),
        ('  platform: {kind: local, region: "${REGION}"}\n', "JS332"),
        ("  manifests: [$DIR/*.yaml]\n", "JS332"),
        ('  vars: {a: "${{ secrets.A }}"}\n', "JS305"),
    ],
)
def test_what_a_project_cannot_expand_is_an_error(tmp_path: Path, project: str, code: str) -> None:
    assert set(codes(loaded(tmp_path, project))) == {code}


@pytest.mark.parametrize(
    ("expression", "advice"),
    [
        ("secrets.HF_TOKEN", "`HF_TOKEN: {secret: {env: HF_TOKEN}}` under `spec.env`"),
        ("env.LR", "`${{ vars.LR }}`"),
        ("github.sha", "`${{ vars.sha }}`"),
        ("inputs.lr", "`${{ vars.lr }}`"),
        ("var.lr", "`${{ vars.lr }}`"),
    ],
)
def test_expressions_of_other_tools_are_refused_with_the_alternative(
    tmp_path: Path, expression: str, advice: str
) -> None:
    [problem] = loaded(tmp_path, "", f'  args: "${{{{ {expression} }}}}"\n').diagnostics
    assert problem.code == "JS305"
    assert advice in problem.help


@pytest.mark.parametrize(
    "field",
    [
        "resourceQueue: ${Q}",
        "resourceGroup: $G",
        "storages: [{type: Tos, mountPath: '/${D}', bucket: b}]",
        "storages: [{type: Tos, mountPath: /d, bucket: b, cacheMode: $(MODE)}]",
        "code: {tosPath: 'tos://b/${x}'}",
        "tensorboard: {path: '${TB}'}",
        "sidecar: {image: '${I}'}",
        "env: {A: {secret: {file: '$HOME/x'}}}",
    ],
)
def test_a_placeholder_outside_shell_text_is_an_error(tmp_path: Path, field: str) -> None:
    assert codes(loaded(tmp_path, "", f"  {field}\n")) == ["JS332"]


def test_shell_text_is_unchanged_and_an_escape_is_a_literal(tmp_path: Path) -> None:
    task = (
        "  args: $HOME ${HOME} $$HOME $(pwd)\n"
        "  env: {A: '${B} $C $$D', }\n"
        "  storages: [{type: Tos, mountPath: /d, bucket: b, prefix: '$${USER}/$$x/5$'}]\n"
    )
    body = sent(loaded(tmp_path, "", task))
    assert body["Args"] == "$HOME ${HOME} $$HOME $(pwd)"
    assert body["Envs"] == [{"Name": "A", "Value": "${B} $C $$D"}]
    assert body["Storages"][0]["Prefix"] == "${USER}/$x/5$"


@pytest.mark.parametrize(
    ("project", "task", "left"),
    [
        ("  defaults: {spec: {env: {DEBUG: '1', A: x}}}\n", "  env: {DEBUG: null}\n", ["A"]),
        ("  defaults: {spec: {env: {DEBUG: '1', A: x}}}\n", "  env: {DEBUG: ~, B: y}\n", ["A", "B"]),
        ("  defaults: {spec: {env: {DEBUG: '1'}}}\n", "  env: null\n", []),
        ("", "  env: {DEBUG: null}\n", []),
    ],
)
def test_null_removes_an_inherited_variable(tmp_path: Path, project: str, task: str, left: list[str]) -> None:
    assert [env["Name"] for env in sent(loaded(tmp_path, project, task))["Envs"]] == left


def test_null_in_an_environment_removes_a_value_and_a_task_may_set_it_again(tmp_path: Path) -> None:
    project = (
        "  defaults: {spec: {env: {DEBUG: '1'}, priority: 4}}\n"
        "  environments: {prod: {defaults: {spec: {env: {DEBUG: null}, priority: null}}}}\n"
    )
    assert sent(loaded(tmp_path, project))["Envs"] == [{"Name": "DEBUG", "Value": "1"}]
    body = sent(loaded(tmp_path, project, environment="prod"))
    assert body["Envs"] == []
    assert "Priority" not in body
    body = sent(loaded(tmp_path, project, "  env: {DEBUG: '2'}\n", "prod"))
    assert body["Envs"] == [{"Name": "DEBUG", "Value": "2"}]


def test_null_removes_the_whole_inherited_lifecycle_and_an_empty_value_does_not(tmp_path: Path) -> None:
    project = "  defaults: {lifecycle: {restartPolicy: OnFailure}}\n"
    [task] = loaded(tmp_path, project, "lifecycle: null\n").tasks
    assert task.lifecycle.restart_policy == "Never"
    [task] = loaded(tmp_path, project, "lifecycle:\n").tasks
    assert task.lifecycle.restart_policy == "OnFailure"


def test_a_variable_without_a_value_is_still_an_error(tmp_path: Path) -> None:
    [problem] = loaded(tmp_path, "", "  env:\n    LR:\n").diagnostics
    assert (problem.code, "null" in problem.help) == ("JS205", True)


def test_quotes_turn_a_number_into_text_only_in_a_text_field(tmp_path: Path) -> None:
    project = "  vars: {lr: 1e-4, on: true, n: 4}\n"
    task = '  env: {LR: "${{ vars.lr }}", ON: \'${{ vars.on }}\'}\n  priority: "${{ vars.n }}"\n'
    body = sent(loaded(tmp_path, project, task))
    assert [env["Value"] for env in body["Envs"]] == ["1e-4", "true"]
    assert body["Priority"] == 4


def test_the_help_for_a_number_keeps_the_expression(tmp_path: Path) -> None:
    project = "  vars: {lr: 0.1, n: many}\n"
    [problem] = loaded(tmp_path, project, "  env:\n    LR: ${{ vars.lr }}\n").diagnostics
    assert '`LR: "${{ vars.lr }}"`' in problem.help
    [problem] = loaded(tmp_path, project, "  sidecar:\n    cpu: ${{ vars.n }}\n").diagnostics
    assert "`vars.n`" in problem.help
