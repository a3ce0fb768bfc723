"""Groups of commands that say which command may have been meant."""

from __future__ import annotations

import click

from jobspec.errors import UsageError


class HelpfulGroup(click.Group):
    """A group whose commands are listed in their order of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        name, known = args[0] if args else "", self.list_commands(ctx)
        if name and name not in known and not name.startswith("-"):
            raise UsageError(f"there is no command `{name}`", help=_closest(name, known, ctx.command_path))
        return super().resolve_command(ctx, args)


def _closest(name: str, known: list[str], group: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"see the commands: {group} --help"
