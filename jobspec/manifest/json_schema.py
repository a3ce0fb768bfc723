"""Generate the JSON Schemas of the manifests from the models, for editors. Pure.

A schema describes documents as they are written: null means "not given", and `${{ … }}` may replace any
value. Otherwise it accepts the same documents as the models.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from jobspec.manifest.configuration import ConfigurationDocument
from jobspec.manifest.schema.project import ProjectDocument
from jobspec.manifest.schema.task_model import TaskDocument
from jobspec.manifest.schema.task_set import TaskSetDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.manifest.schema.scalars import Model

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXPRESSION = r"\$\{\{([^}]|\}[^}])*\}\}"
WHOLE_EXPRESSION = f"^{_EXPRESSION}$"
ANY_EXPRESSION = _EXPRESSION
EXPRESSION_TEXT = {"type": "string", "pattern": WHOLE_EXPRESSION}
EMBEDDED_TEXT = {"type": "string", "pattern": ANY_EXPRESSION}
_OF_A_MODEL = re.compile(r'Model"')
"""The end of the name of a model whose value class has the name in the schemas, such as `Limits`."""
_ANNOTATIONS = ("description", "default", "examples")
_TEXT_RULES = ("pattern", "enum", "const", "minLength", "maxLength")
_WITH_NULLS = ("env", "templates")
"""Maps with user-defined keys, of which null removes an inherited one."""
_NEVER_EXPRESSIONS = frozenset({"apiVersion", "kind"})


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each file in `schemas/` that describes user-written files, by file name."""
    task = _document_schema(TaskDocument, "task", "jobspec task")
    project = _document_schema(ProjectDocument, "project", "jobspec project")
    task_set = _document_schema(TaskSetDocument, "taskset", "jobspec task set")
    return {
        "task.v1.json": task,
        "taskset.v1.json": task_set,
        "project.v1.json": project,
        "manifest.v1.json": _either({"Task": task, "TaskSet": task_set, "Project": project}),
        "config.v1.json": _configuration_schema(),
    }


def _configuration_schema() -> dict[str, Any]:
    """Return the schema of a configuration file, which supports neither expressions nor null."""
    raw = ConfigurationDocument.model_json_schema(by_alias=True, mode="validation")
    notes = ("description", "examples")
    return {
        "$schema": DIALECT,
        "$id": "urn:jobspec:config.v1",
        "title": "jobspec configuration",
        "description": raw["description"],
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {**{key: value[key] for key in notes}, **_branches(value)[0]}
            for name, value in raw["properties"].items()
        },
    }


def _document_schema(model: type[Model], name: str, title: str) -> dict[str, Any]:
    generated = model.model_json_schema(by_alias=True, mode="validation", ref_template="#/$defs/{model}")
    raw = json.loads(_OF_A_MODEL.sub('"', json.dumps(generated)))
    definitions = raw.pop("$defs", {})
    root = _object(raw)
    return {
        "$schema": DIALECT,
        "$id": f"urn:jobspec:{name}.v1",
        "title": title,
        **{key: value for key, value in root.items() if key != "title"},
        "$defs": {key: _object(value) for key, value in sorted(definitions.items())},
    }


def _either(documents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return one schema for all kinds, distinguished by `kind`: the one to configure in an editor."""
    definitions: dict[str, Any] = {}
    branches = []
    for kind, document in documents.items():
        definitions |= document["$defs"]
        own = {key: value for key, value in document.items() if key not in ("$schema", "$id", "$defs")}
        definitions[f"{kind}Manifest"] = own
        branches.append({"$ref": f"#/$defs/{kind}Manifest"})
    return {
        "$schema": DIALECT,
        "$id": "urn:jobspec:manifest.v1",
        "title": "jobspec manifest",
        "description": "A manifest of any kind.",
        "oneOf": branches,
        "$defs": dict(sorted(definitions.items())),
    }


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a model's schema that also accepts null and expressions, with its keys in our order."""
    schema = {key: value for key, value in schema.items() if key != "title"}
    if schema.get("type") != "object" or "properties" not in schema:
        return _value(schema)
    required = set(schema.get("required", ()))
    schema["properties"] = {
        name: _property(name, value, required=name in required)
        for name, value in schema["properties"].items()
    }
    return schema


def _property(name: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    schema = deepcopy(schema)
    notes = {key: schema.pop(key) for key in _ANNOTATIONS if key in schema}
    if not isinstance(notes.get("default"), (str, int, float)):
        notes.pop("default", None)  # null means "not given", and an empty map or list carries no information
    if name in _NEVER_EXPRESSIONS:
        return notes | _branches(schema)[0]
    value = _value(schema)
    if name in _WITH_NULLS and "patternProperties" in schema:
        value = _with_null_values(value)
    return notes | (value if required else _or_null(value))


def _with_null_values(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a map, or of an expression for one, in which null removes an inherited key."""
    if "anyOf" in schema:
        return {"anyOf": [_with_null_values(branch) for branch in schema["anyOf"]]}
    patterns = schema.get("patternProperties")
    if patterns is None:
        return schema
    return {**schema, "patternProperties": {name: _or_null(value) for name, value in patterns.items()}}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    branches = schema.get("anyOf")
    if not schema:
        return schema
    if branches is not None and set(schema) == {"anyOf"}:
        return schema if {"type": "null"} in branches else {"anyOf": [*branches, {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}


def _value(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that an expression may replace."""
    branches = _with_expression([_inside(branch) for branch in _branches(schema)])
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _branches(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the alternatives of a schema, including those of nested unions."""
    union = schema.get("anyOf") or ("properties" not in schema and schema.get("oneOf")) or None
    if union is None:
        return [{key: value for key, value in schema.items() if key not in ("title", "discriminator")}]
    return [inner for branch in union for inner in _branches(branch)]


def _with_expression(branches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if any(not branch or _is_free_text(branch) for branch in branches):
        return branches
    has_text = any(branch.get("type") == "string" for branch in branches)
    return [*branches, EMBEDDED_TEXT if has_text else EXPRESSION_TEXT]


def _is_free_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and not any(rule in schema for rule in _TEXT_RULES)


def _inside(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with its items and values treated as values, and no other keys allowed."""
    schema = dict(schema)
    if isinstance(schema.get("items"), dict):
        schema["items"] = _value(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        schema["additionalProperties"] = _value(schema["additionalProperties"])
    if "patternProperties" in schema:
        patterns = schema["patternProperties"]
        schema["patternProperties"] = {pattern: _value(value) for pattern, value in patterns.items()}
        schema["additionalProperties"] = False
    return schema
