"""What a user writes outside of any checkout, so that credentials go to an endpoint of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def configure(home: Path, text: str) -> Path:
    """Write the configuration file of the user with this home."""
    file = home / ".config" / "jobspec" / "config.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o700)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def allow_endpoint(home: Path, url: str) -> None:
    """Let credentials go to an endpoint that only a project names."""
    configure(home, f'allowedEndpoints: ["{url}"]\n')
