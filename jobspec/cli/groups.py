"""Groups of commands that suggest similar names for an unknown command."""

from __future__ import annotations

from typing import Any

import click

from jobspec.errors import UsageError
from jobspec.quoting import quote

_MEANT = {
    "ls": ("list", "status"),
    "ps": ("list", "status"),
    "show": ("get", "status"),
    "describe": ("get",),
    "rm": ("delete",),
    "remove": ("delete",),
    "stop": ("cancel",),
    "kill": ("cancel",),
}
"""Names of commands in other tools, with our names; the first one that the group has is suggested."""


class HelpfulGroup(click.Group):
    """A group whose commands are listed in their order of use, and that shows its help when none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; without any, show the help, as that is no mistake."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke the command; an error of its own parser, which lacks one, is given its context."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand
            command = self.get_command(ctx, name) if name else None
            if error.ctx is None and command is not None:
                error.ctx = click.Context(command, info_name=name, parent=ctx)
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest a similar one."""
        name, known = args[0] if args else "", self.list_commands(ctx)
        if name and name not in known and not name.startswith("-"):
            raise UsageError(
                f"there is no command {quote(name)}", help=_closest(name, known, ctx.command_path)
            )
        return super().resolve_command(ctx, args)


def _closest(name: str, known: list[str], group: str) -> str:
    from difflib import get_close_matches

    similar = [ours for ours in _MEANT.get(name, ()) if ours in known]
    close = similar or get_close_matches(name, known, n=1)
    return f"did you mean {quote(close[0])}?" if close else f"to list the commands, run: {group} --help"
