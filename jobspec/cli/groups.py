"""Groups of commands: each command is a module with its name, each group a folder of them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import click

from jobspec.errors import UsageError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SYNONYMS = {
    "ls": ("list", "status"),
    "ps": ("list", "status"),
    "show": ("status", "get"),
    "describe": ("status", "get"),
    "rm": ("delete",),
    "remove": ("delete",),
    "stop": ("cancel",),
    "kill": ("cancel",),
}
"""Command names of other tools, with our names; the first one that the group has is suggested."""


class HelpfulGroup(click.Group):
    """A group that shows its help without a command, and suggests a name for an unknown one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; without any, show the help, which is not an error."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke the command; add the context to an error of its own parser, which lacks one."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand
            command = self.get_command(ctx, name) if name else None
            if error.ctx is None and command is not None:
                error.ctx = click.Context(command, info_name=name, parent=ctx)
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest a similar one."""
        name, known = args[0] if args else "", self.list_commands(ctx)
        if args and name not in known and not name.startswith("-"):
            raise UsageError(
                f"there is no command {quote(name)}", help=_closest(name, known, ctx.command_path)
            )
        return super().resolve_command(ctx, args)


class FolderGroup(HelpfulGroup):
    """A group of the commands in some packages. A command is imported when it runs, not when it is listed.

    A module `wait` contains the command `wait`; `import_` contains `import`, which is a keyword. A package is
    a group, whose help is its docstring.
    """

    def __init__(self, *, packages: Sequence[str], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._packages = packages

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names."""
        return [_command_name(one) for package in self._packages for one in _modules(package)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        found = (one for package in self._packages for one in _modules(package))
        module = next((one for one in found if _command_name(one) == cmd_name), None)
        return _command(module) if module else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands, with a section for each package, without importing any."""
        for package in self._packages:
            title = "Commands" if len(self._packages) == 1 else package.rpartition(".")[2].capitalize()
            with formatter.section(title):
                formatter.write_dl([(_command_name(one), _short_help(one)) for one in _modules(package)])


def _modules(package: str) -> Iterator[pkgutil.ModuleInfo]:
    return pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}.")


def _command_name(module: pkgutil.ModuleInfo) -> str:
    return module.name.rpartition(".")[2].removesuffix("_")


def _command(module: pkgutil.ModuleInfo) -> click.Command:
    imported = importlib.import_module(module.name)
    if module.ispkg:
        return FolderGroup(name=_command_name(module), packages=(module.name,), help=imported.__doc__)
    command = getattr(imported, module.name.rpartition(".")[2])
    assert isinstance(command, click.Command)  # noqa: S101 - a mistake of ours, which the first test finds
    return command


def _short_help(module: pkgutil.ModuleInfo) -> str:
    """Return the first sentence of the command's docstring, from its source."""
    from importlib.abc import InspectLoader
    from importlib.util import find_spec

    found = find_spec(module.name)
    loader = found.loader if found else None
    source = loader.get_source(module.name) if isinstance(loader, InspectLoader) else None
    tree = ast.parse(source or "")
    name = module.name.rpartition(".")[2]
    functions = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name)
    documented = tree if module.ispkg else next(functions, tree)
    return click.Command(None, help=ast.get_docstring(documented)).get_short_help_str(limit=200)


def _closest(name: str, known: list[str], group: str) -> str:
    from difflib import get_close_matches

    similar = [ours for ours in _SYNONYMS.get(name, ()) if ours in known]
    close = similar or get_close_matches(name, known, n=1)
    return f"did you mean {quote(close[0])}?" if close else f"to list the commands, run: {group} --help"
