"""Every command once more, where secrets are at hand, and what it does when something breaks within."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

from tests.proof.secrets.placement import Placement, Run, at_hand, runs, was_sent
from tests.proof.secrets.world import World

ID = "t-20260131010203-00000"
OTHER = "t-20260131010203-00001"
REFERENCE = (
    *runs("--help", "--version", "init other", "schema", "schema list", "schema plan", "explain JS310"),
    *runs("explain spec.env", "completion bash", "completion zsh", "completion fish"),
)
USE = (
    *runs("apply --yes --wait=running", "apply --yes", "--debug logs train", f"--debug task logs {ID}"),
    *runs(
        "status", "history train --limit 3", "wait train --for running -o json", "wait train --for running"
    ),
    *runs("get train.id", "get train.state", "get train.detail", "get train.queue", exits=0),
    *runs("cancel train --yes", "destroy --yes -o json", "apply --yes", "destroy --yes"),
)
ADOPT = (
    Run("plan"),
    Run("drift", 2),
    Run("ci drift", 2),
    *runs("ci plan", "ci validate"),
    *runs(f"adopt {ID} train --yes -o json", "plan", "release train --yes -o json"),
    *runs(f"adopt {ID} train --yes", "release train --yes", "plan --allow-twin -o json"),
    *runs("ci apply --allow-twin --yes", "apply --allow-twin --yes", "cancel train --yes -o json"),
)


def _at_hand(world: World) -> None:
    world.environ["CANARY"] = world.secret
    world.task("env: {T: {secret: {env: CANARY}}}")


def _live(world: World) -> None:
    _at_hand(world)
    private = {"Name": "T", "Value": world.secret, "IsPrivate": True}
    roles = [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": "ml.g1e.large"}]
    world.platform.add("train", EntrypointPath="python train.py", TaskRoleSpecs=roles, Envs=[private])


def _broken(target: str, error: Callable[[str], BaseException]) -> Callable[[World], None]:
    """A function of the product that breaks with the secret in the words of its error."""

    def plant(world: World) -> None:
        _at_hand(world)
        world.patches.append(mock.patch(target, side_effect=error(world.secret)))

    return plant


BUGS = {
    "before anything is asked": "jobspec.workflow.planning.planning.find_named",
    "while secrets are resolved": "jobspec.apply.secrets.resolve",
    "while a plan is shown": "jobspec.report.plan.text.render",
    "while the outcome is shown": "jobspec.report.apply.text.outcome_line",
    "on a thread of an apply": "jobspec.reconcile.protocol.stages.converge",
    "in the look for a duplicate": "jobspec.reconcile.protocol.stages.confirm",
    "while the platform's answer is read": "jobspec.cloud.client.read_created",
}


def _chained(secret: str) -> BaseException:
    error = RuntimeError(f"no good: {secret}")
    error.__cause__ = ValueError(secret)
    error.add_note(f"at {secret}")
    return error


def _bugs() -> tuple[Placement, ...]:
    """An unforeseen error carries its own words up to the boundary: there they have to end."""
    lines = {"on a thread of an apply": 4, "while secrets are resolved": 4, "in the look for a duplicate": 4}
    lines["while the platform's answer is read"] = 4
    return tuple(
        Placement(
            f"a bug {when}",
            _broken(target, _chained),
            (Run("apply --yes", lines.get(when, 1), "JS900"),),
            at_hand,
            shown=("exceptions",) if lines.get(when, 1) == 1 else (),
            why="an error of Python's own has the words that it has; the boundary does not repeat them",
        )
        for when, target in BUGS.items()
    )


def _unwritable(world: World) -> None:
    _at_hand(world)
    world.write("../state", "a file, where a folder has to be")
    world.environ["JOBSPEC_STATE_DIR"] = str(world.folder / "state")


def _refused_to_serve(world: World) -> None:
    world.environ["VOLC_SECRETKEY"] = f"{world.secret} {world.secret}"


TABLE = (
    Placement("a secret in the environment of commands that ask nobody", _at_hand, REFERENCE),
    Placement("a secret in the life of a task", _at_hand, USE, was_sent),
    Placement("a private value of a task that is adopted", _live, ADOPT),
    Placement(
        "a secret of a task whose state is looked after",
        _at_hand,
        runs("state list", "state list -o json", "state prune", "state prune --dry-run")
        + runs("state move gone .", exits=1),
    ),
    Placement("a secret of a task that cannot be noted", _unwritable, runs("apply --yes", exits=1)),
    Placement(
        "a key that cannot be served with",
        _refused_to_serve,
        runs("serve --signed --port 0", "serve --port 0 --host 0.0.0.0", exits=1),
    ),
    *_bugs(),
)
