"""Secrets written into a manifest by mistake: refused, and the refusal does not say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.proof.secrets.fields import takes_text
from tests.proof.secrets.placement import Placement, Plant, Run, runs
from tests.proof.secrets.world import World

FORMATS = tuple(
    Run(f"validate --format {form}", 1) for form in ("full", "concise", "json", "github", "gitlab", "junit")
)
REFUSED = (*FORMATS, *runs("plan", "--debug apply --yes -o json", "status", "doctor", exits=1))
SHAPE = "hf_{}"
SHAPES = {
    "a Volcengine access key": "AKLT{}",
    "an AWS access key": "AKIAQWERTYUIOPASDFGH",
    "a GitHub token": "ghp_{}",
    "a fine-grained GitHub token": "github_pat_{}",
    "a GitLab token": "glpat-{}",
    "a Hugging Face token": "hf_{}",
    "an API key": "sk-{}",
    "a Slack token": "xoxb-{}",
    "a signed token": "eyJ{}.{}.{}",
}
COMMANDS = {
    "a password in a URL": "git clone https://me:{}@git.example/a.git",
    "a token in the query of an address": "wget https://files.example/a?token={}&x=1",
    "an assigned token": "export HF_TOKEN={}; python train.py",
    "an option": "train --password {} --epochs 3",
    "an option with an equals sign": "train --api-key={}",
    "a header": 'curl -H "Authorization: Bearer {}9" https://x.example',
    "a login": 'curl -H "X-Api-Key: {}9" https://x.example',
    "a private key": "echo '-----BEGIN RSA PRIVATE KEY-----{}' > key",
}
LINES = {
    "in place of a reference": "storageCredential: {accessKeyId: {}, secretAccessKey: {}}",
    "as a list in place of a reference": "storageCredential: {accessKeyId: [{}], secretAccessKey: [{}]}",
    "as the word `secret`'s value": "env: {T: {secret: {}}}",
    "under a misspelt source": "env: {T: {secret: {evn: {}}}}",
    "under a misspelt `secret`": "env: {TOKEN: {secert: {env: {}}}}",
    "as a name that no variable has": 'env: {T: {secret: {env: "{}-!"}}}',
    "beside a source": "env: {T: {secret: {env: NAME, value: {}}}}",
    "as a key in braces": "env: {TOKEN: {{}}}",
    "as a list": "env: {TOKEN: [{}, {}]}",
    "under a misspelt key of a login": (
        "image: {url: r.example/a, credential: {username: me, passwrod: {}}}"
    ),
    "in place of a login": "image: {url: r.example/a, credential: {}}",
    "as a password": "image: {url: r.example/a, credential: {username: me, password: {}}}",
    "under a misspelt credential": "storageCredentials: {accessKeyId: {}, secretAccessKey: {}}",
    "of a variable with a telling name": "env: {HF_TOKEN: {}}",
    "of a variable that is a key": "env: {WANDB_KEY: {}12ab}",
    "of many lines above a mistake": "env:\n  TOKEN: |\n    {}\n    {}\nreplicass: 3",
    "folded above a mistake": "env:\n  TOKEN: >-\n    {}\n\n    {}\nreplicass: 3",
    "in quotes with an escape": 'env: {TOKEN: "{}\\u0041"}',
    "as an anchor that is not there": "env: {TOKEN: *{}}",
    "as a tag": "env: {TOKEN: !{} x}",
    "twice under one key": "env: {TOKEN: {}, TOKEN: {}}",
    "in a storage's own key": "storages: [{type: Tos, mountPath: data, bucket: b, secretKey: {}}]",
    "in an unknown field for secrets": "apiToken: {}",
    "beside a misspelt key": "env: {T: {secrets: {env: X}, token: {}}}",
    "in a variable with a name that none has": "env: {MY-TOKEN: {}}",
}


def _fits_in_text(path: str, value: str) -> dict[str, Any]:
    """A document with the value in one place and nothing else there."""
    found: Any = value
    for step in reversed(re.findall(r"\[\]|[A-Za-z]+", path)):
        found = [found] if step == "[]" else {step: found}
    document: dict[str, Any] = found
    return document


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = below.keys() & above.keys()
    deeper = {
        key: _merged(below[key], above[key])
        for key in both
        if isinstance(below[key], dict) and isinstance(above[key], dict)
    }
    return {**below, **above, **deeper}


def _in_field(kind: str, path: str) -> Plant:
    def plant(world: World) -> None:
        file = "tasks/train.yaml" if kind == "Task" else "jobspec.yaml"
        whole = yaml.safe_load(world.inputs[world.root / file])
        world.write(file, yaml.safe_dump(_merged(whole, _fits_in_text(path, world.secret))))

    return plant


def _fields(kind: str) -> Iterator[Placement]:
    for path in takes_text(kind):
        yield Placement(f"a token as `{path}` of a {kind}", _in_field(kind, path), FORMATS, frame=SHAPE)


def _shapes() -> Iterator[Placement]:
    for what, frame in SHAPES.items():
        for field in ("description: x", "env: {A: x}", "args: --with x", "storages: [{type: x}]"):
            name = field.partition(":")[0]
            line = field.replace("x", "CANARY")
            yield Placement(
                f"{what} in `{name}`", _lines(line, is_metadata=name == "description"), FORMATS, frame=frame
            )


def _lines(text: str, *, is_metadata: bool = False) -> Plant:
    def plant(world: World) -> None:
        line = text.replace("CANARY", world.secret).replace("{}", world.secret)
        if is_metadata:
            world.task()
            path = "tasks/train.yaml"
            before = world.inputs[world.root / path].decode()
            world.write(path, before.replace("{name: train}", f"{{name: train, {line}}}"))
        else:
            world.task(line)

    return plant


def _commands() -> Iterator[Placement]:
    for what, command in COMMANDS.items():

        def plant(world: World, command: str = command) -> None:
            text = command.replace("{}", world.secret)
            world.task(f"args: |\n  {text}\n  more")

        yield Placement(f"{what} in a command", plant, REFUSED)


def _mistakes() -> Iterator[Placement]:
    for where, line in LINES.items():
        yield Placement(f"a value {where}", _lines(line), REFUSED)


def _in_vars(world: World) -> None:
    world.project(f"  vars: {{hf_token: {world.secret}}}\n")
    world.task('args: "--x ${{ vars.hf_token }}"')


def _in_nested_vars(world: World) -> None:
    world.project(f"  vars: {{login: {{password: {world.secret}}}}}\n")
    world.task('env: {A: "${{ vars.login.passwrod }}"}')


def _in_another_document(world: World) -> None:
    world.task(rest=f"---\napiVersion: jobspec/v1\nkind: Tusk\nspec: {{env: {{TOKEN: {world.secret}}}}}\n")


def _in_a_comment(world: World) -> None:
    world.task(f"# HF_TOKEN={world.secret}\nreplicass: 3")


def _in_an_environment(world: World) -> None:
    world.project(f"  environments: {{prod: {{vars: {{api_token: {world.secret}}}}}}}\n")


PROJECT = (
    Placement("a variable of the project with a telling name", _in_vars, REFUSED),
    Placement("a map of the project's variables", _in_nested_vars, REFUSED),
    Placement("a variable of another environment", _in_an_environment, FORMATS),
    Placement("a document of an unknown kind", _in_another_document, FORMATS),
    Placement("a comment above a mistake", _in_a_comment, FORMATS),
)

TABLE = (*_shapes(), *_commands(), *_mistakes(), *PROJECT, *_fields("Task"))
LONG = tuple(_fields("Project"))
