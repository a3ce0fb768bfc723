"""What looks like a credential in a value from outside is refused before anything shows it."""

from __future__ import annotations

from tests.proof.secrets.placement import Placement, Plant, Run
from tests.proof.secrets.world import World

SHAPE = "hf_{}"
_VALUES = "  vars: {note: a}\n  allowEnv: [RUN_NAME, '*_TOKEN']\n"
COMMANDS = (
    "validate",
    "validate --format json",
    "plan",
    "plan -o json",
    "plan -o markdown",
    "plan -o html",
    "plan -o plan.json",
    "apply --yes",
    "drift",
)
REFUSED = tuple(Run(line, 1) for line in COMMANDS)


def _with(expression: str, **environ: str) -> Plant:
    def plant(world: World) -> None:
        world.project(_VALUES)
        world.task(f'env: {{N: "${{{{ {expression} }}}}"}}')
        world.environ |= {name: text.format(world.secret) for name, text in environ.items()}

    return plant


def _in_a_file(world: World) -> None:
    world.project(_VALUES)
    world.task('env: {N: "${{ vars.note }}"}')
    world.write("values.yaml", f"note: {world.secret}\n")


def _in_a_map_of_a_file(world: World) -> None:
    _in_a_file(world)
    world.write("values.yaml", f"note: {{lr: 2, opt: [{{password: {world.secret}}}]}}\n")


def _in_a_broken_file(world: World) -> None:
    _in_a_file(world)
    world.write("values.yaml", f"note: {world.secret}\nother: [{world.secret}\n")


def _of_files(*lines: str) -> tuple[Run, ...]:
    return tuple(Run(f"{line} --var-file values.yaml", 1) for line in lines)


TABLE = (
    Placement(
        "a token in a variable of the environment", _with("env.RUN_NAME", RUN_NAME="{}"), REFUSED, frame=SHAPE
    ),
    Placement(
        "a variable of the environment named like a token", _with("env.MY_TOKEN", MY_TOKEN="{}"), REFUSED
    ),
    Placement("a token in JOBSPEC_VAR_note", _with("vars.note", JOBSPEC_VAR_note="{}"), REFUSED, frame=SHAPE),
    Placement(
        "a secret in a JOBSPEC_VAR_ that nothing declares", _with("vars.note", JOBSPEC_VAR_none="{}"), REFUSED
    ),
    Placement("a token in a file of variables", _in_a_file, _of_files(*COMMANDS), frame=SHAPE),
    Placement(
        "a password in a map in JOBSPEC_VAR_note",
        _with("vars.note", JOBSPEC_VAR_note="{{lr: 2, password: {}}}"),
        REFUSED,
    ),
    Placement("a password in a map of a file of variables", _in_a_map_of_a_file, _of_files(*COMMANDS)),
    Placement("a secret in a broken file of variables", _in_a_broken_file, _of_files(*COMMANDS)),
)
