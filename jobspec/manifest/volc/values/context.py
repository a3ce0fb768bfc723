"""Read the values of a task, with placeholders and credentials taken out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from jobspec.manifest.schema.limits import MAX_INTEGER
from jobspec.manifest.schema.units import UNITS
from jobspec.manifest.volc.building import map_of, reference, value_at
from jobspec.manifest.volc.findings import REFERENCE, VARIABLE, Findings
from jobspec.manifest.volc.given import is_empty, is_null
from jobspec.manifest.volc.names import Kind
from jobspec.manifest.volc.values.credentials import is_secret_default, repeats
from jobspec.manifest.volc.values.secret_names import SecretNames
from jobspec.manifest.volc.values.variables import (
    Variable,
    Variables,
    Where,
    default_of,
    free_literal,
    is_whole,
    literal,
    plain_value,
    replaced,
    source_of,
    without_default,
)
from jobspec.manifest.yaml.tree import Mapping, Node, Scalar, Sequence
from jobspec.quoting import quote
from jobspec.redaction.masking import MASK

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Map

    from jobspec.diagnostics import Place
    from jobspec.manifest.yaml.tree import ScalarValue

_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_GO_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhd])+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_OCTAL = re.compile(r"[-+]?0[0-9]*[1-9][0-9]*")
_MAX_UNITS = 999_999
_WHERE = {Kind.COMMAND: Where.COMMAND, Kind.PROSE: Where.ENV}
_SAMPLES: Map[Kind, ScalarValue] = {
    Kind.WHOLE: 2,
    Kind.NUMBER: 0.5,
    Kind.TRUTH: False,
    Kind.DURATION: "1h",
    Kind.DEADLINE: "1h",
}


class Context(Struct):
    """What the tasks of one conversion share."""

    findings: Findings = field(default_factory=Findings)
    variables: Variables = field(default_factory=Variables)
    secrets: SecretNames = field(default_factory=SecretNames)
    open_places: set[Place] = field(default_factory=set)
    """Where variables without a value are used."""

    def convert(self, node: Node, kind: Kind) -> Node | None:
        """Return a value as a manifest has it; None if it is empty and that means not given."""
        if kind in (Kind.WORDS, Kind.ANY_WORDS):
            return self._words(node, kind)
        if not isinstance(node, Scalar):
            return self.verbatim(node)  # reported when the whole manifest is checked
        if node.text == "" and kind not in (Kind.ANY_TEXT, Kind.ANY_WORDS):
            return None
        if kind in _WHERE:
            return self.text(node, _WHERE[kind])
        return self._value(node, kind)

    def _words(self, node: Node, kind: Kind) -> Node | None:
        if not isinstance(node, Sequence):
            return None if is_empty(node) else self.verbatim(node)
        items = [item for item in node.items if not is_null(item)]
        if kind is Kind.WORDS:
            items = [item for item in items if not is_empty(item)]
        if not items:
            return None
        return Sequence(
            tuple(self.convert(item, Kind.ANY_TEXT) or self.verbatim(item) for item in items), node.at
        )

    def _value(self, node: Scalar, kind: Kind) -> Node:
        typed = _TYPED.get(kind)
        if typed is None:
            return self.text(node)
        match = is_whole(node.text)
        if not node.style and _OCTAL.fullmatch(node.text):
            self.findings.lose(
                node,
                f"{quote(node.text)} is an octal number for some programs, and a decimal one for others",
                "Write it without the zero at its start.",
            )
        if match is None:
            value = typed(node.text)
            return value_at(literal(value) if isinstance(value, str) else value, node.at)
        return value_at(self._refer(match, node, typed, _SAMPLES[kind]), node.at)

    def text(self, node: Scalar, where: Where = Where.VALUE) -> Scalar:
        """Return a text with an expression for each placeholder."""
        return self._replaced(node, where, literal if where is Where.VALUE else free_literal)

    def value_of(self, node: Scalar, *, is_private: bool) -> Node:
        """Return the value of a variable with an expression for each placeholder."""
        value = self._replaced(node, Where.ENV, literal if is_private else free_literal)
        if not is_private:
            return value
        return map_of({"value": value, "private": value_at(value=True, at=node.at)}, node.at)

    def _replaced(self, node: Scalar, where: Where, written: Callable[[str], str]) -> Scalar:
        def refer(match: re.Match[str]) -> str:
            return self._refer(match, node, str, "x")

        return value_at(replaced(node.text, refer, where, written), node.at)

    def _refer(
        self,
        match: re.Match[str],
        at: Scalar,
        typed: Callable[[str], ScalarValue],
        sample: ScalarValue,
    ) -> str:
        default = default_of(match)
        if default and self._is_credential(source_of(match), default, at):
            self._refuse_default(match, default, at)
            match = without_default(match)
        variable = self.variables.refer(match, typed, sample)
        if not variable.is_set:
            self.open_places.add(at.at.place)
        self._report(variable, match[0], at)
        return variable.expression

    def _is_credential(self, name: str, default: str, at: Scalar) -> bool:
        known = self.findings.credentials
        return default in known or repeats(default, known) or is_secret_default(name, default, at.text)

    def _refuse_default(self, match: re.Match[str], default: str, at: Scalar) -> None:
        self.findings.hide_part(at, default)
        shown = match[0].replace(default, MASK)
        self.findings.lose(
            at,
            f"the default of {quote(shown)} is a credential",
            "Remove the default, or put the whole value in a variable of `Envs` with `IsPrivate: true`.",
            label="contains a credential",
        )

    def _report(self, variable: Variable, placeholder: str, at: Scalar) -> None:
        name = variable.name
        if variable.is_set:
            help_ = f"Its value in `jobspec.yaml` is {quote(variable.value)}."
        elif variable.is_of_project:
            help_ = f"The project already sets {quote(name)}. Check that this is the value you want."
        else:
            help_ = (
                f"Set {quote(f'spec.vars.{name}')} in `jobspec.yaml`. jobspec refuses the project until it "
                "is set."
            )
        self.findings.warn(
            VARIABLE, at, f"{quote(placeholder)} becomes the variable {quote(name)} of the project", help_
        )

    def secret(self, variable: str, at: Scalar, what: str, *, value: str | None = None) -> Mapping:
        """Return a reference in place of a credential, which is hidden, and a warning with its variable."""
        self.findings.hide(at)
        name = self.secrets.name_of(variable, at.text if value is None else value)
        self.findings.warn(
            REFERENCE,
            at,
            f"{what} becomes a reference to the environment variable {quote(name)}",
            f"Set {quote(name)} where jobspec runs, and replace the credential: it was in a file.",
            label="looks like a credential",
        )
        return reference(name, at.at)

    def verbatim(self, node: Node) -> Node:
        """Return any value as a tree that means the same in a manifest."""
        if isinstance(node, Mapping):
            entries = {name: (key, self.verbatim(value)) for name, (key, value) in node.entries.items()}
            return Mapping(entries, node.at)
        if isinstance(node, Sequence):
            return Sequence(tuple(self.verbatim(item) for item in node.items), node.at)
        if not isinstance(node.value, str):
            return value_at(node.value, node.at)
        match = is_whole(node.text)
        if match:
            return value_at(self._refer(match, node, plain_value, "x"), node.at)
        return self.text(node)


def _whole(text: str) -> ScalarValue:
    whole, point, fraction = text.strip().partition(".")
    return int(whole) if _INTEGER.fullmatch(whole) and not (point and fraction.strip("0")) else text


def _number(text: str) -> ScalarValue:
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped):
        return int(stripped)
    return float(stripped) if _NUMBER.fullmatch(stripped) else text


def _truth(text: str) -> ScalarValue:
    return _TRUTH.get(text.strip().lower(), text)


def _duration(text: str) -> ScalarValue:
    seconds = _seconds(text.strip().lower())
    if seconds is None:
        return text
    for unit, size in (("h", 3600), ("m", 60), ("s", 1), ("d", 86400)):
        if seconds % size == 0 and seconds // size <= _MAX_UNITS and (seconds or unit == "s"):
            return f"{seconds // size}{unit}"
    return seconds


def _deadline(text: str) -> ScalarValue:
    duration = _duration(text)
    return "none" if duration == "0s" else duration


def _seconds(text: str) -> int | None:
    whole = _whole(text)
    if isinstance(whole, int):
        return whole if whole >= 0 else None
    if not _GO_DURATION.fullmatch(text):
        return None
    total = sum(float(amount) * UNITS[unit] for amount, unit in _PART.findall(text))
    return int(total) if total == int(total) and total < MAX_INTEGER else None


_TYPED: Map[Kind, Callable[[str], ScalarValue]] = {
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.TRUTH: _truth,
    Kind.DURATION: _duration,
    Kind.DEADLINE: _deadline,
}
