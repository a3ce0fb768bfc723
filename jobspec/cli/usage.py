"""Convert click's errors about a command line to errors of our own, in the words of every other message."""

from __future__ import annotations

import os
import re

import click

from jobspec.errors import UsageError
from jobspec.quoting import quote

_EQUIVALENTS = {
    "--auto-approve": "use --yes",
    "--approve": "use --yes",
    "--assume-yes": "use --yes",
    "--target": "use --only NAME",
    "--dry-run": "use jobspec plan",
}
"""Options of other tools, and the equivalent here."""
_SURPLUS = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)


def usage_error(error: click.ClickException) -> UsageError:
    """Return the error of ours for an error of click."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    ctx = ctx or click.Context(click.Command("jobspec"), info_name="jobspec")
    match error:
        case click.NoSuchOption():
            return _unknown_option(error, ctx)
        case click.MissingParameter() if error.param is not None:
            return _missing(error.param, ctx)
        case click.BadOptionUsage():
            return _with_or_without_value(error, ctx)
        case click.BadParameter(param=click.Option(is_flag=True, envvar=str(variable))):
            value = os.environ.get(variable, "")
            return UsageError(
                f"`{variable}` is {quote(value)}, neither true nor false",
                help=f"set `{variable}` to 1 or 0, or unset it",
            )
    surplus = _SURPLUS.match(error.format_message())
    if surplus:
        return UsageError(f"unexpected argument {quote(surplus[1])}", help=_usage(ctx))
    message = re.sub(r"'([^'\n]*)'", lambda found: quote(found[1]), error.format_message().rstrip("."))
    return UsageError(f"{message[:1].lower()}{message[1:]}", help=f"see {ctx.command_path} --help")


def _unknown_option(error: click.NoSuchOption, ctx: click.Context) -> UsageError:
    name = error.option_name
    every = f"to list the options, run: {ctx.command_path} --help"
    if any(name in one.opts for one in ctx.find_root().command.params):
        command = ctx.command_path.removeprefix("jobspec").strip() or "COMMAND"
        advice = f"put it before the command: jobspec {name} {command}"
    elif error.possibilities:
        advice = f"did you mean {' or '.join(map(quote, error.possibilities))}? {every}"
    else:
        advice = every
    return UsageError(f"unknown option {quote(name)}", help=_EQUIVALENTS.get(name, advice))


def _missing(param: click.Parameter, ctx: click.Context) -> UsageError:
    metavar = (param.metavar or param.name or "").strip("[].").upper()
    name = max(param.opts, key=len) if isinstance(param, click.Option) else metavar
    return UsageError(f"{quote(name)} is missing", help=_usage(ctx))


def _with_or_without_value(error: click.BadOptionUsage, ctx: click.Context) -> UsageError:
    name = error.option_name
    if any(isinstance(one, click.Option) and one.is_flag and name in one.opts for one in ctx.command.params):
        return UsageError(f"{quote(name)} takes no value", help=f"write {name} without a value")
    return UsageError(f"{quote(name)} needs a value", help=f"add a value, or remove {name}")


def _usage(ctx: click.Context) -> str:
    """Return the form of the command: its arguments, without the names of the options."""
    arguments = [one.make_metavar(ctx) for one in ctx.command.params if isinstance(one, click.Argument)]
    return " ".join(["usage:", ctx.command_path, *arguments, "[OPTIONS]"])
