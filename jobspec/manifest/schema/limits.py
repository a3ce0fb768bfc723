"""What the platform takes at most of each value: the one table, for the models and their schemas; pure.

The local platform has the same limits of its own; a test holds one against the other.
"""

from __future__ import annotations

MAX_INTEGER = 2**31 - 1
"""Seconds and counts, which the platform keeps in 32 bits."""
MAX_REPLICAS = 100_000
"""Replicas of one role."""
MAX_AMOUNT = 1_000_000
"""Cores, and GiB of memory, of a sidecar."""
MAX_TAG = 256
"""Characters of a tag."""
MAX_DAYS = MAX_INTEGER // 86400
"""Whole days in the longest duration."""
