"""The entry point. `--version` answers before anything else is imported."""

from __future__ import annotations

import sys

from jobspec import __version__


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        sys.stdout.write(f"jobspec {__version__}\n")
        return
    try:
        from jobspec.cli.main import run  # noqa: PLC0415 - costs more than the version itself

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while still importing
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
