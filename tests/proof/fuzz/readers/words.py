"""What is typed or set around a command: selectors, globs, addresses, durations, and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options
from jobspec.cli.commands.runs.wait import TIMEOUT
from jobspec.cloud.credentials import find_credentials
from jobspec.cloud.settings import check_endpoint, is_on_this_machine
from jobspec.errors import CredentialsError, GuardError, UsageError
from jobspec.local import settings as local_settings
from jobspec.local.errors import LocalError
from jobspec.manifest.files.patterns import glob
from jobspec.reconcile.planning.selection import Selection, select, traits
from jobspec.report.plan import saved as plan_file
from tests.proof.fuzz.reader import Reader, Refused, fed
from tests.reconcile.world import SCOPE, planned, task
from tests.report.test_plan_file import SAVED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRAIN = task("train", tags=["team-x"])


def typed(_folder: Path) -> Reader:
    """One word of a command line, wherever such a word goes."""
    plan = planned([TRAIN, task("eval")], [])
    known = traits(SCOPE, [TRAIN, task("eval")], ())

    def selected(word: str) -> None:
        select(plan, known, Selection((word,), ()))
        select(plan, known, Selection((), (word,)))

    def globbed(word: str) -> None:
        assert glob(word).matches("train.yaml") == glob(word).matches("train.yaml")
        glob(word).matches("a" * 200 + "/b" * 50)

    def addressed(word: str) -> None:
        is_on_this_machine(word)
        check_endpoint(word)

    def read(data: bytes) -> None:
        word = data.decode("utf-8", "surrogateescape").replace("\0", "")
        uses = (selected, globbed, addressed, _parsed("--expect"), _parsed("--timeout"), _digested)
        if sum(_accepts(use, word) for use in uses) < 2:  # a glob is never refused
            raise Refused

    return fed("words", read, (Refused,))


def _accepts(use: Callable[[str], object], word: str) -> bool:
    try:
        use(word)
    except (UsageError, GuardError, click.ClickException) as refused:
        assert str(refused)
        return False
    return True


@click.command()
@options.EXPECT
@TIMEOUT
def _command(**_options: object) -> int:
    return 0


def _parsed(option: str) -> Callable[[str], object]:
    return lambda word: _command.main([f"{option}={word}"], standalone_mode=False)


def _digested(word: str) -> None:
    plan_file.check_digest(word, SAVED)


def environments(folder: Path) -> Reader:
    """Variables of the environment, one a line."""

    def read(data: bytes) -> None:
        lines = data.decode("utf-8", "surrogateescape").replace("\0", "").split("\n")
        environ = {name: value for name, _, value in (line.partition("=") for line in lines)}
        local_settings.from_environment(environ)
        find_credentials(environ, home=folder / "nobody")

    return fed("environments", read, (CredentialsError, LocalError))
