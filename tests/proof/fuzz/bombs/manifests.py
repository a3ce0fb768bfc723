"""Projects that go off: in the parser, the hash, the plan, a diagnostic or a difference. Made by code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

Files = Mapping[str, bytes]

PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: bombs}\nspec:\n"
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: bomb}
spec:
  image: i
  entrypoint: "true"
  roles: [{name: w, replicas: 1, flavor: f}]
"""
MEBI = 1_000_000


def lines(count: int, line: str) -> str:
    """So many lines, `#` standing for the number of each."""
    return "".join(f"{line}\n".replace("#", str(number)) for number in range(count))


def task(more: str = "", *, project: str = "  vars: {}\n") -> Files:
    """A project with one task that has more in its spec."""
    return {
        "jobspec.yaml": (PROJECT + project).encode(),
        "task.yaml": (TASK + more).encode("utf-8", "surrogatepass"),
    }


def task_set(axes: str, name: str = "s-${{ matrix.a }}", more: str = "") -> Files:
    """A project with one set; `axes` are lines of its spec."""
    template = (
        f"  template:\n    metadata: {{name: '{name}'}}\n    spec:\n      image: i\n      entrypoint: e\n"
    )
    roles = "      roles: [{name: w, replicas: 1, flavor: f}]\n"
    head = "apiVersion: jobspec/v1\nkind: TaskSet\nmetadata: {name: s}\nspec:\n"
    return {
        "jobspec.yaml": f"{PROJECT}  vars: {{}}\n".encode(),
        "set.yaml": f"{head}{axes}{template}{roles}{more}".encode(),
    }


def documents(count: int, document: str, *, project: str = "  vars: {}\n") -> Files:
    """A project with so many documents in one file."""
    return {
        "jobspec.yaml": (PROJECT + project).encode(),
        "task.yaml": lines(count, f"{document}\n---").encode(),
    }


def aliases(depth: int, width: int = 9) -> str:
    """Lists of the list before, each as often as `width`: `width ** depth` values in a few lines."""
    first = f"  a0: &a0 [{', '.join('x' * width)}]\n"
    more = (f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]\n" for n in range(1, depth))
    return first + "".join(more)


def merges(depth: int, width: int = 9) -> str:
    """The same through merge keys."""
    first = "  a0: &a0 {k: 1}\n"
    more = (f"  a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * width)}]}}\n" for n in range(1, depth))
    return first + "".join(more)


def _env(entries: str) -> str:
    return f"  env:\n{entries}"


def _defaults(count: int) -> str:
    return f"  defaults:\n    spec:\n      env:\n{lines(count, '        K#: x')}"


def _of_aliases(depth: int) -> Files:
    return task(aliases(depth))


def _of_merges(depth: int) -> Files:
    return task(merges(depth))


def _file(content: bytes) -> Files:
    """A project with one file as it is."""
    return {**task(), "task.yaml": content}


