"""The entry point. `--version` answers before anything else is imported."""

from __future__ import annotations

import sys

from jobspec import __version__


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        sys.stdout.write(f"jobspec {__version__}\n")
        return
    # httpx imports its own command line (click, rich, pygments: some 100 ms) wherever those are installed.
    # With None in its place that import fails at once, and httpx takes its fallback for when they are
    # missing. Only here, in our own process: who imports the library keeps the httpx that is installed.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None is how an import is barred
    try:
        from jobspec.cli.main import run  # noqa: PLC0415 - costs more than the version itself

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while still importing
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
