"""The key of a job's comment: equal for each run of the job, and for no other job. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPTION = re.compile(r"-e(?P<short>.*)|--(?P<name>environment|since)(?:=(?P<value>.*))?", re.DOTALL)
_LENGTH = 32


def comment_key(command: Sequence[str], folder: str, environment: str) -> str:
    """Return the key of a command in a folder of the checkout; `environment` is that of the variable.

    It needs no plan, so that the failure of a job updates the comment with its last plan. The revision of
    `--since` is no part of it: it may be another commit in each run.
    """
    rest, words = [], iter(command)
    for word in words:
        option = _OPTION.fullmatch(word)
        if option is None:
            rest.append(word)
            continue
        value = option["short"] or option["value"] or next(words, "")
        environment = environment if option["name"] == "since" else value
    parts = json.dumps([folder, environment, *rest])
    return hashlib.sha256(parts.encode()).hexdigest()[:_LENGTH]