# The second of each pair is the exit code of `validate`: 1 when the bomb is refused, 0 when it is none.
MANIFESTS: Mapping[str, tuple[Callable[[], Files], int]] = {
    **{f"aliases {n} deep": (partial(_of_aliases, n), 1) for n in (4, 6, 10, 20)},
    **{f"merges {n} deep": (partial(_of_merges, n), 1) for n in (4, 10, 20)},
    "a long chain of merges": (
        lambda: task(lines(3000, "  m#: &m# {<<: *m0}").replace(": *m0", ": {}", 1)),
        1,
    ),
    "a long text behind aliases": (
        lambda: task(_env(f"    A: &a {'x' * MEBI}\n{lines(3000, '    A#: *a')}")),
        1,
    ),
    "a text that is nearly too long": (
        lambda: task(_env(f"    A: &a {'x' * 900}\n{lines(5000, '    A#: *a')}")),
        0,
    ),
    "a map behind aliases in storages": (
        lambda: task(
            f"  storages:\n  - &s {{type: Tos, mountPath: /a, bucket: {'b' * 9000}}}\n" + "  - *s\n" * 9000
        ),
        1,
    ),
    "a long variable in one text": (
        lambda: task(f"  args: '{'${{ vars.a }}' * 3000}'\n", project=f"  vars: {{a: {'x' * MEBI}}}\n"),
        1,
    ),
    "a map of variables many times": (
        lambda: task(
            _env(lines(2000, "    A#: ${{ vars.m }}")),
            project=f"  vars:\n    m:\n{lines(20_000, '      k#: x')}",
        ),
        1,
    ),
    "variables of variables": (
        lambda: task(
            "  args: ${{ vars.v30 }}\n",
            project="  vars:\n    v0: x\n" + lines(31, "    v#1: '${{ vars.v# }}${{ vars.v# }}'"),
        ),
        1,
    ),
    "large defaults under many tasks": (
        lambda: documents(1000, TASK.replace("bomb", "bomb#"), project=_defaults(20_000)),
        1,
    ),
    "large defaults in many environments": (
        lambda: task(project=_defaults(20_000) + f"  environments:\n{lines(5000, '    e#: {}')}"),
        1,
    ),
    "10,000 levels of brackets": (lambda: task(f"  args: {'[' * 10_000}{']' * 10_000}\n"), 1),
    "10,000 levels of braces": (lambda: task(f"  args: {'{a: ' * 10_000}{'}' * 10_000}\n"), 1),
    "10,000 levels of dashes": (lambda: task(f"  args:\n    {'- ' * 10_000}x\n"), 1),
    "10,000 levels of JSON": (lambda: _file(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), 1),
    "a text of 10 MB": (lambda: task(f"  args: {'x' * 10 * MEBI}\n"), 1),
    "a text of 1 MB": (lambda: task(f"  args: {'x' * MEBI}\n"), 0),
    "a text of many lines": (lambda: task(f"  args: |\n{lines(150_000, '    line')}"), 0),
    "a key of 1 MB": (lambda: task(f"  {'k' * MEBI}: 1\n"), 1),
    "a name of 1 MB": (
        lambda: _file(TASK.replace("bomb", "b" * MEBI).encode()),
        1,
    ),
    "10,000 documents": (lambda: documents(10_000, TASK.replace("bomb", "bomb#")), 1),
    "10,000 empty documents": (lambda: documents(10_000, "#"), 0),
    "documents of one wrong field": (
        lambda: documents(12_000, "{apiVersion: jobspec/v1, kind: Task, x: 1}"),
        1,
    ),
    "100,000 keys": (lambda: task(_env(lines(100_000, "    A#: x"))), 1),
    "40,000 keys": (lambda: task(_env(lines(40_000, "    A#: x"))), 0),
    "45,000 unknown keys": (lambda: task(lines(45_000, "  key#: 1")), 1),
    "one key 45,000 times": (lambda: task(_env(lines(45_000, "    A: x"))), 1),
    "100,000 items": (lambda: task(f"lifecycle:\n  previousNames:\n{lines(100_000, '  - a#')}"), 1),
    "60,000 items": (lambda: task(f"lifecycle:\n  previousNames:\n{lines(60_000, '  - a#')}"), 0),
    "60,000 useless items": (
        lambda: task(f"lifecycle:\n  ignoreChanges:\n{lines(60_000, '  - spec.a#')}"),
        1,
    ),
    "12,000 roles of one name": (
        lambda: _file(TASK.replace("[", "[" + "{name: w, replicas: 1, flavor: f}, " * 12_000).encode()),
        1,
    ),
    "an integer of 100,000 digits": (lambda: task(f"  priority: {'9' * 100_000}\n"), 1),
    "a float of 100,000 digits": (lambda: task(f"  sidecar: {{memoryRatio: 0.{'9' * 100_000}}}\n"), 1),
    "a hexadecimal of 100,000 digits": (lambda: task(f"  priority: 0x{'f' * 100_000}\n"), 1),
    "an exponent of 100,000 digits": (lambda: task(f"  priority: 1e{'9' * 100_000}\n"), 1),
    "infinity": (lambda: task("  sidecar: {cpu: .inf}\n"), 1),
    "no number": (lambda: task("  sidecar: {cpu: .nan}\n"), 1),
    "a million dollars": (lambda: task(f"  args: {'$' * MEBI}\n"), 0),
    "expressions that are never closed": (lambda: task(f'  args: "{"${{ " * 300_000}"\n'), 1),
    "expressions that cannot be read": (lambda: task(f'  args: "{"${{ ! }}" * 200_000}"\n'), 1),
    "expressions of dots": (lambda: task(f'  args: "${{{{ vars{".a" * 500_000} }}}}"\n'), 1),
    "unknown variables beside many": (
        lambda: task(
            _env(lines(30_000, "    A#: ${{ vars.vur# }}")),
            project=f"  vars:\n{lines(40_000, '    var#: 1')}",
        ),
        1,
    ),
    "passwords in addresses that are none": (lambda: task(f"  args: '{'://a:' * 300_000}'\n"), 0),
    "keys that are none": (lambda: task(f"  args: '{'-----BEGIN ' * 150_000}'\n"), 0),
    "tokens that are none": (lambda: task(f"  args: '{'eyJ' * 500_000}'\n"), 0),
    "bearers of nothing": (lambda: task(f"  args: '{'Bearer x' * 200_000}'\n"), 0),
    "names without a value": (lambda: task(f"  args: '{('TOKEN' + ' ' * 2000) * 700}'\n"), 0),
    "credentials in one text": (lambda: task(f"  args: |\n{lines(60_000, '    TOKEN=abcdefgh#zz')}"), 1),
    "credentials beside a long value": (
        lambda: task(f"  framework: {'x' * 900_000}\n{_env(lines(20_000, '    A#_TOKEN: abcdefgh#zz'))}"),
        1,
    ),
    "permissions for nothing": (
        lambda: _file(TASK.replace("bomb", f"bomb, allowPlaintext: [{'spec.a, ' * 60_000}]").encode()),
        0,
    ),
    "patterns": (lambda: task(project=f"  manifests:\n{lines(60_000, '  - a#/*.yaml')}"), 1),
    "a pattern of stars": (lambda: task(project=f"  manifests: ['{'*a' * 30_000}']\n"), 0),
    "folders of stars": (lambda: task(project=f"  manifests: ['{'**/' * 30_000}*.yaml']\n"), 0),
    "unknown tags": (lambda: task(lines(30_000, "  !t# k#: 1")), 1),
    "anchors": (lambda: task(_env(lines(40_000, "    A#: &a# x"))), 0),
    "tabs and question marks": (lambda: task("\t? " * 300_000), 1),
    "an open quote": (lambda: task("  args: '" + "x\n" * 500_000), 1),
    "NUL": (lambda: task("  args: 'a\0b'\n"), 1),
    "half a character": (lambda: task('  args: "\\ud800"\n'), 1),
    "half a character in bytes": (lambda: task("  args: \ud800\n"), 1),
    "text in two directions": (lambda: task("  args: a\u202eb\n"), 1),
    "UTF-16": (lambda: _file(TASK.encode("utf-16")), 1),
    "2 MiB of nothing": (lambda: _file(b" " * 2 * 1024 * 1024), 0),
    "ten axes of ten": (
        lambda: task_set(f"  matrix:\n{lines(10, '    a#: {range: [0, 10]}')}", "s-${{ matrix.a0 }}"),
        1,
    ),
    "nine axes of a thousand": (
        lambda: task_set(f"  matrix:\n{lines(9, '    a#: {range: [0, 1000]}')}", "s-${{ matrix.a0 }}"),
        1,
    ),
    "a range of tiny steps": (lambda: task_set("  matrix: {a: {range: [0, 1e300, 1e-300]}}\n"), 1),
    "many entries that extend many cells": (
        lambda: task_set(
            "  matrix: {a: [1], b: {range: [0, 40000]}}\n  include:\n" + lines(15_000, "    - {a: 1}"),
            "s-${{ matrix.b }}",
        ),
        1,
    ),
    "a long value in 50,000 cells": (
        lambda: task_set(
            f"  matrix: {{a: {{range: [0, 50000]}}, b: [{'x yx y' * 10_000}]}}\n",
            "s-${{ matrix.a }}-${{ slug(matrix.b) }}",
        ),
        1,
    ),
    "10,000 cells with a mistake": (
        lambda: task_set("  matrix: {a: {range: [0, 10000]}}\n", more="      prioriti: 1\n"),
        1,
    ),
}
"""By name: the files, and how `validate` ends."""
