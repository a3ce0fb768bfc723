"""`jobspec drift` against the local platform: what is found, what is known, and where it is reported."""

from __future__ import annotations

import json
import os
import stat
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.allowed import configure
from tests.projects import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.processes import Ended
    from tests.projects import Project

LAST = ("--only-new", "last.json", "--output-file", "last.json")


def drift(project: Project, *options: str, exits: int = 2) -> Any:
    return project.run("drift", "-o", "json", *options, exits=exits).json


def kinds(document: Any, *parts: str) -> list[tuple[str, str]]:
    found = [one for part in parts or ("findings", "pending") for one in document[part]]
    return sorted((one["kind"], one["task"]) for one in found)


def cancelled(project: Project, name: str) -> str:
    """Stop the run of a task as somebody else would, and return its id."""
    run = str(project.only_run(name)["Id"])
    project.run("task", "cancel", run, "--yes")
    project.until_state(name, "Cancelled")
    return run


def applied(project: Project, *names: str) -> None:
    for name in names:
        project.declare(name, FOREVER)
    project.apply()


def test_a_project_in_order_is_clean(project: Project) -> None:
    applied(project, "a")
    document = drift(project, exits=0)
    assert (document["status"], document["findings"], document["pending"]) == ("clean", [], [])
    assert "clean: nothing to report" in project.run("drift").out


def test_drift_is_apart_from_what_is_pending(project: Project) -> None:
    applied(project, "stopped", "edited", "changed", "twin", "removed")
    project.declare("failed", "exit 3")
    project.apply()
    project.until_state("failed", "Failed")
    run = cancelled(project, "stopped")
    project.run("task", "update", project.only_run("edited")["Id"], "--description", "by hand", "--yes")
    project.edit("tasks/changed.yaml", "exec sleep 60", "exec sleep 61")
    project.submit_unmanaged("twin", FOREVER)
    project.remove("removed")
    project.declare("added")
    document = drift(project)
    assert document["status"] == "drifted"
    assert kinds(document, "findings") == [
        ("cancelled-outside", "stopped"),
        ("failed", "failed"),
        ("metadata-edited", "edited"),
        ("unmanaged-twin", "twin"),
    ]
    assert kinds(document, "pending") == [
        ("new", "added"),
        ("removed", "removed"),
        ("spec-changed", "changed"),
    ]
    stopped = next(one for one in document["findings"] if one["task"] == "stopped")
    assert (stopped["address"], stopped["run"], stopped["observed"]) == ("demo/stopped", run, "Cancelled")
    assert (stopped["file"], stopped["line"]) == ("tasks/stopped.yaml", 4)
    assert stopped["help"]
    ignoring = drift(project, "--ignore-pending")
    assert (kinds(ignoring), ignoring["ignoresPending"]) == (kinds(document, "findings"), True)


def test_only_pending_changes_exit_2_unless_they_are_ignored(project: Project) -> None:
    project.declare("a")
    assert drift(project)["status"] == "pending"
    assert drift(project, "--ignore-pending", exits=0)["status"] == "clean"


def test_the_json_has_every_field_of_the_plan(project: Project) -> None:
    applied(project, "a")
    project.until_state("a", "Running")
    project.declare("b")
    plan = project.run("plan", "-o", "json").json
    document = drift(project)
    assert {key: document[key] for key in plan if key != "version"} == {
        key: plan[key] for key in plan if key != "version"
    }
    assert next(iter(document)) == "version"
    assert document["version"] == "jobspec/drift.v1"


def test_what_the_last_report_has_is_counted_but_not_listed(project: Project) -> None:
    applied(project, "a", "b")
    cancelled(project, "a")
    first = project.run("drift", *LAST, exits=2)
    assert "`last.json` does not exist yet; all findings are new" in first.err
    second = project.run("drift", *LAST)
    assert "cancelled-outside" not in second.out
    assert "drifted: 1 known from the last report" in second.out
    cancelled(project, "b")
    third = drift(project, *LAST)
    assert (kinds(third), kinds(third, "known")) == (
        [("cancelled-outside", "b")],
        [("cancelled-outside", "a")],
    )
    project.edit("tasks/a.yaml", "exec sleep 60", "exec sleep 61")
    project.apply()
    fourth = drift(project, *LAST, exits=0)
    assert kinds(fourth, "resolved") == [("cancelled-outside", "a")]
    assert kinds(fourth, "known") == [("cancelled-outside", "b")]


