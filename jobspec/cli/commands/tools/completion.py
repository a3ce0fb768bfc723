"""`jobspec completion`: the script that completes jobspec's commands and options in a shell."""

from __future__ import annotations

import click

from jobspec.cli import terminal
from jobspec.cli.exits import Exit
from jobspec.cli.main import cli
from jobspec.cli.parameters import OneOf

_SHELLS = ("bash", "zsh", "fish")
_HOW = {
    "bash": 'eval "$(jobspec completion bash)"',
    "zsh": 'eval "$(jobspec completion zsh)"',
    "fish": "jobspec completion fish | source",
}


@click.command(
    epilog="\b\nAdd to your shell's start-up file:\n" + "\n".join(f"  {s}: {_HOW[s]}" for s in _SHELLS)
)
@click.argument("shell", type=OneOf("shell", _SHELLS))
def completion(*, shell: str) -> int:
    """Print the completion script for a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows the three shells of the choice
    terminal.result(kind(cli, {}, "jobspec", "_JOBSPEC_COMPLETE").source())
    return Exit.DONE
