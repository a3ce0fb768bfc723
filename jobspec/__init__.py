"""Declarative training tasks: versioned YAML manifests, planned and applied to an ML platform.

Importing the package imports nothing else: every command pays only for what it uses, and `CustomTask` is
imported when somebody asks for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["CustomTask", "__version__"]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from jobspec.sdk import CustomTask
else:  # out of a type checker's sight, or it would let every name pass

    def __getattr__(name: str) -> object:
        if name == "CustomTask":
            return import_module("jobspec.sdk").CustomTask
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
