"""Git in a checkout that may be hostile: its plumbing commands, with nothing of the checkout executed.

Git gets list arguments, no keys from the environment, no hooks, no file system monitor, no filters, and no
network.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from jobspec.manifest.expressions.outside import NoValue
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SECONDS = 60
_SAFE = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "protocol.allow=never",  # do not fetch a missing object of a partial clone
    "safe.bareRepository=explicit",  # do not treat a folder of the checkout as a repository
)
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")
"""Not `GIT_DIR`, which hooks set: with it, Git takes the working directory for the top of the repository."""
_FILTER = r"^filter\..*\.(clean|smudge|process|required)$"


def run_git(
    folder: Path, environ: Mapping[str, str], arguments: Sequence[str], *, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Return Git's result in a folder. Raises `OSError`, `ValueError` and `subprocess.TimeoutExpired`."""
    return _run(folder, _environment(environ), arguments, given)


def _run(
    folder: Path, environment: Mapping[str, str], arguments: Sequence[str], given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    safe = [part for one in _SAFE for part in ("-c", one)]
    return subprocess.run(  # noqa: S603 - list arguments, no shell
        ["git", "--no-pager", *safe, *arguments],  # noqa: S607 - the user's own Git
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[name] for name in _KEPT if name in environ} | {
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


def reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return the line of Git's messages that says why it failed."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (fatal or lines or [f"exit code {done.returncode}"])[0][:200]


def is_checkout(folder: Path) -> bool:
    """Whether a folder is in a checkout, also in one that Git refuses to read."""
    return any((one / ".git").exists() for one in (folder, *folder.parents))


def git_fact(folder: Path, name: str, environ: Mapping[str, str]) -> str | bool | NoValue:
    """Return the `sha` of HEAD, its `branch`, or whether a tracked file is changed (`dirty`)."""
    try:
        return {"sha": _sha, "branch": _branch, "dirty": _is_dirty}[name](folder, _environment(environ))
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        message = error.strerror if isinstance(error, OSError) else type(error).__name__
        return NoValue(f"cannot run Git: {message}", "needs Git", "install Git, or pass the value with --var")


def _sha(folder: Path, environment: Mapping[str, str]) -> str | NoValue:
    done = _run(folder, environment, ("rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
    if done.returncode == 0:
        return done.stdout.decode("ascii", "replace").strip()
    return _repository_problem(folder, environment) or NoValue(
        "the Git repository has no commit yet",
        "no commit",
        "commit first, or write a default: `${{ git.sha || 'none' }}`",
        is_missing=True,
    )


def _branch(folder: Path, environment: Mapping[str, str]) -> str | NoValue:
    done = _run(folder, environment, ("symbolic-ref", "--quiet", "--short", "HEAD"))
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace").strip()
    return _repository_problem(folder, environment) or NoValue(
        "no branch is checked out: HEAD is detached, as in CI",
        "no branch",
        "write a default, `${{ git.branch || 'main' }}`, or a variable, and pass --var branch=NAME",
        is_missing=True,
    )


def _is_dirty(folder: Path, environment: Mapping[str, str]) -> bool | NoValue:
    missing = _sha(folder, environment)
    if isinstance(missing, NoValue):
        return missing
    arguments = (
        "diff",
        "--quiet",
        "--no-ext-diff",
        "--no-textconv",
        "--ignore-submodules=dirty",
        "HEAD",
        "--",
    )
    done = _run(folder, dict(environment) | _without_filters(folder, environment), arguments)
    return bool(done.returncode) if done.returncode in {0, 1} else _failed(done)


def _without_filters(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return settings that disable each filter of the configuration: they are programs."""
    listed = _run(folder, environment, ("config", "--null", "--name-only", "--get-regexp", _FILTER))
    names = {one.decode("utf-8", "surrogateescape") for one in listed.stdout.split(b"\0") if one}
    found = {"GIT_CONFIG_COUNT": str(len(names))}
    for number, name in enumerate(sorted(names)):
        found[f"GIT_CONFIG_KEY_{number}"] = name
        found[f"GIT_CONFIG_VALUE_{number}"] = "false" if name.endswith(".required") else ""
    return found


def _repository_problem(folder: Path, environment: Mapping[str, str]) -> NoValue | None:
    """Return why Git reads no repository here; None if it does."""
    done = _run(folder, environment, ("rev-parse", "--git-dir"))
    if done.returncode == 0:
        return None
    if is_checkout(folder):
        return _failed(done)
    return NoValue(
        f"{quote(folder)} is not in a Git repository",
        "no repository",
        "write a default after `||`, or run in a checkout",
        is_missing=True,
    )


def _failed(done: subprocess.CompletedProcess[bytes]) -> NoValue:
    advice = "follow the message of Git, or pass the value with --var"
    return NoValue(f"Git cannot read this checkout: {reason(done)}", "needs Git", advice)