def test_a_check_of_a_part_resolves_nothing_elsewhere(project: Project) -> None:
    applied(project, "a", "b")
    cancelled(project, "a")
    drift(project, *LAST)
    part = drift(project, *LAST, "--only", "b", exits=0)
    assert (kinds(part, "resolved"), kinds(part, "carried")) == ([], [("cancelled-outside", "a")])
    whole = drift(project, *LAST, exits=0)
    assert kinds(whole, "known") == [("cancelled-outside", "a")]


def test_a_record_that_vanished_is_known_from_the_last_report(project: Project) -> None:
    applied(project, "a")
    drift(project, *LAST, exits=0)
    run = cancelled(project, "a")
    project.run("task", "delete", run, "--yes")
    assert kinds(drift(project)) == [("new", "a")]
    found = drift(project, *LAST)
    assert kinds(found) == [("record-gone", "a")]
    assert found["findings"][0]["run"] == run
    assert kinds(drift(project, *LAST, exits=0), "known") == [("record-gone", "a")]
    project.apply()
    assert kinds(drift(project, *LAST, exits=0), "resolved") == [("record-gone", "a")]


def test_with_the_last_report_an_edit_is_told_from_a_change_of_the_manifest(project: Project) -> None:
    applied(project, "a", "b")
    drift(project, *LAST, exits=0)
    project.edit("tasks/a.yaml", "  name: a", "  name: a\n  description: better")
    project.run("task", "update", project.only_run("b")["Id"], "--add-tag", "by-hand", "--yes")
    expected = [("metadata-changed", "a"), ("metadata-edited", "b")]
    assert kinds(drift(project, *LAST)) == expected
    assert kinds(drift(project, *LAST, exits=0), "known") == expected
    assert kinds(drift(project, "--only-new", "last.json", "--ignore-pending", exits=0), "carried") == [
        ("metadata-changed", "a")
    ]


