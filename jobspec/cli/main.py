"""The command line: commands are found by name and imported only when used; one place handles errors."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobspec import __version__
from jobspec.cli import terminal
from jobspec.cli.exits import Exit, of_error
from jobspec.cli.groups import FolderGroup
from jobspec.cli.messages import print_error, print_unusable
from jobspec.cli.usage import usage_error
from jobspec.errors import GuardError, JobspecError, ManifestError, UsageError
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Sequence


_FOLDERS = tuple(f"jobspec.cli.commands.{folder}" for folder in ("project", "runs", "account", "tools"))


class MainGroup(FolderGroup):
    """The group of all commands, which writes its own output safely."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the command line, which may already print a help page."""
        with terminal.writing():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click would silently end the process if the reader of its output is gone."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise terminal.OutputBroken(error) from error


@click.group(
    cls=MainGroup,
    packages=_FOLDERS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="To start, run: jobspec init. For help on a command, run: jobspec COMMAND --help. For a "
    "diagnostic code, run: jobspec explain JS204.",
)
@click.version_option(__version__, prog_name="jobspec", message="%(prog)s %(version)s")
@click.option(
    "--debug",
    is_flag=True,
    envvar="JOBSPEC_DEBUG",
    help="Log each request to stderr: action, attempt, status, duration and request id.",
)
def cli(*, debug: bool) -> None:  # `cli.debug` reads it where a client is created
    """Manage training tasks declaratively, from manifests in Git."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    _replace_closed_streams()
    terminal.escape_unencodable()
    try:
        code = cli.main(list(arguments), prog_name="jobspec", standalone_mode=False)
        return code if isinstance(code, int) else Exit.DONE
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (Exception, KeyboardInterrupt) as error:  # the one boundary
        with suppress(terminal.OutputBroken):  # if stderr is gone too, only the exit code remains
            _print_end(error)
        _replace_broken_outputs()
        return _code_of(error)


def _print_end(error: BaseException) -> None:
    """Print why the command ends; a closed output needs no message."""
    match error:
        case click.Abort() | KeyboardInterrupt():
            terminal.message("interrupted")
        case click.ClickException():
            _print_error(usage_error(error))
        case terminal.OutputBroken():
            if not error.is_unread:
                _print_error(_unwritable(error.cause))
        case JobspecError():
            _print_error(error)
        case OSError():
            _print_error(_refused_file(error))
        case _:
            _print_bug(error)


def _code_of(error: BaseException) -> int:
    match error:
        case click.Abort() | KeyboardInterrupt():
            return Exit.INTERRUPTED
        case terminal.OutputBroken():
            return error.code or (Exit.UNREAD if error.is_unread else Exit.ERROR)
        case JobspecError():
            return of_error(error)
        case _:
            return Exit.ERROR


def _replace_closed_streams() -> None:
    """Replace streams that the caller closed, which are None in Python; output to them is discarded."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good


def _replace_broken_outputs() -> None:
    """Replace broken outputs: otherwise Python would report an error at exit, with code 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _print_error(error: JobspecError) -> None:
    if isinstance(error, ManifestError):
        print_unusable(error)
        return
    others = error.others if isinstance(error, GuardError) else ()
    for one in (error, *others):
        print_error(one)


_PERMISSIONS = ("cannot be used: permission denied", "check the permissions of the file and its folder")
_FILE_ERRORS = {
    errno.ENOENT: ("does not exist", "check the path: the file or its folder does not exist"),
    errno.ENOTDIR: ("does not exist", "check the path: part of it is a file, not a folder"),
    errno.EISDIR: ("is a folder", "use a file, not a folder"),
    errno.EEXIST: ("already exists", "choose another file name, or remove this file"),
    errno.EACCES: _PERMISSIONS,
    errno.EPERM: _PERMISSIONS,
    errno.EROFS: ("is on a read-only disk", "choose a location that is not read-only"),
    errno.ENOSPC: ("cannot be written: the disk is full", "free disk space, or use a file on another disk"),
    errno.EDQUOT: (
        "cannot be written: the disk quota is used up",
        "free space in the disk quota, or use a file on another disk",
    ),
    errno.ENAMETOOLONG: ("has too long a name", "use a shorter name"),
    errno.ELOOP: ("is in a loop of symbolic links", "check the symbolic links of the path"),
}
"""What is wrong with a file, and what to do; any other error has the words of the system."""


def _refused_file(error: OSError) -> JobspecError:
    number, name = error.errno or 0, error.filename
    folder = Path(os.fsdecode(name)).parent if isinstance(name, str | bytes) else Path()
    if number == errno.ENOENT and not folder.exists():
        name = folder
    unnamed = f"cannot be used: {error.strerror or type(error).__name__}"
    what, help_ = _FILE_ERRORS.get(number, (unnamed, "check its permissions and the free disk space"))
    return UsageError(f"{quote(name) if name else 'a file'} {what}", help=help_, code="JS604")


def _unwritable(error: OSError) -> JobspecError:
    what = f"the output cannot be written: {error.strerror or type(error).__name__}"
    return UsageError(what, help="free disk space, or redirect the output elsewhere", code="JS604")


def _print_bug(error: BaseException) -> None:
    """Print where it happened, without the exception's text, which may contain a secret."""
    from traceback import extract_tb

    frames = extract_tb(error.__traceback__)
    places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    terminal.message("\n".join([f"error[JS900]: a bug in jobspec: {type(error).__name__}", *places]))
    terminal.message(
        f"help: report these lines together with the output of `jobspec --version` ({__version__})"
    )
