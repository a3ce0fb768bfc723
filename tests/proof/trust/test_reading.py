"""A load has a budget and stays inside of the project: nothing else is read or quoted."""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING

import pytest

from jobspec.manifest.files.budget import LIMITS, Budget, OverBudgetError, Part
from jobspec.manifest.files.patterns import Patterns
from jobspec.manifest.files.reading import READ_LIMIT
from jobspec.manifest.files.walk import manifests_below
from jobspec.manifest.load import LoadRequest, load
from tests.proof.trust.repository import PROJECT, TASK

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jobspec.manifest.load import Loaded
    from tests.projects import Project

CANARY = "canary-of-a-file-outside"
OUTSIDE = f"root:x:{CANARY}: [\n"
EVERYWHERE = PROJECT.replace("  manifests: [tasks/**/*.yaml]\n", "")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the checkout, with files that are none of its business."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.yaml").write_text(OUTSIDE)
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file was opened and each folder listed by this process."""
    counted: Counter[str] = Counter()
    for name in ("open", "scandir"):
        monkeypatch.setattr(os, name, _counting(getattr(os, name), name, counted))
    return counted


def _counting(call: Callable[..., object], name: str, counted: Counter[str]) -> Callable[..., object]:
    def counting(path: object, *arguments: object, **named: object) -> object:
        counted[name] += 1
        return call(path, *arguments, **named)

    return counting


def loaded(repository: Project) -> Loaded:
    return load(LoadRequest((), repository.root))


def codes(found: Loaded) -> list[str]:
    return [one.code for one in found.diagnostics]


def link_a_file(root: Path, outside: Path) -> str:
    (root / "tasks" / "x.yaml").symlink_to(outside / "secret.yaml")
    return "tasks/x.yaml"


def link_a_relative_path(root: Path, outside: Path) -> str:
    (root / "tasks" / "x.yaml").symlink_to(f"../../{outside.name}/secret.yaml")
    return "tasks/x.yaml"


def link_a_folder(root: Path, outside: Path) -> str:
    (root / "tasks" / "more").symlink_to(outside)
    return "tasks/more"


def link_through_a_link(root: Path, outside: Path) -> str:
    (root / "middle").symlink_to(outside)
    (root / "tasks" / "x.yaml").symlink_to("../middle/secret.yaml")
    return "tasks/x.yaml"


def link_below_a_linked_folder(root: Path, outside: Path) -> str:
    (root / "real").mkdir()
    (root / "real" / "x.yaml").symlink_to(outside / "secret.yaml")
    (root / "tasks" / "more").symlink_to("../real")
    return "tasks/more/x.yaml"


def link_through_proc(root: Path, outside: Path) -> str:
    (root / "tasks" / "x.yaml").symlink_to(f"/proc/self/root{outside}/secret.yaml")
    return "tasks/x.yaml"


def link_to_a_neighbour_of_like_name(root: Path, outside: Path) -> str:
    beside = root.parent / f"{root.name}-beside"
    outside.rename(beside)
    (root / "tasks" / "x.yaml").symlink_to(beside / "secret.yaml")
    return "tasks/x.yaml"


def link_a_device(root: Path, outside: Path) -> str:
    (root / "tasks" / "x.yaml").symlink_to("/dev/zero")
    return "tasks/x.yaml"


def link_the_project_file(root: Path, outside: Path) -> str:
    (root / "jobspec.yaml").unlink()
    (root / "jobspec.yaml").symlink_to(outside / "secret.yaml")
    return "jobspec.yaml"


LINKS = (
    *(link_a_file, link_a_relative_path, link_a_folder, link_through_a_link, link_below_a_linked_folder),
    *(link_through_proc, link_to_a_neighbour_of_like_name, link_a_device, link_the_project_file),
)


@pytest.mark.parametrize("make", LINKS)
def test_a_link_out_of_the_project_is_an_error_and_nothing_behind_it_is_opened(
    repository: Project, outside: Path, make: Callable[[Path, Path], str], opened: Counter[str]
) -> None:
    link = make(repository.root, outside)
    found = loaded(repository)
    [problem] = found.diagnostics
    assert (problem.code, f"the link `{link}` points outside" in problem.message) == ("JS121", True)
    assert opened["open"] <= 2  # the project file, and the honest task
    assert CANARY not in repr(found)


@pytest.mark.parametrize("form", ["full", "json"])
@pytest.mark.parametrize("make", [link_a_file, link_the_project_file])
def test_no_format_quotes_what_a_link_leads_to(
    repository: Project, outside: Path, make: Callable[[Path, Path], str], form: str
) -> None:
    kind = "Project" if make is link_the_project_file else "Task"
    (outside / "secret.yaml").write_text(f"apiVersion: jobspec/v1\nkind: {kind}\n{CANARY}: 1\n")
    link = make(repository.root, outside)
    ended = repository.attempt("validate", "--format", form)
    assert ended.code == 1
    assert link in ended.printed
    assert CANARY not in ended.printed


@pytest.mark.parametrize("named", ["x.yaml", "folder"])
def test_a_path_on_the_command_line_leads_nowhere_else_either(
    repository: Project, outside: Path, named: str
) -> None:
    (repository.root / "jobspec.yaml").unlink()
    (repository.root / "x.yaml").symlink_to(outside / "secret.yaml")
    (repository.root / "folder").symlink_to(outside)
    found = load(LoadRequest(((repository.root / named),), repository.root, scope="demo"))
    assert codes(found) == ["JS121"]
    assert CANARY not in repr(found)


def git_by_a_link(root: Path) -> None:
    (root / "tasks" / "x.yaml").symlink_to("../.git/config")


def git_by_a_folder(root: Path) -> None:
    (root / ".git" / "config").rename(root / ".git" / "config.yaml")
    (root / "tasks" / "more").symlink_to("../.git")


def git_of_a_submodule(root: Path) -> None:
    (root / ".git").rename(root / "sub" / ".git")
    (root / "tasks" / "x.yaml").symlink_to("../sub/.git/config")


def git_by_the_project_file(root: Path) -> None:
    (root / "jobspec.yaml").unlink()
    (root / "jobspec.yaml").symlink_to(".git/config")


def git_by_a_pattern(root: Path) -> None:
    _ask_for(root, "./.git/*")


def git_by_a_pattern_with_a_set(root: Path) -> None:
    _ask_for(root, ".[g]it/config", ".git*/conf*")


def git_in_capitals(root: Path) -> None:
    (root / ".git").rename(root / ".GIT")
    _ask_for(root, ".GIT/config")


def _ask_for(root: Path, *patterns: str) -> None:
    (root / "jobspec.yaml").write_text(
        f"{EVERYWHERE}  manifests: {json.dumps([*patterns, 'tasks/*.yaml'])}\n"
    )


@pytest.mark.parametrize(
    "make",
    [
        *(git_by_a_link, git_by_a_folder, git_of_a_submodule, git_by_the_project_file),
        *(git_by_a_pattern, git_by_a_pattern_with_a_set, git_in_capitals),
    ],
)
def test_nothing_below_dot_git_is_read_or_quoted(repository: Project, make: Callable[[Path], None]) -> None:
    """A checkout of a CI system keeps the token of the repository there."""
    (repository.root / "sub").mkdir()
    repository.write(".git/config", OUTSIDE)
    make(repository.root)
    assert CANARY not in repr(loaded(repository))


def test_a_path_on_the_command_line_does_not_read_dot_git(repository: Project) -> None:
    config = repository.write(".git/config", OUTSIDE)
    (repository.root / "jobspec.yaml").unlink()
    found = load(LoadRequest((config,), repository.root, scope="demo"))
    assert codes(found) == ["JS121"]
    assert CANARY not in repr(found)


def test_of_code_elsewhere_nobody_learns_whether_it_is_there(repository: Project, outside: Path) -> None:
    (repository.root / "way").symlink_to(outside)
    said = set()
    for path in (outside / "secret.yaml", outside / "none", "../outside/none", "way/secret.yaml", "way/none"):
        repository.write("tasks/train.yaml", f"{TASK}  code: {{source: Local, originPath: '{path}'}}\n")
        said |= {one.message.partition("`")[0] for one in loaded(repository).diagnostics}
        said |= {one.message.rpartition("`")[2] for one in loaded(repository).diagnostics}
    assert said == {"jobspec does not upload the code at ", ""}


def test_a_link_that_no_pattern_asks_for_is_nobody_s_business(repository: Project, outside: Path) -> None:
    (repository.root / "data").symlink_to(outside)
    (repository.root / "tasks" / "weights.bin").symlink_to(outside / "secret.yaml")
    assert codes(loaded(repository)) == []


def test_the_advice_for_a_link_works(repository: Project, outside: Path) -> None:
    repository.write("jobspec.yaml", EVERYWHERE)
    (repository.root / "data").symlink_to(outside)
    [problem] = loaded(repository).diagnostics
    assert "add `!data` to `spec.manifests`" in problem.help
    repository.write("jobspec.yaml", f'{EVERYWHERE}  manifests: ["!data"]\n')
    assert codes(loaded(repository)) == []


def test_a_pipe_a_socket_and_a_folder_are_no_manifests(repository: Project, opened: Counter[str]) -> None:
    tasks = repository.root / "tasks"
    os.mkfifo(tasks / "pipe.yaml")
    (tasks / "folder.yaml").mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        with pytest.MonkeyPatch.context() as patch:  # a socket's path may have 107 bytes
            patch.chdir(tasks)
            listening.bind("socket.yaml")
        found = loaded(repository)
    messages = [one.message for one in found.diagnostics]
    assert messages == [f"`tasks/{name}.yaml` is not a regular file" for name in ("pipe", "socket")]
    assert opened["open"] == 2


@pytest.mark.parametrize("kind", ["pipe", "dangling"])
def test_a_project_file_that_cannot_be_read_gives_way_to_no_other(repository: Project, kind: str) -> None:
    inner = repository.root / "inner"
    inner.mkdir()
    if kind == "pipe":
        os.mkfifo(inner / "jobspec.yaml")
    else:
        (inner / "jobspec.yaml").symlink_to("nowhere.yaml")
    found = load(LoadRequest((), inner))
    assert codes(found) == ["JS115"]
    assert found.root == inner


def two_links_in_each_of_25_folders(repository: Project) -> None:
    for level in range(25):
        folder = repository.root / "tasks" / f"d{level}"
        folder.mkdir()
        for name in "ab":
            (folder / name).symlink_to(f"../d{level + 1}")
    (repository.root / "tasks" / "d25").mkdir()


def a_thousand_links_to_one_file(repository: Project) -> None:
    (repository.root / "big.yaml").write_bytes(b"#" * (READ_LIMIT - 1))
    for number in range(1000):
        (repository.root / "tasks" / f"{number}.yaml").symlink_to("../big.yaml")


def a_thousand_star_patterns(repository: Project) -> None:
    patterns = ", ".join(f'"**/*a{number}*"' for number in range(1000))
    repository.write("jobspec.yaml", f"{EVERYWHERE}  manifests: [{patterns}]\n")


def a_thousand_patterns_in_environments(repository: Project) -> None:
    patterns = ", ".join(f'"*{number}*.yaml"' for number in range(300))
    environments = f"a: {{manifests: [{patterns}]}}, b: {{manifests: [{patterns}]}}"
    repository.write("jobspec.yaml", f"{PROJECT}  environments: {{{environments}}}\n")


def one_pattern_of_many_steps(repository: Project) -> None:
    repository.write("jobspec.yaml", f'{EVERYWHERE}  manifests: ["{"**/*/" * 30_000}*.yaml"]\n')


def many_large_files(repository: Project) -> None:
    for number in range(33):
        with (repository.root / "tasks" / f"{number}.yaml").open("wb") as file:
            file.truncate(READ_LIMIT)  # a hole: no disk is used


def a_large_variable_in_many_tasks(repository: Project) -> None:
    repository.write("jobspec.yaml", f"{EVERYWHERE}  vars: {{v: {'x' * 900_000}}}\n")
    command = "${{ vars.v }}${{ vars.v }}"
    for number in range(100):
        task = TASK.replace("name: train", f"name: t{number}").replace('"true"', f'"{command}"')
        repository.write(f"tasks/{number}.yaml", task)


def large_defaults_of_many_tasks(repository: Project) -> None:
    env = ", ".join(f"V{number}: x" for number in range(20_000))
    repository.write("jobspec.yaml", f"{EVERYWHERE}  defaults: {{spec: {{env: {{{env}}}}}}}\n")
    for number in range(120):
        repository.write(f"tasks/{number}.yaml", TASK.replace("name: train", f"name: t{number}"))


ATTACKS: dict[Callable[[Project], None], str] = {
    two_links_in_each_of_25_folders: "501 symbolic links; the limit is 500",
    a_thousand_links_to_one_file: "501 symbolic links; the limit is 500",
    a_thousand_star_patterns: "1,000 patterns in `manifests`; the limit is 500",
    a_thousand_patterns_in_environments: "601 patterns in `manifests`; the limit is 500",
    one_pattern_of_many_steps: "586 patterns in `manifests`; the limit is 500",
    a_large_variable_in_many_tasks: "2,",
    large_defaults_of_many_tasks: "2,",
    many_large_files: "67,109,019 bytes of manifests; the limit is 67,108,864",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_checkout_beyond_the_budget_is_refused_with_the_numbers(
    repository: Project, attack: Callable[[Project], None], opened: Counter[str]
) -> None:
    attack(repository)
    found = loaded(repository)
    [problem] = found.diagnostics
    assert problem.code == "JS120"
    assert problem.message.startswith(f"the project is too large to read: {ATTACKS[attack]}")
    assert found.tasks == ()  # half of them would look as if the others were removed
    assert opened["open"] <= 130
    assert opened["scandir"] <= 600


def test_nothing_is_planned_from_a_checkout_beyond_the_budget(repository: Project) -> None:
    a_thousand_star_patterns(repository)
    ended = repository.attempt("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "the limit is 500" in ended.err


@pytest.mark.parametrize("part", [Part.FILES, Part.ENTRIES, Part.FOLDERS, Part.COMPARISONS])
def test_a_load_counts_each_part(repository: Project, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("tasks/other.yaml", TASK.replace("train", "other"))
    monkeypatch.setattr("jobspec.manifest.files.budget.LIMITS", {**LIMITS, part: 1})
    [problem] = loaded(repository).diagnostics
    assert (problem.code, f"{part}; the limit is 1" in problem.message) == ("JS120", True)


def test_matching_has_a_budget_of_its_own() -> None:
    budget = Budget(limits={**LIMITS, Part.COMPARISONS: 100})
    wanted = Patterns.of([f"**/*{number}*/**" for number in range(20)])
    reached = wanted.begin()
    assert reached.cost == 20 * 2
    with pytest.raises(OverBudgetError, match="comparisons of paths with patterns, limit 100"):
        for name in ("a1", "ab2", "b3", "c4"):
            budget.take(Part.COMPARISONS, reached.cost)
            reached = wanted.after(reached, name)


def test_time_runs_out_between_files(repository: Project) -> None:
    ticks = count(0, 50)
    found = load(LoadRequest((), repository.root, clock=lambda: float(next(ticks))))
    [problem] = found.diagnostics
    assert problem.message == ("the project is too large to read: 150 seconds of reading; the limit is 120")


def test_a_file_with_several_names_is_read_once(repository: Project, opened: Counter[str]) -> None:
    tasks = repository.root / "tasks"
    (tasks / "again").symlink_to("../other")
    repository.write("other/b.yaml", TASK.replace("train", "other"))
    (tasks / "a-link.yaml").symlink_to("train.yaml")
    (tasks / "b-link.yaml").symlink_to("../other/b.yaml")
    os.link(tasks / "train.yaml", tasks / "hard.yaml")
    found = loaded(repository)
    assert [(one.name, one.place.file) for one in found.tasks] == [
        ("other", "tasks/again/b.yaml"),
        ("train", "tasks/hard.yaml"),
    ]
    assert codes(found) == []
    assert opened["open"] == 3


def test_a_file_can_be_named_by_a_link_to_it(repository: Project) -> None:
    (repository.root / "tasks" / "z.yaml").symlink_to("train.yaml")
    found = load(LoadRequest((repository.root / "tasks" / "z.yaml",), repository.root))
    assert (found.selected, codes(found)) == (frozenset({"train"}), [])


def test_folders_that_no_pattern_leads_into_are_not_listed(repository: Project, opened: Counter[str]) -> None:
    (repository.root / "data" / "deep").mkdir(parents=True)
    repository.write("jobspec.yaml", f'{EVERYWHERE}  manifests: ["tasks/*.yaml", "!data/deep/*.yaml"]\n')
    assert codes(loaded(repository)) == []
    assert opened["scandir"] == 2


def test_an_honest_project_of_30_000_manifests_is_far_inside_of_the_budget(repository: Project) -> None:
    for number in range(300):
        repository.write(f"tasks/team/{number % 10}/{number}.yaml", TASK.replace("train", f"t{number}"))
    budget = Budget()
    manifests_below(str(repository.root), ("tasks/**/*.yaml", "**/*.yml"), ".", budget)
    used = {part: 100 * amount for part, amount in budget.used.items()}
    assert all(used[part] * 3 <= LIMITS[part] for part in used), used
    assert LIMITS[Part.FILES] > 30_000
    assert LIMITS[Part.BYTES] > 30_000 * 2000
