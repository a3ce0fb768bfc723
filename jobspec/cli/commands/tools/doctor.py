"""`jobspec doctor`: checks whether jobspec can work here, and suggests fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.report.doctor import text as doctor_text
from jobspec.workflow.doctor.doctor import examine

if TYPE_CHECKING:
    from jobspec.cli.options import Account


@click.command()
@options.platform_options
@options.OUTPUT
def doctor(*, account: Account, output: str) -> int:
    """Check the connection to the platform and suggest fixes.

    Reports the platform and account, the source of the credentials, whether the endpoint responds and accepts
    the signature, the clock difference, and which optional actions are available. Changes nothing. Exits 0 if
    there is no problem and 1 otherwise.

    \b
    Examples:
      jobspec doctor
      jobspec doctor -e prod
      jobspec doctor --platform volcengine --profile research -o json
    """
    here = options.surroundings()
    found = examine(lambda: account.locate(here), account.environment, here)
    if output == "json":
        terminal.result(found.to_json())
    else:
        terminal.result(doctor_text.render(found, colour=terminal.colour_out()))
    return Exit.ERROR if found.count("problem") else Exit.DONE
