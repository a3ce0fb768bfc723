"""What is reported about the files: what is lost, what became a reference or a variable. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.validate.plaintext_credentials import Plaintext
from jobspec.quoting import quote

if TYPE_CHECKING:
    from jobspec.manifest.yaml.tree import Node, Scalar

LOST = "JS360"
REFERENCE = "JS361"
VARIABLE = "JS362"
CHANGED = "JS363"
NO_TASK = "JS364"


class Findings(Struct):
    """Collects the problems of a conversion, and the credentials that no excerpt may show."""

    problems: list[Diagnostic] = field(default_factory=list)
    plaintext: list[Plaintext] = field(default_factory=list)
    credentials: set[str] = field(default_factory=set)
    """Known credentials, which no other part of a manifest may repeat."""

    def lose(self, at: Node, message: str, help_: str, *, label: str = "not carried over") -> None:
        """Report a part of a task that no manifest can express."""
        self.problems.append(Diagnostic(LOST, message, place=at.at.place, label=label, help=help_))

    def refuse(self, at: Node, message: str, help_: str) -> None:
        """Report a document that cannot be converted at all."""
        self.problems.append(Diagnostic(NO_TASK, message, place=at.at.place, help=help_))

    def warn(self, code: str, at: Node, message: str, help_: str, *, label: str = "") -> None:
        """Report what a person should check."""
        self.problems.append(
            Diagnostic(code, message, place=at.at.place, label=label, help=help_, severity=Severity.WARNING)
        )

    def conflict(self, other: Scalar, first: Scalar) -> None:
        """Report a field that is given twice, with two values."""
        self.lose(
            other,
            f"{quote(other.text)} is the same field as {quote(first.text)}, with another value",
            "Remove one of the two.",
        )

    def hide(self, node: Scalar) -> None:
        """Hide the text of a scalar in excerpts and messages."""
        if node.text:
            self.plaintext.append(Plaintext("", node, node.text, "a credential", is_problem=False))

    def hide_part(self, node: Scalar, secret: str) -> None:
        """Hide a part of a scalar's text in excerpts and messages."""
        self.plaintext.append(Plaintext("", node, secret, "a credential", is_problem=False))
