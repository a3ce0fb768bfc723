"""Keep one comment of a job on a pull or merge request up to date: a generator of requests. Pure.

Only comments of our own account count, and only the marker in their last line: anyone can write a marker
into another place. An older run never overwrites the comment of a newer one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from jobspec.bounded_json import parse
from jobspec.cloud.connection.web import WebAnswer, WebRequest

if TYPE_CHECKING:
    from jobspec.workflow.ci.job import CommentApi

_PAGE = 100
_MOST_PAGES = 100
_MARKER = re.compile(
    r"<!-- jobspec job=(?P<key>[0-9a-f]+) run=(?P<run>[0-9]{1,20})\.(?P<attempt>[0-9]{1,20}) -->"
)


class Posted(Struct, frozen=True):
    """What became of the comment: `problem` is empty if everything is as it should be."""

    done: str
    problem: str = ""


class _Comment(Struct, frozen=True):
    id: int
    key: str
    run: tuple[int, int]


class _Refused(Exception):
    """The code host did not do what was requested."""


class _NotPermitted(_Refused):
    """The token lacks the permission."""


def marker(key: str, run: tuple[int, int]) -> str:
    """Return the invisible last line of a comment: the job that owns it, and the run that wrote it."""
    return f"<!-- jobspec job={key} run={run[0]}.{run[1]} -->"


def post(api: CommentApi, body: str, *, creates: bool) -> Generator[WebRequest, WebAnswer, Posted]:
    """Yield the requests that make the comment of the body's marker equal to the body.

    Without `creates`, an existing comment is updated, but none is made.
    """
    try:
        return (yield from _post(api, body, creates=creates))
    except _Refused as refused:
        return Posted("", str(refused))


def _post(api: CommentApi, body: str, *, creates: bool) -> Generator[WebRequest, WebAnswer, Posted]:
    mine = _marker_of(body)
    if mine is None:
        raise ValueError("the body has no marker")
    author = yield from _own_login(api)
    found = yield from _own_comments(api, author, mine["key"])
    text = json.dumps({"body": body}).encode()
    if not found:
        if not creates:
            return Posted("there is no comment to update")
        yield from _sent(api, "POST", api.list_url, text)
        return Posted("commented")
    oldest = min(found, key=lambda one: one.id)
    if oldest.run > (int(mine["run"]), int(mine["attempt"])):
        return Posted("", "a newer run has already updated the comment")
    yield from _sent(api, api.edit_method, f"{api.edit_url}/{oldest.id}", text)
    return Posted("updated the comment")


def _own_login(api: CommentApi) -> Generator[WebRequest, WebAnswer, str]:
    """Return the login of the token's account; the known one if the token may not read it, as an app's."""
    if not api.user_url:
        return api.author
    try:
        found = yield from _read(api, api.user_url)
    except _NotPermitted:
        if api.author:
            return api.author
        raise
    login = found.get(api.login_key) if isinstance(found, dict) else None
    login = login or api.author
    if not isinstance(login, str) or not login:
        raise _Refused("the code host returned no account name for the token")
    return login


def _own_comments(api: CommentApi, author: str, key: str) -> Generator[WebRequest, WebAnswer, list[_Comment]]:
    """Return the comments of one account with one key, of all pages."""
    own: list[_Comment] = []
    for page in range(1, _MOST_PAGES + 1):
        found = yield from _read(api, f"{api.list_url}?per_page={_PAGE}&page={page}")
        if not isinstance(found, list):
            raise _Refused("the list of comments is not a list")
        own += [one for one in (_comment(api, each, author) for each in found) if one and one.key == key]
        if len(found) < _PAGE:
            return own
    raise _Refused(f"there are more than {_PAGE * _MOST_PAGES:,} comments")


def _comment(api: CommentApi, found: Any, author: str) -> _Comment | None:
    if not isinstance(found, dict) or not isinstance(found.get("body"), str):
        return None
    user, marked = found.get(api.author_key), _marker_of(found["body"])
    is_own = isinstance(user, dict) and user.get(api.login_key) == author
    if not is_own or marked is None or type(found.get("id")) is not int:
        return None
    return _Comment(found["id"], marked["key"], (int(marked["run"]), int(marked["attempt"])))


def _marker_of(body: str) -> re.Match[str] | None:
    lines = body.rstrip().splitlines()
    return _MARKER.fullmatch(lines[-1].strip()) if lines else None


def _read(api: CommentApi, url: str) -> Generator[WebRequest, WebAnswer, Any]:
    data = yield from _sent(api, "GET", url)
    try:
        return parse(data)
    except ValueError:
        raise _Refused("the answer of the code host is not JSON") from None


def _sent(
    api: CommentApi, method: str, url: str, body: bytes = b""
) -> Generator[WebRequest, WebAnswer, bytes]:
    headers = {**api.headers, "Content-Type": "application/json", "User-Agent": "jobspec"}
    answer = yield WebRequest(method, url, headers, body)
    if answer.status in (200, 201):
        return answer.body
    if answer.status in (401, 403, 404):
        raise _NotPermitted(f"the token lacks the permission (HTTP {answer.status})")
    raise _Refused(f"HTTP {answer.status}" if answer.status else answer.problem)
