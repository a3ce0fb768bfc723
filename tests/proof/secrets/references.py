"""Secrets in the form for secrets: in every field that takes one, from the environment and from files."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.proof.secrets.placement import Placement, Plant, Run, runs, was_sent
from tests.proof.secrets.platform import refusal
from tests.proof.secrets.world import World

FIELDS = {
    "spec.env.NAME": "env: {{HF_TOKEN: {ref}}}",
    "spec.image.credential.password": (
        "image: {{url: registry.example.com/a:1, credential: {{username: robot, password: {ref}}}}}"
    ),
    "spec.storageCredential.accessKeyId": (
        "storageCredential: {{accessKeyId: {ref}, secretAccessKey: {{secret: {{env: OTHER}}}}}}"
    ),
    "spec.storageCredential.secretAccessKey": (
        "storageCredential: {{accessKeyId: {{secret: {{env: OTHER}}}}, secretAccessKey: {ref}}}"
    ),
}
SOURCES = {"env": "{secret: {env: CANARY}}", "file": "{secret: {file: keys/canary}}"}
LIFE = (
    *runs(
        "validate --format json",
        "show train",
        "show train -o json",
        "plan",
        "plan -o plan.json",
        "--debug apply plan.json --yes",
    ),
    *runs("status", "drift", "history train -o json", "task get t-20260131010203-00000 -o wide"),
    *runs("cancel train --yes", "apply --yes -o json"),
)
BRIEF = runs("plan -o json", "apply --yes", "status -o json")


def _provide(world: World, kind: str) -> None:
    world.environ["OTHER"] = "another-value"
    if kind == "env":
        world.environ["CANARY"] = world.secret
    else:
        world.write("keys/canary", world.secret + "\n")


def _own(field: str, kind: str) -> Plant:
    """In the task itself; it replaces the plain image, so that no key is there twice."""

    def plant(world: World) -> None:
        _provide(world, kind)
        line = FIELDS[field].format(ref=SOURCES[kind])
        world.task(line)
        if line.startswith("image:"):
            path = "tasks/train.yaml"
            world.write(
                path, world.inputs[world.root / path].replace(b"  image: ml_platform/python:3.11\n", b"")
            )

    return plant


def _inherited(field: str, kind: str) -> Plant:
    """In the project's defaults, under a task that says nothing of it."""

    def plant(world: World) -> None:
        _provide(world, kind)
        world.project(f"  defaults:\n    spec:\n      {FIELDS[field].format(ref=SOURCES[kind])}\n")
        path = "tasks/train.yaml"
        world.write(path, world.inputs[world.root / path].replace(b"  image: ml_platform/python:3.11\n", b""))
        if "image" not in field:
            world.task()

    return plant


def _fields() -> Iterator[Placement]:
    for field in FIELDS:
        for kind in SOURCES:
            covers = (f"{field} {kind}",)
            yield Placement(f"{field} by {kind}", _own(field, kind), LIFE, was_sent, covers=covers)
            name = f"{field} by {kind} in the project's defaults"
            yield Placement(name, _inherited(field, kind), BRIEF, was_sent, covers=covers)


def _in_environment(world: World) -> None:
    world.environ["CANARY"] = world.secret
    world.project("  environments: {prod: {defaults: {spec: {env: {T: {secret: {env: CANARY}}}}}}}\n")


def _in_variable(world: World) -> None:
    world.environ["CANARY"] = world.secret
    world.project("  vars: {login: {secret: {env: CANARY}}}\n")
    world.task('env: {T: "${{ vars.login }}"}')


def _in_two_fields(world: World) -> None:
    world.environ["CANARY"] = world.secret
    key = "{secret: {env: CANARY}}"
    world.task(
        f"env: {{A: {key}, B: {key}}}\nstorageCredential: {{accessKeyId: {key}, secretAccessKey: {key}}}"
    )
    world.platform.answers["CreateCustomTask"] = lambda _: refusal(
        f"both are {world.secret}, {world.secret}!"
    )


