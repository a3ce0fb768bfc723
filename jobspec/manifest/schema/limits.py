"""The limits of values, the platform's and ours: the only table, for the models and their schemas. Pure.

The local platform has its own copy of the platform's limits; a test compares the two.
"""

from __future__ import annotations

MAX_INTEGER = 2**31 - 1
"""Maximum seconds and counts: the platform stores them in 32 bits."""
MAX_REPLICAS = 100_000
"""Maximum replicas of one role."""
MAX_AMOUNT = 1_000_000
"""Maximum cores, and GiB of memory, of a sidecar."""
MAX_TAG = 256
"""Maximum characters of a tag."""
RESERVED_TAG = "jobspec-"
"""Prefix of the tags that only jobspec writes."""
MAX_DAYS = MAX_INTEGER // 86400
"""Maximum number of whole days in a duration."""
MAX_COMPARED = 100
"""Maximum characters of a text that is compared with other spellings; comparing takes time for each."""
MAX_CELLS = 50_000
"""Maximum number of tasks of one set."""
