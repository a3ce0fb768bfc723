"""Declarative training tasks: versioned YAML manifests, planned and applied to an ML platform.

Importing the package imports nothing else: every command pays only for what it uses.
"""

__version__ = "0.1.0"
