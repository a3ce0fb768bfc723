"""Small files that grow through common features and through mistakes: each case takes a size up to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.load import LoadRequest, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jobspec.manifest.load import Loaded

    Case = Callable[[float], Mapping[str, str]]

PROJECT = "apiVersion: jobspec/v1\nkind: Project\nmetadata: {name: p}\nspec:\n"
TASK = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: train}
spec:
  image: i
  entrypoint: e
  roles: [{name: w, replicas: 1, flavor: f}]
"""
LONG = "x" * 1_000_000


def loaded(folder: Path, files: Mapping[str, str]) -> Loaded:
    folder.mkdir(exist_ok=True)
    for name, text in {"jobspec.yaml": f"{PROJECT}  vars: {{}}\n", **files}.items():
        (folder / name).write_text(text)
    return load(LoadRequest((), folder))


def lines(count: float, line: str) -> str:
    return "".join(f"{line}\n".replace("#", str(number)) for number in range(int(count)))


GROWING: Mapping[str, Case] = {
    "one long text behind many aliases": lambda size: {
        "t.yaml": f"{TASK}  env:\n    A: &a {LONG}\n{lines(3000 * size, '    A#: *a')}"
    },
    "one long variable in one text": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars: {{a: {LONG}}}\n",
        "t.yaml": f"{TASK}  args: '{'${{ vars.a }}' * int(3000 * size)}'\n",
    },
    "one map of variables many times": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n    m:\n{lines(20_000, '      k#: x')}",
        "t.yaml": f"{TASK}  env:\n{lines(2000 * size, '    A#: ${{ vars.m }}')}",
    },
    "large defaults under many tasks": lambda size: {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(20_000, '        A#: x')}",
        "t.yaml": lines(1000 * size, TASK.replace("train", "t#") + "---"),
    },
    "large defaults in many environments": lambda size: {
        "jobspec.yaml": f"{PROJECT}  defaults:\n    spec:\n      env:\n{lines(20_000, '        A#: x')}"
        f"  environments:\n{lines(5000 * size, '    e#: {}')}",
        "t.yaml": TASK,
    },
    "variables in variables in many environments": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n    a: x\n{lines(10_000, '    k#: ${{ vars.a }}')}"
        f"  environments:\n{lines(5000 * size, '    e#: {}')}",
        "t.yaml": TASK,
    },
    "variables that double each other": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n    v0: {'x' * 100}\n"
        + "".join(f"    v{n}: '{'${{ vars.v#1 }}'.replace('#1', str(n - 1)) * 2}'\n" for n in range(1, 40)),
        "t.yaml": f"{TASK}  env:\n{lines(2000 * size, '    A#: x')}",
    },
}


FLAWED: Mapping[str, Case] = {
    "unknown fields": lambda size: {"t.yaml": TASK + lines(45_000 * size, "  key#: 1")},
    "unknown variables": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n{lines(40_000 * size, '    var#: 1')}",
        "t.yaml": f"{TASK}  env:\n{lines(30_000 * size, '    A#: ${{ vars.vur# }}')}",
    },
    "circles of variables": lambda size: {
        "jobspec.yaml": f"{PROJECT}  vars:\n{lines(20_000 * size, '    v#: ${{ vars.v# }}')}",
        "t.yaml": TASK,
    },
    "expressions on one line": lambda size: {
        "t.yaml": f'{TASK}  args: "{"${{ ! }}" * int(200_000 * size)}"\n'
    },
    "placeholders": lambda size: {
        "t.yaml": f"{TASK}  storages:\n    - type: Tos\n{lines(40_000 * size, '      k#: $HOME')}"
    },
    "keys that are alike": lambda size: {
        "t.yaml": f"{TASK}  storages:\n    - {{type: Tos, bucket: b, mountPath: /d}}\n"
        f"    - type: Tos\n      bucket: b\n      mountPath: /e\n"
        + lines(15_000 * size, "      ab#: 1\n      a_b#: 1")
    },
    "quotes that are opened": lambda size: {
        "t.yaml": TASK + "  args: '" + lines(40_000 * size, "it''s") + "x'y\n"
    },
    "unknown tags": lambda size: {"t.yaml": TASK + lines(30_000 * size, "  !t# k#: 1")},
    "keys that are there twice": lambda size: {"t.yaml": f"{TASK}  env:\n{lines(40_000 * size, '    A: x')}"},
    "documents": lambda size: {
        "t.yaml": lines(12_000 * size, "{apiVersion: jobspec/v1, kind: Task, x: 1}\n---")
    },
    "ignored fields": lambda size: {
        "t.yaml": f"{TASK}lifecycle:\n  ignoreChanges:\n{lines(60_000 * size, '    - spec.arg#')}"
    },
    "useless permissions": lambda size: {
        "t.yaml": TASK.replace("train", f"train, allowPlaintext: [{'spec.a, ' * int(60_000 * size)}]")
    },
    "credentials in one text": lambda size: {
        "t.yaml": f"{TASK}  args: |\n{lines(60_000 * size, '    TOKEN=abcdefgh#zz')}"
    },
    "credentials beside a long value": lambda size: {
        "t.yaml": f"{TASK}  framework: {'x' * int(1_000_000 * size)}\n"
        f"  env:\n{lines(20_000 * size, '    A#_TOKEN: abcdefgh#zz')}"
    },
    "patterns": lambda size: {
        "jobspec.yaml": f"{PROJECT}  manifests:\n{lines(60_000 * size, '    - a#/*.yaml')}",
        "t.yaml": TASK,
    },
}