BROKEN = {
    "empty": "",
    "half": '{"version": "jobspec/drift.v1", "scope"',
    "list": "[]",
    "foreign": '{"version": "jobspec/plan.v1"}',
    "shape": '{"version": "jobspec/drift.v1", "scope": 1}',
    "unknown": '{"version": "jobspec/drift-unknown.v1", "status": "unknown"}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_or_foreign_report_is_an_error(project: Project, text: str) -> None:
    project.declare("a")
    project.write("last.json", text)
    ended = project.run("drift", "-o", "json", *LAST, exits=1)
    assert "error[JS430]: `last.json` " in ended.err
    assert "help: make a new one: jobspec drift -o json --output-file last.json" in ended.err
    assert (project.root / "last.json").read_text(encoding="utf-8") == text
    assert ended.out == ""


def test_a_report_of_another_scope_is_an_error(project: Project) -> None:
    applied(project, "a")
    drift(project, "--output-file", "last.json", exits=0)
    project.edit("jobspec.yaml", "{name: demo}", "{name: other}")
    assert "error[JS430]: the last report is about `demo`" in project.run("drift", *LAST, exits=1).err


def test_an_undecided_check_moves_no_baseline_and_looks_like_no_result(project: Project) -> None:
    applied(project, "a")
    cancelled(project, "a")
    files = [f"--output-file=report.{ending}" for ending in ("json", "prom", "xml", "md")]
    project.run("drift", *files, exits=2)
    kept = {name: (project.root / name).read_bytes() for name in ("report.json", "report.prom")}
    project.write("tasks/broken.yaml", "apiVersion: jobspec/v1\nkind: Task\n")
    ended = project.run("drift", "-o", "json", "--only-new", "report.json", *files, exits=1)
    assert ended.json["status"] == "unknown"
    assert "changes" not in ended.json
    assert {name: (project.root / name).read_bytes() for name in kept} == kept
    assert "<error " in (project.root / "report.xml").read_text(encoding="utf-8")
    assert "**unknown:**" in (project.root / "report.md").read_text(encoding="utf-8")
    (project.tasks / "broken.yaml").unlink()
    refused = project.run("drift", "-o", "json", "--endpoint", "http://127.0.0.1:1", *files, exits=1)
    assert refused.json["status"] == "unknown"
    assert (project.root / "report.json").read_bytes() == kept["report.json"]


ENTRY = "{task: a, kind: cancelled-outside, reason: known problem, until: %s}"


def acknowledge(project: Project, *entries: str) -> None:
    text = (project.root / "jobspec.yaml").read_text(encoding="utf-8").partition("  acknowledge:")[0]
    project.write("jobspec.yaml", f"{text}  acknowledge:\n" + "".join(f"    - {one}\n" for one in entries))


def test_an_acknowledged_finding_is_listed_apart_until_its_date(project: Project) -> None:
    applied(project, "a", "b")
    run = cancelled(project, "a")
    acknowledge(project, ENTRY % "2999-12-31")
    found = drift(project, exits=0)
    assert (found["status"], found["acknowledged"][0]["finding"]["task"]) == ("clean", "a")
    text = project.run("drift").out
    assert f"acknowledged: cancelled-outside a {run}, until 2999-12-31: known problem" in text
    acknowledge(project, ENTRY % "2020-12-31")
    expired = project.run("drift", exits=2).out
    assert "! cancelled-outside  a" in expired
    assert "; it has expired" in expired


def test_another_value_is_reported_again_and_an_entry_without_a_finding_is_stale(project: Project) -> None:
    applied(project, "a")
    edited = project.only_run("a")["Id"]
    project.run("task", "update", edited, "--description", "one", "--yes")
    acknowledge(
        project,
        "{task: a, field: metadata.description, observed: one, reason: r, until: 2999-12-31}",
        "{task: b, kind: failed, reason: r, until: 2999-12-31}",
    )
    found = drift(project, exits=0)
    assert [one["entry"]["task"] for one in found["staleAcknowledgements"]] == ["b"]
    project.run("task", "update", edited, "--description", "two", "--yes")
    found = drift(project)
    assert kinds(found) == [("metadata-edited", "a")]
    assert [one["why"] for one in found["staleAcknowledgements"]] == [
        "another value or run is observed",
        "it matches nothing",
    ]


def test_an_environment_has_acknowledgements_of_its_own(project: Project) -> None:
    text = (project.root / "jobspec.yaml").read_text(encoding="utf-8")
    own = f"{{acknowledge: [{ENTRY % '2999-12-31'}]}}"
    project.write("jobspec.yaml", f"{text}  environments:\n    dev: {{}}\n    prod: {own}\n")
    project.declare("a", FOREVER)
    for name, exits in (("dev", 2), ("prod", 0)):
        project.apply("-e", name, "--allow-twin")
        project.run("task", "cancel", project.runs("a")[-1]["Id"], "--yes")
        project.until_state("a", "Cancelled")
        drift(project, "-e", name, exits=exits)


def test_files_are_written_in_the_format_of_their_ending_and_in_one_step(project: Project) -> None:
    applied(project, "a")
    endings = ("json", "md", "html", "xml", "prom", "txt")
    project.run("drift", "-o", "json", *(f"--output-file=r.{one}" for one in endings), "--output-file=other")
    starts = {
        "json": "{",
        "md": "### ",
        "html": "<!doctype",
        "xml": "<?xml",
        "prom": "# HELP",
        "txt": "demo on",
    }
    for ending, start in starts.items():
        assert (project.root / f"r.{ending}").read_text(encoding="utf-8").startswith(start)
    assert json.loads((project.root / "other").read_text(encoding="utf-8"))["status"] == "clean"
    assert stat.S_IMODE((project.root / "r.prom").stat().st_mode) & 0o600 == 0o600
    assert not [path.name for path in project.root.iterdir() if path.name.endswith(".tmp")]


def test_markdown_has_the_size_that_is_asked_for(project: Project) -> None:
    for number in range(30):
        project.declare(f"task-{number}")
    shown = project.run("drift", "-o", "markdown", "--max-size", "1000", exits=2).out
    assert len(shown) <= 1000
    assert " of 30 entries shown" in shown
    project.run("drift", "--output-file", "r.md", "--max-size", "1000", exits=2)
    assert (project.root / "r.md").read_text(encoding="utf-8") == shown
    (project.root / "r.md").unlink()
    with hooks() as server:
        files = ("--output-file", "r.md", "--notify", server.url("json"))
        ended = project.run("drift", "--max-size", "9", *files, exits=1)
    assert "help: use --max-size " in ended.err
    assert (server.received, (project.root / "r.md").exists()) == ([], False)
    assert "`--max-size` requires `-o markdown`" in project.run("drift", "--max-size", "9", exits=1).err


def test_only_a_regular_file_is_replaced(project: Project) -> None:
    applied(project, "a")
    target = project.write("kept.txt", "kept")
    (project.root / "link.json").symlink_to(target)
    (project.root / "folder.json").mkdir()
    for name in ("link.json", "folder.json", "/dev/null"):
        ended = project.run("drift", "--output-file", name, exits=1)
        assert f"`{name}` is not a regular file; it was not overwritten" in ended.err
        assert ended.out == ""
    assert target.read_text(encoding="utf-8") == "kept"


def test_no_link_to_a_folder_leads_out_of_the_checkout(project: Project, tmp_path: Path) -> None:
    applied(project, "a")
    outside = tmp_path / "outside"
    outside.mkdir()
    (project.root / "reports").symlink_to(outside)
    for name in ("reports/drift.md", f"{project.root}/reports/drift.md", "tasks/../reports/drift.md"):
        ended = project.run("drift", "--output-file", name, exits=1)
        assert "reports` is a link to a folder; nothing was written there" in ended.err
    assert list(outside.iterdir()) == []
    project.run("drift", "--output-file", f"{outside}/drift.md")
    assert (outside / "drift.md").exists()


def test_the_last_report_is_a_regular_file(project: Project) -> None:
    applied(project, "a")
    os.mkfifo(project.root / "pipe.json")
    ended = project.run("drift", "--only-new", "pipe.json", exits=1)
    assert "error[JS430]: `pipe.json` is not a regular file" in ended.err
    assert "help: name a file that contains the last report" in ended.err


def test_a_file_that_cannot_be_written_is_noticed_before_anything_is_sent(project: Project) -> None:
    applied(project, "a")
    cancelled(project, "a")
    with hooks() as server:
        files = ("--output-file", "none/r.json", "--output-file", "ok.md")
        ended = project.run("drift", *files, "--notify", server.url("json"), exits=1)
    assert "error[JS604]: the folder of `none/r.json` does not exist" in ended.err
    assert server.received == []


def test_a_failed_write_loses_neither_the_other_files_nor_the_output_and_nothing_is_sent(
    project: Project,
) -> None:
    applied(project, "a")
    cancelled(project, "a")
    too_long = "x" * 250 + ".prom"
    with hooks() as server:
        sent = ["--only-new", "ok.json", "--output-file", "ok.json", "--notify", server.url("json")]
        ended = project.run("drift", "-o", "json", "--output-file", too_long, *sent, exits=1)
        assert "cannot be written: File name too long" in ended.err
        assert kinds(ended.json) == [("cancelled-outside", "a")]
        assert ended.json["notification"]["status"] == "failed"
        assert server.received == []
        assert kinds(json.loads((project.root / "ok.json").read_text(encoding="utf-8"))) == kinds(ended.json)
        project.run("drift", *sent)
    assert len(server.received) == 1


def test_until_it_is_sent_the_report_lists_what_is_unsent(project: Project) -> None:
    """If the check ends while it notifies, the next one sends it."""
    applied(project, "a")
    cancelled(project, "a")
    with hooks() as server:
        server.observe = lambda: json.loads((project.root / "last.json").read_text(encoding="utf-8"))
        ended = project.run("drift", *LAST, "-o", "json", "--notify", server.url("json"), exits=2)
    (during,) = server.observed
    ids = [ended.json["findings"][0]["id"]]
    assert (during["unsent"], during["notification"]["unsent"]) == (ids, ids)
    assert (ended.json["unsent"], ended.json["notification"]["unsent"]) == ([], [])


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Hooks)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))
        self.server.observed.append(self.server.observe())
        answer = self.server.answer.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


