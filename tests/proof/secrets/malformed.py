"""Secrets in files that cannot be read: manifests that are no YAML, saved plans, journals."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.proof.secrets.placement import Placement, Plant, runs
from tests.proof.secrets.plaintext import FORMATS
from tests.proof.secrets.world import World

HEAD = "apiVersion: jobspec/v1\nkind: Task\nmetadata: {name: train}\nspec:\n  entrypoint: e\n"
BROKEN = {
    "under its key in an open map": "  env: {HF_TOKEN: {}, A: [\n",
    "on the line of an open quote": '  env: {HF_TOKEN: "{}\n',
    "above a tab": "  storageCredential:\n    secretAccessKey: {}\n\taccessKeyId: x\n",
    "above a colon in plain text": "  storageCredential:\n    secretAccessKey: {}\n    accessKeyId: a: b\n",
    "with a colon behind it": "  storageCredential:\n    secretAccessKey: {}: x: y\n",
    "with an at sign before it": "  storageCredential: {secretAccessKey: @{}}\n",
    "with a percent sign before it": "  storageCredential:\n    secretAccessKey: %{}\n",
    "behind an unknown escape": '  storageCredential: {secretAccessKey: "\\q{}"}\n',
    "in a list that is not closed": "  env: {TOKEN: [{}, {}\n",
    "under a misspelt key that tells enough": "  storageCredentails:\n    accessKey: {}\n  x: [\n",
    "under a misspelt credential in braces": "  storageCredental: {accessKeyId: {}, x: [}\n",
    "in a login": "  image: {url: x, credential: {username: me, pasword: {}}\n",
    "beneath its key": "  env:\n    HF_TOKEN:\n      {}\n    x: y: z\n",
    "beneath its key, with the mistake on the same line": "  env:\n    HF_TOKEN:\n      {}: x: y\n",
    "beneath a misspelt key": "  storageCredentail:\n    acessKey:\n      {}\n    x: y: z\n",
    "beneath a misspelt key, with the mistake behind it": "  pasword:\n    {}\n  x: y: z\n",
    "beneath a misspelt key, as an item": "  paswords:\n    - {}\n    - x: y: z\n",
    "beneath a misspelt key, in quotes": "  pasword:\n    '{}'\n  x: y: z\n",
    "in a block of text under its key": "  env:\n    TOKEN: |\n      {}\n   x\n",
    "as an alias that is not there": "  env: {HF_TOKEN: *{}, A: [\n",
    "with a byte that is no text": "  env: {HF_TOKEN: {}\udcff}\n",
    "behind a byte that is no text": "  # \udcff\n  env: {HF_TOKEN: {}}\n",
    "behind a control character": "  env: {HF_TOKEN: {}\x01}\n",
    "behind a mark of direction": "  env: {HF_TOKEN: {}\u202e}\n",
    "with a merge key": "  env: {<<: {HF_TOKEN: {}}, A: b}\n",
    "too deep": "  env: {HF_TOKEN: " + "[" * 200 + "{}" + "]" * 200 + "}\n",
}


def _manifest(text: str) -> Plant:
    def plant(world: World) -> None:
        whole = (HEAD + text).replace("{}", world.secret)
        world.write("tasks/train.yaml", whole.encode("utf-8", "surrogateescape"))

    return plant


def _broken() -> Iterator[Placement]:
    for where, text in BROKEN.items():
        yield Placement(f"a file that is no YAML, with a secret {where}", _manifest(text), FORMATS)
    shaped = runs("validate", "plan", "status", "doctor", "apply --yes", exits=1)
    yield Placement("a project file that is no YAML", _project("  vars: {hf_token: {}, x: [\n"), shaped)
    yield Placement(
        "a project file with a key twice", _project("  vars: {api_key: {}, api_key: {}}\n"), shaped
    )


def _project(text: str) -> Plant:
    return lambda world: world.project(text.replace("{}", world.secret))


def _saved_plan(change: str) -> Plant:
    """A saved plan into which somebody has put the secret."""

    def plant(world: World) -> None:
        world.run("plan -o plan.json")
        text = (world.root / "plan.json").read_text()
        plan = json.loads(text)
        match change:
            case "a name":
                plan["changes"][0]["steps"][0]["name"] = world.secret
            case "a field":
                plan[world.secret] = {"token": world.secret}
            case "a version":
                plan["version"] = world.secret
            case "a tag":
                plan["changes"][0]["steps"][0]["tags"].append(world.secret)
            case "an endpoint":
                plan["platform"]["endpoint"] = f"https://me:{world.secret}@platform.example"
            case "a field of a step":
                plan["changes"][0]["steps"][0][world.secret] = 1
            case "a count":
                plan["summary"][world.secret] = world.secret
        text = json.dumps(plan) if change != "its end" else f'{text[:-20]} "{world.secret}": '
        world.write("plan.json", text)

    return plant


def _plans() -> Iterator[Placement]:
    codes = {
        "a name": 3,
        "a field": 1,
        "a version": 1,
        "a tag": 3,
        "its end": 1,
        "an endpoint": 3,
        "a field of a step": 1,
        "a count": 1,
    }
    for change, code in codes.items():
        lines = runs(
            "apply plan.json --yes", "--debug apply plan.json --yes -o json", exits=code, says="JS412"
        )
        yield Placement(f"a saved plan with a secret as {change}", _saved_plan(change), lines)


def _journal(text: str) -> Plant:
    def plant(world: World) -> None:
        world.write(str(world.journal), text.replace("{}", world.secret))

    return plant


def _beside(name: str, text: str) -> Plant:
    """Files of other tools, which nobody has to read."""

    def plant(world: World) -> None:
        world.write(name, text.replace("{}", world.secret))

    return plant


LIFE = runs("validate", "plan", "apply --yes", "status", "doctor", "history train")
OTHERS = {
    ".git/config": '[remote "origin"]\nurl = https://me:{}@git.example/a.git\n',
    ".env": "HF_TOKEN={}\n",
    ".netrc": "machine 127.0.0.1 login me password {}\n",
    "tasks/notes.txt": "token: {}\n",
}
RUNNING = '{"intent": "aaaaaaaaaaaaaaaa", "address": "demo/train", "time": 1.0, "note": "{}"}\n'
FOLDER = (
    Placement("a journal of another run", _journal(RUNNING), LIFE),
    Placement("a journal that cannot be read", _journal("{{} not json\n"), LIFE),
    Placement(
        "a journal with an address that is a secret", _journal(RUNNING.replace("demo/train", "{}")), LIFE
    ),
    *(
        Placement(f"the file {name} of another tool", _beside(name, text), LIFE)
        for name, text in OTHERS.items()
    ),
)


def _netrc(world: World) -> None:
    """httpx reads it for any host it is asked to reach; ours is signed and takes no password."""
    world.write(str(world.home / ".netrc"), f"machine 127.0.0.1 login me password {world.secret}\n")


TABLE = (
    *_broken(),
    *_plans(),
    *FOLDER,
    Placement("a password for every host, in the home", _netrc, LIFE),
)
