"""Declarative training tasks: versioned YAML manifests, planned and applied to an ML platform.

Importing the package imports nothing else, so that each command loads only what it uses. The classes are
imported on first access.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["CustomTask", "CustomTaskClient", "__version__"]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from jobspec.sdk import CustomTask, CustomTaskClient
else:  # hidden from type checkers, which would otherwise accept every name

    def __getattr__(name: str) -> object:
        if name in {"CustomTask", "CustomTaskClient"}:
            return getattr(import_module("jobspec.sdk"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
