"""`jobspec show`: tasks after everything, with the place of each value."""

from __future__ import annotations

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT, Format
from jobspec.workflow.project.manifests import Target


@click.command()
@click.argument("names", nargs=-1, required=True, type=TEXT, metavar="NAME...")
@options.of_project
@click.option(
    "-o",
    "--output",
    type=Format(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="Output format.",
)
def show(*, names: tuple[str, ...], target: Target, output: str) -> int:
    """Print tasks after defaults, templates, the environment and expressions.

    Each value has the file and the line that it came from. Secrets are shown as references, and values that
    may be secret are hidden. Built-in defaults are not shown. The platform is not contacted. `set/NAME`
    stands for the tasks of a set; text has at most 100 of them.

    \b
    Examples:
      jobspec show train
      jobspec show train eval -e prod
      jobspec show train -o json
      jobspec show set/sweep
    """
    from jobspec.workflow.project.show import MOST_TASKS, show_tasks

    most = None if output == "json" else MOST_TASKS
    view = show_tasks(names, target, options.surroundings(), most)
    if output == "json":
        terminal.result(view.to_json())
        return Exit.DONE
    from jobspec.report.show.text import render

    terminal.result(render(view))
    return Exit.DONE
