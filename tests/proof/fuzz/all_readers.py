"""Every reader of foreign bytes there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.proof.fuzz.reader import Reader
from tests.proof.fuzz.readers import (
    answers,
    configurations,
    expressions,
    files,
    local,
    manifests,
    wire,
    words,
)

NAMES = (
    *(
        "manifests",
        "projects",
        "plans",
        "journals",
        "credentials",
        "secrets",
        "tags",
        "answers",
        "wire",
        "headers",
    ),
    *("logs", "requests", "stores", "words", "environments", "configurations", "expressions", "variables"),
)


@contextmanager
def all_readers(folder: Path) -> Iterator[Mapping[str, Reader]]:
    """The readers by name, with room for their files below a folder, for as long as the context lasts."""
    simple = (
        *(
            manifests.manifests,
            manifests.projects,
            files.plans,
            files.journals,
            files.credentials,
            files.secrets,
        ),
        *(
            files.run_tags,
            answers.bodies,
            wire.headers,
            wire.logs,
            local.stores,
            words.typed,
            words.environments,
            configurations.configurations,
            expressions.expressions,
            expressions.variables,
        ),
    )
    with ExitStack() as stack:
        made = [make(folder) for make in simple]
        made += [stack.enter_context(make(folder)) for make in (wire.wire, local.requests)]
        by_name = {reader.name: reader for reader in made}
        yield {name: by_name[name] for name in NAMES}