PLACES = (
    *_fields(),
    Placement("the defaults of an environment", _in_environment, runs("apply -e prod --yes"), was_sent),
    Placement("a reference in a variable of the project", _in_variable, BRIEF, was_sent),
    Placement("one value in four fields, echoed", _in_two_fields, runs("apply --yes", exits=1), was_sent),
)

PEM = "-----BEGIN PRIVATE KEY-----\nMIIE{}\nabcDEF0123456789{}+/=\n-----END PRIVATE KEY-----"
VALUES = {
    "of many lines": PEM,
    "with the special characters of JSON": '{}"\\/\b{}',
    "with the special characters of YAML": "{}: #&*!|>'\"%@`{}",
    "with the special characters of a shell": "{} $(x) `y` \\ 'z' ;& {}",
    "with the special characters of HTML": "<b>{}&amp;\"'</b>",
    "with the special characters of a pattern": "{}.*+?^${}()|[]\\1",
    "with escapes for a terminal": "\x1b[31m{}\x1b[0m\x07",
    "with spaces around": "  {}  ",
    "with a percent sign and a plus": "%41+{}%2F",
    "that is base64": "{}+/abcd==",
    "of other scripts": "密钥{}ключ🔑",
    "that is no text in any encoding": "{}\udcff\udcfe",
    "of 60 KiB": "{}" * 2200,
    "that is shorter than a word": "q%7Zx!K",
    "with a tab and a carriage return": "{}\t{}\rend",
}


def _value_by_environment(world: World) -> None:
    world.environ["CANARY"] = world.secret
    world.task("env: {T: {secret: {env: CANARY}}}")


def _values() -> Iterator[Placement]:
    for what, frame in VALUES.items():
        lines = runs("plan", "apply --yes", "status", "cancel train --yes -o json", "release train --yes")
        yield Placement(f"a value {what}", _value_by_environment, lines, was_sent, frame=frame)


def _file(content: str) -> Plant:
    def plant(world: World) -> None:
        world.write("keys/canary", os.fsencode(content.replace("{}", world.secret)))
        world.task("env: {T: {secret: {file: keys/canary}}}")

    return plant


def _missing_file(world: World) -> None:
    world.task("env: {T: {secret: {file: keys/canary}}}")
    world.write("keys/canary.old", world.secret)


def _folder(world: World) -> None:
    world.write("keys/canary/inside", world.secret)
    world.task("env: {T: {secret: {file: keys/canary}}}")


def _pipe(world: World) -> None:
    _missing_file(world)
    os.mkfifo(world.root / "keys" / "canary")


def _unset(value: str | None) -> Plant:
    def plant(world: World) -> None:
        if value is not None:
            world.environ["CANARY"] = value
        world.environ["CANARY_OLD"] = world.secret
        world.task("env: {T: {secret: {env: CANARY}}, U: {secret: {env: CANARY_OLD}}}")

    return plant


def _unusable(what: str, plant: Plant, says: str) -> Placement:
    lines = (Run("plan"), Run("apply --yes", 1, says), Run("--debug apply --yes -o json", 1, says))
    return Placement(f"a secret file {what}" if "file" in says else what, plant, lines)


FILES = (
    Placement("a secret file that ends in CR LF", _file("{}\r\n"), BRIEF, was_sent),
    Placement("a secret file with empty lines behind it", _file("{}\n\n\n"), BRIEF, was_sent),
    _unusable("that is not UTF-8", _file("{}\udcff\udcfe{}"), "not UTF-8 text"),
    _unusable("that is not UTF-8 from its start", _file("\udcff{}"), "the secret file `keys/canary`"),
    _unusable("that is too large", _file("{}" * 3000), "the secret file `keys/canary` is larger than 64 KiB"),
    _unusable("that is a folder", _folder, "cannot read the secret file `keys/canary`"),
    _unusable("that is missing", _missing_file, "cannot read the secret file `keys/canary`"),
    _unusable("that is a pipe", _pipe, "cannot read the secret file `keys/canary`"),
    _unusable("one variable that is not set beside one that is", _unset(None), "`CANARY` is not set"),
    _unusable("one variable that is empty beside one that is not", _unset(""), "`CANARY` is empty"),
)

TABLE = (*PLACES, *_values(), *FILES)
