"""Document every field, from the models: for `docs/manifest-reference.md` and `explain`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.schema.fields import FieldHelp, all_fields
from jobspec.manifest.schema.fields import explain_field as find_field
from jobspec.manifest.schema.project import ProjectDocument
from jobspec.manifest.schema.task_model import MergedTask, TaskDocument
from jobspec.manifest.schema.task_set import TaskSetDocument
from jobspec.manifest.validate.wording import flow

if TYPE_CHECKING:
    from jobspec.manifest.schema.scalars import Model

KINDS: dict[str, type[Model]] = {
    "Task": MergedTask,
    "Project": ProjectDocument,
    "TaskSet": TaskSetDocument,
}
_ABOUT = {kind: (model.__doc__ or "").strip() for kind, model in {**KINDS, "Task": TaskDocument}.items()}
_VALUES = (
    "**Expressions.** `${{ vars.NAME }}`, `${{ scope.project }}` and `${{ scope.environment }}` are "
    "expanded in every text of a manifest and of a project, including `vars`. Keys, the names of projects "
    "and environments, and `allowPlaintext` cannot contain expressions. A value that is a single expression "
    "keeps its type; in "
    'quotes it becomes text where the field takes text: `LR: "${{ vars.lr }}"`. `$${{` is a literal `${{`.',
    "**Placeholders.** The shell expands `$VAR` in `entrypoint`, in `args`, and in values of `env` that it "
    "evaluates. Elsewhere `$VAR`, `${VAR}` and `$(VAR)` are errors, and `$$VAR` is a literal `$VAR`.",
    "**Null.** `null` removes what a task or an environment inherits: a field, a variable of `env`, all of "
    "`spec` or `lifecycle`.",
)
_SHARED = (
    "spec.defaults.spec.",
    "spec.defaults.lifecycle.",
    "spec.environments.NAME.defaults.",
    "spec.environments.NAME.templates.",
    "spec.templates.NAME.spec.",
    "spec.templates.NAME.lifecycle.",
    "spec.environments.NAME.limits.",
    "spec.environments.NAME.platform.",
    "spec.template.spec.",
    "spec.template.lifecycle.",
)
"""Maps of a project or a set whose fields are documented elsewhere."""


def explain_field(path: str) -> FieldHelp | None:
    """Return the documentation of a field such as `spec.roles.replicas`; task fields take precedence."""
    return next((found for model in KINDS.values() if (found := find_field(model, path))), None)


def fields_below(path: str) -> tuple[FieldHelp, ...]:
    """Return the fields directly inside a map such as `spec.roles`; task fields take precedence."""
    for model in KINDS.values():
        below = tuple(
            field
            for field in all_fields(model)
            if field.path.rpartition(".")[0].removesuffix(".NAME") == path.removesuffix(".NAME")
        )
        if below:
            return below
    return ()


def field_names() -> tuple[str, ...]:
    """Return every path that `explain_field` accepts, for suggestions and completion."""
    return tuple(dict.fromkeys(field.path for model in KINDS.values() for field in all_fields(model)))


def field_page(path: str) -> str | None:
    """Return the documentation of a field and of the fields inside it, for a terminal; None if unknown."""
    field, inside = explain_field(path), fields_below(path)
    if field is None and not inside:
        return None
    text = _field_text(field) if field else f"{path}\n"
    lines = [f"  {child.path.rpartition('.')[2]}: {child.type}" for child in inside]
    return text + ("\nfields:\n" + "\n".join(lines) + "\n" if lines else "")


def _field_text(field: FieldHelp) -> str:
    lines = [f"{field.path}: {field.type}", "", field.description, ""]
    lines += [f"{name + ':':<10}{value}" for name, value in _facts(field)]
    return "\n".join(lines).rstrip() + "\n"


def _facts(field: FieldHelp) -> list[tuple[str, str]]:
    facts = [("required", "yes" if field.required else "no")]
    if field.default not in (None, "", ()):
        facts.append(("default", flow(field.default)))
    if field.unit:
        facts.append(("unit", field.unit))
    name = field.path.rpartition(".")[2]
    facts += [("example", f"{name}: {flow(example)}") for example in field.examples]
    return facts


def manifest_reference() -> str:
    """Return the whole reference as a Markdown page."""
    parts = [
        "# Manifest reference",
        "Generated from the models. `jobspec explain spec.roles.replicas` prints the entry of one field.",
        *_VALUES,
    ]
    for kind, model in KINDS.items():
        fields = [field for field in all_fields(model) if not field.path.startswith(_SHARED)]
        parts += [f"## {kind}", _ABOUT[kind], _table(fields)]
    return "\n\n".join(parts) + "\n"


def _table(fields: list[FieldHelp]) -> str:
    head = "| field | type | default | meaning | example |\n|---|---|---|---|---|"
    return "\n".join([head, *(_row(field) for field in fields)])


def _row(field: FieldHelp) -> str:
    facts = dict(_facts(field))
    default = "required" if field.required else facts.get("default", "")
    example = f"`{flow(field.examples[0])}`" if field.examples else ""
    cells = (f"`{field.path}`", field.type, default, field.description, example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
