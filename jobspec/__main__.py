"""The entry point. `--version` answers before anything else is imported."""

from __future__ import annotations

import sys

from jobspec import __version__


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"jobspec {__version__}\n")
        return
    from jobspec.cli.main import run  # noqa: PLC0415 - costs more than the version itself

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