class Hooks(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.received: list[Any] = []
        self.answer = "ok"
        self.status = 200
        self.observe: Callable[[], Any] = lambda: None
        self.observed: list[Any] = []

    def url(self, service: str) -> str:
        return f"{service}+http://127.0.0.1:{self.server_port}/hook/canary-of-the-token"


@contextmanager
def hooks() -> Iterator[Hooks]:
    server = Hooks()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(ended: Ended, project: Project) -> str:
    """All that was printed and written."""
    files = "".join(path.read_text(encoding="utf-8") for path in project.root.glob("*.json"))
    return ended.printed + files


def test_new_drift_is_sent_once_and_what_is_pending_is_not(project: Project) -> None:
    applied(project, "a")
    cancelled(project, "a")
    project.declare("b")
    with hooks() as server:
        sent = [*LAST, "--notify", server.url("json")]
        ended = project.run("drift", *sent, exits=2)
        assert "canary" not in said(ended, project)
        assert drift(project, *sent, exits=0)["notification"]["status"] == "nothing-to-send"
    (document,) = server.received
    assert kinds(document, "findings") == [("cancelled-outside", "a")]
    assert document["version"] == "jobspec/drift-notification.v1"


def test_a_refusal_never_fails_the_check_and_the_next_one_sends_it_again(project: Project) -> None:
    applied(project, "a")
    cancelled(project, "a")
    with hooks() as server:
        sent = [*LAST, "--notify", server.url("feishu")]
        server.answer = '{"code": 19021, "msg": "sign match fail"}'
        ended = project.run("drift", *sent, "-o", "json", exits=2)
        assert "warning[JS431]: the notification to 127.0.0.1 was not sent: code 19021" in ended.err
        assert ended.json["notification"]["status"] == "failed"
        assert len(server.received) == 1, "a refused signature is not tried again"
        server.answer = '{"code": 0}'
        again = project.run("drift", *sent, "-o", "json")
        assert (again.json["notification"]["status"], again.json["notification"]["unsent"]) == ("sent", [])
        assert kinds(again.json) == []
    assert len(server.received) == 2
    assert "canary" not in said(ended, project) + said(again, project)


IN_BETWEEN = {
    "none": (("--notify", "none"), {}),
    "no-address": ((), {}),
    "broken": ((), {"JOBSPEC_NOTIFY_URL": "nonsense"}),
    "refused": ((), {"JOBSPEC_NOTIFY_URL": "https://127.0.0.1:1/hook/canary-of-the-token"}),
}


@pytest.mark.parametrize(("options", "environ"), IN_BETWEEN.values(), ids=IN_BETWEEN)
def test_what_was_not_sent_is_sent_later_also_after_checks_without_an_address(
    project: Project, options: tuple[str, ...], environ: dict[str, str]
) -> None:
    applied(project, "a", "b")
    cancelled(project, "a")
    with hooks() as server:
        sent = [*LAST, "--notify", server.url("json")]
        server.status = 500
        project.run("drift", *sent, exits=2)
        server.status = 200
        server.received.clear()
        cancelled(project, "b")
        project.run("drift", *LAST, *options, exits=2, environ=environ)
        project.run("drift", *LAST, *options, environ=environ)
        project.run("drift", *sent)
        (document,) = server.received
        assert kinds(document, "findings") == [("cancelled-outside", "a"), ("cancelled-outside", "b")]
        assert drift(project, *sent, exits=0)["notification"]["status"] == "nothing-to-send"


def test_the_end_of_all_drift_is_sent_later_too_but_not_of_drift_that_nobody_was_sent(
    project: Project,
) -> None:
    applied(project, "a", "b", "c")
    cancelled(project, "a")
    with hooks() as server:
        sent = [*LAST, "--notify", server.url("json")]
        project.run("drift", *sent, exits=2)
        cancelled(project, "b")
        project.run("drift", *LAST, exits=2)
        project.remove("a")
        project.remove("b")
        project.apply("--force", "limits")
        server.received.clear()
        server.status = 500
        project.run("drift", *sent)
        project.run("drift", *LAST)
        server.status = 200
        project.run("drift", *sent)
        assert drift(project, *sent, exits=0)["notification"]["status"] == "nothing-to-send"
    first, last = server.received
    assert first == last
    assert kinds(last, "resolved") == [("cancelled-outside", "a")]
    assert last["title"].endswith("has no more drift: 1 resolved")


UNREACHABLE = {
    "refused": "https://127.0.0.1:1/hook/canary-of-the-token",
    "no-such-host": "https://canary.invalid/hook/canary-of-the-token",
    "not-encrypted": "http://example.com/hook/canary-of-the-token",
    "no-address": "canary-of-the-token",
}


@pytest.mark.parametrize("url", UNREACHABLE.values(), ids=UNREACHABLE)
def test_an_address_that_fails_is_a_warning_without_the_address(project: Project, url: str) -> None:
    applied(project, "a")
    cancelled(project, "a")
    environ = {"JOBSPEC_NOTIFY_URL": url, "JOBSPEC_DEBUG": "1"}
    ended = project.run("drift", "-o", "json", exits=2, environ=environ)
    assert "warning[JS431]: the notification" in ended.err
    assert ended.json["notification"]["status"] == "failed"
    assert "canary-of-the-token" not in ended.printed


def test_the_address_comes_from_the_users_configuration_and_not_from_the_project(project: Project) -> None:
    applied(project, "a")
    cancelled(project, "a")
    with hooks() as server:
        text = f"notify: {{url: {server.url('slack')}}}\n"
        project.write(".config/jobspec/config.yaml", text)
        project.write("config.yaml", text)
        assert drift(project)["notification"] is None
        folder = project.home / ".config" / "jobspec"
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        (folder / "config.yaml").chmod(0o600)
        assert drift(project)["notification"]["service"] == "slack"
        assert drift(project, "--notify", "none")["notification"] is None
        project.run("drift", exits=2, environ={"JOBSPEC_NOTIFY_URL": "none"})
    assert len(server.received) == 1


HOOK = "https://e.com/hook/canary-of-the-token"
WRONG_SETTINGS = {
    "unknown-beside": (f"notify: {{url: {HOOK}, secrt: canary}}", "secrt"),
    "capital": (f"Notify: {{url: '{HOOK}'}}", "`Notify`"),
    "misspelt": (f"notfy: {{url: '{HOOK}'}}", "`notfy`"),
    "escaped": (f'"n\\u006ftify": {{url: "{HOOK}", x: 1}}', "unknown field `x`"),
    "text": (f"notify: {HOOK}", "is text, not a map"),
    "as-key": (f"notify: {{'{HOOK}': 1}}", "unknown field `…` in configuration `notify`"),
    "as-outer-key": (f"'{HOOK}': 1", "unknown field `…` in the configuration"),
    "with-a-backtick": (f"notify: {{'x`{HOOK}`canary': 1}}", "unknown field ``…``"),
    "twice": (f"notify: {{'{HOOK}': 1, '{HOOK}': 2}}", "duplicate key `…`"),
    "tag": (f"notify: !{HOOK} x", "unknown tag `…`"),
    "open-quote": (f"notify: {{url: '{HOOK}", "missing closing quote"),
    "in-a-list": (f"secretFolders: {HOOK}", "`secretFolders` in the configuration is text, not a list"),
}


@pytest.mark.parametrize("command", ["plan", "drift"])
@pytest.mark.parametrize(("text", "problem"), WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_an_error_in_the_configuration_does_not_quote_the_address(
    project: Project, text: str, problem: str, command: str
) -> None:
    project.declare("a", spec="env: {X: {secret: {env: X}}}" if command == "plan" else "")
    configure(project.home, f"{text}\n")
    ended = project.attempt(command)
    assert problem in ended.printed
    assert "canary" not in ended.printed


def test_an_address_on_the_command_line_that_is_none_is_an_error(project: Project) -> None:
    ended = project.run("drift", "--notify", "canary-of-the-token", exits=1)
    assert "error[JS400]: the address of the notification cannot be used" in ended.err
    assert "canary" not in ended.printed


def test_the_report_of_a_ci_job_is_that_of_the_check(project: Project) -> None:
    applied(project, "a")
    cancelled(project, "a")
    project.run("ci", "drift", exits=2)
    folder = project.root / "jobspec-ci"
    assert "- **cancelled-outside** `a " in (folder / "report.md").read_text(encoding="utf-8")
    assert "JOBSPEC_CHANGES=1\n" in (folder / "outputs.env").read_text(encoding="utf-8")
    project.write("tasks/broken.yaml", "apiVersion: jobspec/v1\nkind: Task\n")
    project.run("ci", "drift", exits=1)
    assert "**unknown:**" in (folder / "report.md").read_text(encoding="utf-8")
    assert not (folder / "drift.json").exists()
