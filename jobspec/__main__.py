"""The entry point. `--version` prints the version before anything else is imported."""

from __future__ import annotations

import gc
import sys

from jobspec import __version__

_MOST_NEW = 100_000
"""Objects between two searches for garbage: more than a start creates, nearly all of which stay. The default
is 700."""


def main() -> None:
    """Run the command line and exit with its exit code."""
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        sys.stdout.write(f"jobspec {__version__}\n")
        return
    gc.set_threshold(_MOST_NEW)
    # httpx imports its own command line (click, rich, pygments: some 100 ms) wherever those are installed.
    # With None in its place, that import fails at once, and httpx uses its fallback for missing packages.
    # Only here, in our own process: users of the library keep the httpx that is installed.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None is how an import is barred
    try:
        from jobspec.cli.main import run  # noqa: PLC0415 - costs more than the version itself

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # during the imports
        code = 130
    gc.freeze()  # the process ends: without this, Python would search all objects for garbage several times
    sys.exit(code)


if __name__ == "__main__":
    main()
