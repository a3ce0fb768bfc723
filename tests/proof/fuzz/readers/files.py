"""Small files: saved plans, the journal, credentials and secrets; and the tags on a run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from jobspec.apply.journal import FileJournal
from jobspec.apply.secrets import Secrets
from jobspec.cloud.credentials import find_credentials
from jobspec.errors import CredentialsError, GuardError, JournalError, SecretError, UsageError
from jobspec.manifest.values import SecretRef
from jobspec.reconcile import tags
from jobspec.reconcile.tags import Inconsistent, Marks, TagKey
from jobspec.report.plan import saved as plan_file
from jobspec.report.plan.digest import digest_of
from jobspec.report.plan.view import PlanView
from jobspec.workflow.planning.saved_plans import load, save
from tests.local.places import private
from tests.proof.fuzz import structure
from tests.proof.fuzz.reader import Reader, Refused, fed
from tests.report.test_plan_file import SAVED

if TYPE_CHECKING:
    from pathlib import Path

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,63}")


def plans(folder: Path) -> Reader:
    """A saved plan, as `apply plan.json` reads it; one whose digest was made right again, too."""
    path, again = folder / "plan.json", folder / "again.json"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        try:
            _keep(load(path))
        except GuardError:
            edited = msgspec.json.decode(data, type=PlanView)
            _keep(replace(edited, digest=digest_of(edited)))
            raise

    def _keep(plan: PlanView) -> None:
        save(plan, again)
        assert plan_file.write(load(again)) == plan_file.write(plan)
        for other in (plan, SAVED):
            try:
                plan_file.check_same(plan, other, "plan.json")
            except GuardError as error:
                assert error.help

    return fed("plans", read, (UsageError, GuardError), structure.of_json)


def journals(folder: Path) -> Reader:
    """The journal of intentions; whatever is in it, a new intention is open until it is settled."""
    journal = FileJournal(private(folder / "scope"), lambda: 2_000_000_000.0)
    journal.check()

    def read(data: bytes) -> None:
        journal.path.write_bytes(data)
        before = journal.open_since("vision")
        journal.check()
        journal.intend("fuzzed", "vision/train")
        assert journal.open_since("vision") is not None
        journal.settle("fuzzed")
        if data.endswith(b"\n"):  # else what is appended makes one line with a torn one
            assert (journal.open_since("vision") is None) == (before is None)
        journal.forget(older_than=2_000_000_001.0)

    return fed("journals", read, (JournalError,), structure.of_json_lines)


def credentials(folder: Path) -> Reader:
    """The files below `~/.volc`, apart by a line of three dashes: credentials, then config."""
    home = folder / "home"
    (home / ".volc").mkdir(parents=True)

    def read(data: bytes) -> None:
        keys, _, config = data.partition(b"\n---\n")
        (home / ".volc" / "credentials").write_bytes(keys)
        (home / ".volc" / "config").write_bytes(config)
        found = find_credentials({}, home=home, profile="default")
        assert found.credentials.access_key.isascii()
        assert len(found.credentials.secret_key) < 8 or found.credentials.secret_key not in f"{found}"

    return fed("credentials", read, (CredentialsError,))


def secrets(folder: Path) -> Reader:
    """A file that holds a secret."""
    (folder / "secrets").mkdir()
    ref = SecretRef("file", "secrets/token")

    def read(data: bytes) -> None:
        (folder / "secrets" / "token").write_bytes(data)
        value = Secrets({}, folder).resolve(ref)
        assert value.encode() == data.rstrip(b"\r\n")
        json.dumps(value)

    return fed("secrets", read, (SecretError,))


def run_tags(_folder: Path) -> Reader:
    """The tags of a live task, one a line; what they say is written and read again to the same."""

    def read(data: bytes) -> None:
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        found = tags.read(lines)
        for line in filter(None, lines):
            for key in TagKey:
                assert _SAFE.fullmatch(tags.encode(key, line))
        if isinstance(found, Marks):
            written = tags.write(found, tags.user_tags(lines))
            assert tags.read(written) == found
            assert set(written) == {tag for tag in lines if tag} | ({""} & set(lines))
            assert tags.user_tags(written) == tuple(dict.fromkeys(tags.user_tags(lines)))
        if found is None:
            assert tags.write(None, lines) == tuple(dict.fromkeys(lines))
        if isinstance(found, Inconsistent):
            raise Refused

    return fed("tags", read, (Refused,))
