"""Secrets that the platform says back in errors, and in answers that are none."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

from tests.proof.secrets.placement import Placement, Plant, runs, was_sent
from tests.proof.secrets.platform import Reply, Request, ok, refusal
from tests.proof.secrets.world import KEYS, World

SPECIAL = '{}"\\/<&>\n%41 {}'
"""A value that is written differently by everyone who writes it into something."""
ID = "t-20260131010203-00000"

Say = Callable[[str], str]
SAID: dict[str, Say] = {
    "as it is": str,
    "as JSON": json.dumps,
    "as JSON in JSON": lambda value: json.dumps(json.dumps(value)),
    "as Python writes it": repr,
    "percent-encoded": lambda value: quote(value, safe=""),
    "as HTML": html.escape,
    "in base64": lambda value: base64.b64encode(value.encode()).decode(),
    "in hex": lambda value: value.encode().hex(),
    "cut after 20 characters": lambda value: f"{value[:20]}…",
    "in capitals": str.upper,
    "on one line": lambda value: " ".join(value.split()),
    "twice in a row": lambda value: value * 2,
    "just where a message is cut": lambda value: f"{'x ' * 140}{value}",
}


def _secret_in_env(world: World) -> None:
    world.environ["CANARY"] = world.secret
    world.task("env: {T: {secret: {env: CANARY}}}")


def _refused_create(reply: Callable[[str], Reply]) -> Plant:
    """The platform answers the create with the secret in it, in whatever way."""

    def plant(world: World) -> None:
        _secret_in_env(world)
        world.platform.answers["CreateCustomTask"] = lambda _: reply(world.secret)

    return plant


def _spelt() -> Iterator[Placement]:
    for how, say in SAID.items():
        plant = _refused_create(lambda value, say=say: refusal(f"no such value {say(value)} here"))  # type: ignore[misc] # mypy takes no default in a lambda for the callable's
        lines = runs("--debug apply --yes", "apply --yes -o json", exits=1, says="JS520")
        yield Placement(f"an error that says it {how}", plant, lines, was_sent, frame=SPECIAL)


def _with_request_id(value: str) -> Reply:
    return refusal("no", request=value)


def _in_a_header(value: str) -> Reply:
    reply = Reply(400, b"", {"x-tt-logid": value, "X-Echo": value})
    metadata = {"Error": {"Code": "InvalidParameter", "Message": "no"}}
    return Reply(400, json.dumps({"ResponseMetadata": metadata}).encode(), reply.headers)


REFUSED: dict[str, tuple[Callable[[str], Reply], int]] = {
    "in the code of an error": (lambda value: refusal("no", code=f"Invalid.{value}"), 1),
    "in the id of a request": (_with_request_id, 1),
    "in the headers of an answer": (_in_a_header, 1),
    "in an error that is no object": (
        lambda value: Reply(400, json.dumps({"ResponseMetadata": {"Error": value}}).encode()),
        4,
    ),
    "in an error of the platform's own": (lambda value: refusal(value, code="InternalError", status=500), 4),
    "in a refusal for its rate": (lambda value: refusal(value, code="FlowLimitExceeded", status=429), 1),
    "in a page of HTML": (lambda value: Reply(502, f"<html>{value}</html>".encode()), 4),
    "in an answer that is cut off": (
        lambda value: Reply(200, f'{{"ResponseMetadata": {{"{value}'.encode()),
        4,
    ),
    "in an answer that is no JSON": (lambda value: Reply(200, value.encode()), 4),
    "in an answer without a result": (lambda value: ok(None, request_id=value), 4),
    "in the type of an answer": (lambda value: Reply(200, b"x", {"Content-Type": value}), 4),
    "in the encoding of an answer": (lambda value: Reply(200, b"x", {"Content-Encoding": value}), 4),
    "in a redirect": (lambda value: Reply(307, b"", {"Location": f"http://127.0.0.1:1/?token={value}"}), 4),
    "in the reason to wait": (lambda value: Reply(503, b"", {"Retry-After": value}), 4),
    "in the number of an order": (lambda value: ok({"Id": "t-no-such", "OrderNumber": value}), 4),
    "in a header that no server may send": (lambda value: Reply(200, b"", {"Content-Length": value}), 4),
}


def _refused() -> Iterator[Placement]:
    for where, (reply, code) in REFUSED.items():
        lines = runs("--debug apply --yes -o json", "apply --yes", exits=code)
        yield Placement(f"what was sent, {where}", _refused_create(reply), lines, was_sent)


READ = {
    "ListCustomTasks": runs("plan", "--debug status", "task list", exits=1),
    "GetCustomTask": runs(
        f"--debug task get {ID}", f"task cancel {ID} --yes", f"adopt {ID} train --yes", exits=1
    ),
    "GetCustomTaskInstances": runs(f"task instances {ID}", f"task logs {ID}", exits=1),
    "ListCustomTaskTimelines": runs(f"task timeline {ID} -o json", exits=1),
    "UpdateCustomTask": runs(f"task update {ID} --name other --yes", exits=1),
    "StopCustomTask": runs(f"task cancel {ID} --yes -o yaml", exits=1),
    "DeleteCustomTask": runs(f"task delete {ID} --yes", f"task delete {ID} --yes -o yaml", exits=1),
}


def _keys_in_error(action: str) -> Plant:
    """An error that says the account's own keys, as an answer to a wrong signature may."""
    said = " ".join(f"{name}={key.value}" for name, key in KEYS.items())

    def plant(world: World) -> None:
        world.platform.state = "Success" if action.startswith("Delete") else "Running"
        world.platform.add("else")
        world.platform.answers[action] = lambda _: refusal(
            f"the canonical string was {said} {json.dumps(said)}", code="SignatureDoesNotMatch", status=403
        )

    return plant


def _of_keys() -> Iterator[Placement]:
    for action, lines in READ.items():
        yield Placement(f"the account's keys in an error of {action}", _keys_in_error(action), lines)
    doctor = runs("doctor", "doctor -o json", "--debug doctor", exits=1, says="SignatureDoesNotMatch")
    yield Placement("the account's keys in what a doctor is told", _keys_in_error("ListCustomTasks"), doctor)


def _after_the_create(action: str) -> Plant:
    """The create works; a later answer in the same command says what was in it."""

    def plant(world: World) -> None:
        _secret_in_env(world)

        def answer(request: Request) -> Reply:
            if world.platform.created():
                return refusal(f"the variable T={world.secret} is not allowed")
            return world.platform.own_answer(request)

        world.platform.answers[action] = answer

    return plant


LATER = (
    Placement(
        "what was sent, in an error of the get that follows",
        _after_the_create("GetCustomTask"),
        runs("--debug apply --yes", "apply --yes -o json"),
        was_sent,
    ),
    Placement(
        "what was sent, in an error of the list that follows",
        _after_the_create("ListCustomTasks"),
        runs("--debug apply --yes -o json", says="submitted"),
        was_sent,
    ),
    Placement(
        "what was sent, in an error while it is waited for",
        _after_the_create("ListCustomTasks"),
        runs("apply --yes --wait", exits=1, says="JS520"),
        was_sent,
    ),
)

SHORT = Placement(
    "an error that says a secret as short as a word",
    _refused_create(lambda value: refusal(f"no such value {value} here")),
    runs("apply --yes", exits=1, says="JS520"),
    was_sent,
    frame="q%7Zx!K",
    shown=("stdout",),
    why="docs/commands.md: a secret of 8 characters or more is masked wherever a text repeats it",
)
TABLE = (SHORT, *_spelt(), *_refused(), *_of_keys(), *LATER)
