"""The limits of values, of the platform and our own: the one table, for the models and their schemas; pure.

The local platform has its own copy of the platform's limits; a test compares the two.
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
RESERVED_TAG = "jobspec-"
"""Start of the tags that only jobspec writes."""
MAX_DAYS = MAX_INTEGER // 86400
"""Whole days in the longest duration."""
