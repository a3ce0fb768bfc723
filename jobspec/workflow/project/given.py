"""The values from outside the manifests: options, files that the user named, the environment, and Git."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from jobspec.concealing import Concealing
from jobspec.errors import ManifestError, UsageError
from jobspec.manifest.expressions.outside import GivenVariable, NoValue, Outside, unset_variable
from jobspec.manifest.expressions.variable_files import variables_in
from jobspec.manifest.files.filenames import readable
from jobspec.quoting import quote
from jobspec.regular import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobspec.config.settings import Configuration
    from jobspec.workflow.surroundings import Surroundings

PREFIX = "JOBSPEC_VAR_"
_MAX_BYTES = 1024 * 1024


class Typed(Concealing, frozen=True):
    """The values on the command line: `--var` options and `--var-file` options, in their order.

    `recorded` are those of a saved plan, with their sources: they are used alone.
    """

    concealed: ClassVar[frozenset[str]] = frozenset({"variables", "recorded"})
    variables: tuple[tuple[str, str], ...] = ()
    files: tuple[Path, ...] = ()
    recorded: tuple[GivenVariable, ...] | None = None


NOTHING_TYPED = Typed()


def outside_of(typed: Typed, surroundings: Surroundings) -> Outside:
    """Return the values from outside for the manifests that a command loads.

    Raises `ManifestError` for a file of variables with errors, and `UsageError` for one that cannot be read.
    """
    environ = surroundings.environ
    given = typed.recorded if typed.recorded is not None else tuple(_given(typed, surroundings))

    def fact(folder: str, name: str) -> str | bool | NoValue:
        from jobspec.workflow.project.git import git_fact  # noqa: PLC0415 - only if an expression needs it

        return git_fact(Path(folder), name, environ)

    return Outside(given=given, variable=_variables(surroundings), git=cache(fact))


def _given(typed: Typed, surroundings: Surroundings) -> Iterator[GivenVariable]:
    """Yield the given values: those of the environment, of the files, and of the options."""
    environ = surroundings.environ
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        yield GivenVariable(variable.removeprefix(PREFIX), environ[variable], variable)
    yield from _typed(typed, surroundings)


def _typed(typed: Typed, surroundings: Surroundings) -> Iterator[GivenVariable]:
    for file in typed.files:
        yield from read_variables(file, surroundings.cwd)
    for name, text in typed.variables:
        yield GivenVariable(name, text, "--var")


def contradicting(typed: Typed, recorded: tuple[GivenVariable, ...], surroundings: Surroundings) -> str:
    """Return which typed value is not the recorded one, for a message; empty if all are."""
    from jobspec.manifest.expressions.given import is_same  # noqa: PLC0415 - only for saved plans

    known = {one.name: one for one in recorded}
    for one in {one.name: one for one in _typed(typed, surroundings)}.values():
        if one.name not in known or not is_same(one, known[one.name]):
            return f"{one.source} sets another value of {quote(one.name)}"
    return ""


def _variables(surroundings: Surroundings) -> Callable[[str], str | NoValue]:
    """Return a function from the name of an environment variable to its value, if the user allows it."""
    environ = surroundings.environ

    @cache
    def configuration() -> Configuration:
        from jobspec.workflow.project.configuration import read_configuration  # noqa: PLC0415 - rarely needed

        return read_configuration(environ, surroundings.home)

    def value(name: str) -> str | NoValue:
        if configuration().variables.excludes(lambda pattern: fnmatchcase(name, pattern)):
            return _not_allowed(name, configuration())
        return environ[name] if name in environ else unset_variable(name)

    return value


def _not_allowed(name: str, configuration: Configuration) -> NoValue:
    of_machine = configuration.variables.is_refused_by_machine(lambda pattern: fnmatchcase(name, pattern))
    file = configuration.machine.file if of_machine else configuration.user.file
    who = "ask the administrator of this machine to add" if of_machine else "add"
    return NoValue(
        f"`allowedEnv` in {file} does not list the environment variable {quote(name)}",
        "not allowed on this machine",
        f"if the project may read it, {who} {quote(name)} to `allowedEnv` in {file}",
        "JS367",
    )


def read_variables(file: Path, cwd: Path) -> Iterator[GivenVariable]:
    """Yield the variables in a YAML file that the user named, wherever it is.

    Raises `ManifestError` if the file has errors; without excerpts, because it may contain a secret.
    """
    try:
        data = read_regular(cwd / file, at_most=_MAX_BYTES + 1, follow_links=True)
    except OSError as error:
        raise _unreadable(file, error.strerror or "it cannot be read") from error
    if len(data) > _MAX_BYTES:
        raise _unreadable(file, f"it is larger than {_MAX_BYTES // 2**20} MiB")
    shown = readable(str(file))
    found, problems = variables_in(data, shown)
    if problems:
        raise ManifestError(problems, sources={}, manifests=1)
    yield from found


def _unreadable(file: Path, why: str) -> UsageError:
    message = f"cannot read {quote(readable(str(file)))}: {why}"
    return UsageError(message, help="pass a YAML file with a map of variables to --var-file", code="JS369")
