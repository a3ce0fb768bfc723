"""What a command lets out, by sink, and the search for canaries in it."""

from __future__ import annotations

import gc
import json
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.proof.secrets.canary import Canary
    from tests.proof.secrets.platform import Request

SINKS = (
    "stdout",
    "stderr",
    "files",
    "names of files",
    "request lines",
    "headers",
    "tags, name and description",
    "the rest of a request",
    "log",
    "warnings",
    "exceptions",
    "values",
)
_CARRIES_KEYS = frozenset({"authorization", "x-security-token", "proxy-authorization"})
_LABELS = ("Name", "Description", "Tags")
_MOST_FOLLOWED = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """A canary that was found: in which sink, and what stands around it."""

    sink: str
    around: str


@dataclass(slots=True)
class Evidence:
    """Everything that was let out, by sink."""

    found: defaultdict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def add(self, sink: str, what: str | bytes) -> None:
        assert sink in SINKS
        data = what.encode("utf-8", "surrogatepass") if isinstance(what, str) else what
        if data not in self.found[sink][-50:]:
            self.found[sink].append(data)

    def hits(self, canaries: Iterable[Canary]) -> list[Hit]:
        """Where any of the canaries is, in any of its forms; the first place of each sink."""
        needles = sorted(
            {needle for canary in canaries for needle in canary.needles()}, key=len, reverse=True
        )
        return [hit for sink, parts in self.found.items() if (hit := _first(sink, parts, needles))]


def _first(sink: str, parts: list[bytes], needles: list[bytes]) -> Hit | None:
    whole = b"\0".join(parts)
    lowered = whole.lower()
    for needle in needles:
        at = lowered.find(needle)
        if at >= 0:
            around = whole[max(0, at - 80) : at + len(needle) + 80]
            return Hit(sink, f"{needle!r} in {around!r}")
    return None


def note_request(evidence: Evidence, request: Request) -> None:
    """A request, but for where a secret has to be: the values of secrets, and what carries the keys."""
    evidence.add("request lines", request.line)
    for name, value in request.headers.items():
        if name not in _CARRIES_KEYS:
            evidence.add("headers", f"{name}: {value}")
    if request.body:
        body = request.json
        evidence.add("tags, name and description", _text({key: body.get(key) for key in _LABELS}))
        evidence.add("the rest of a request", _text(_without_secrets(body)))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _without_secrets(body: dict[str, object]) -> dict[str, object]:
    rest = {key: value for key, value in body.items() if key not in {"Credential", *_LABELS}}
    envs, image = body.get("Envs"), body.get("ImageSpec")
    if isinstance(envs, list):
        rest["Envs"] = [{**env, "Value": ""} if env.get("IsPrivate") else env for env in envs]
    if isinstance(image, dict):
        login = {**image.get("Credential", {}), "RegistryToken": ""}
        rest["ImageSpec"] = {**image, "Credential": login}
    return rest


def note_files(evidence: Evidence, folders: Iterable[Path], inputs: dict[Path, bytes]) -> None:
    """Every file and folder; of the inputs only what was made of them."""
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if path not in inputs:
            evidence.add("names of files", str(path))
        if path.is_file() and not path.is_symlink():
            try:
                content = path.read_bytes()
            except OSError:  # written and removed at this very moment, or not readable to anybody
                continue
            if inputs.get(path) != content:
                evidence.add("files", content.replace(inputs.get(path, b""), b""))


def note_values(evidence: Evidence) -> None:
    """Every living value of the product, as a debugger or a careless log line would write it."""
    for value in _living():
        try:
            evidence.add("values", f"{value!r} {value!s}")
        except (
            ValueError,
            TypeError,
            AttributeError,
            RuntimeError,
        ):  # half made, or changed by another thread
            continue


def _living() -> Iterator[object]:
    for value in gc.get_objects():
        module = getattr(type(value), "__module__", "")
        if isinstance(module, str) and module.startswith("jobspec.") and not isinstance(value, type):
            yield value


def note_exception(evidence: Evidence, error: BaseException) -> None:
    """An exception, and all that is chained to it, as any reporter of errors might tell it."""
    evidence.add("exceptions", "".join(traceback.format_exception(error)))
    waiting: list[BaseException | None] = [error]
    seen: list[BaseException] = []
    while waiting and len(seen) < _MOST_FOLLOWED:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        told = (repr(one), str(one), repr(one.args), repr(vars(one)))
        evidence.add("exceptions", " ".join(told))
        waiting += [one.__cause__, one.__context__]
