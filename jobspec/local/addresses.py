"""The address of the replicas of the local platform."""

from __future__ import annotations

HOST = "127.0.0.1"
"""The address of every replica, as in the variables `MLP_…_HOST`."""
