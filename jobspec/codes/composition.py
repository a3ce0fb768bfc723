"""JS37x: composing tasks from templates and other layers."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS370",
        "unknown template",
        (
            "`extends` names templates of the project, which are in `spec.templates` of the project file, or "
            "in the `templates` of the selected environment."
        ),
        "extends: [bsae]",
        "Correct the name, or add the template to the project file.",
    ),
    DiagnosticCode(
        "JS371",
        "templates that extend each other",
        "A template cannot extend itself, directly or through others, or others through more than 50 levels.",
        "templates: {a: {extends: b}, b: {extends: a}}",
        "Remove one of the names from its `extends`.",
    ),
    DiagnosticCode(
        "JS372",
        "`remove` with other fields",
        (
            "An item of `roles`, `storages`, `diagnostics` or `services` with `remove: true` removes the "
            "inherited item with the same key, so that other fields have no effect."
        ),
        "roles: [{name: ps, remove: true, replicas: 2}]",
        "Remove the other fields, or `remove`.",
    ),
    DiagnosticCode(
        "JS373",
        "`remove` without an inherited item",
        (
            "An item of a task with `remove: true` removes the item with the same key from the defaults and "
            "templates below it. None of them has it. In a template, such an item is allowed, because only "
            "some of its tasks may inherit the item."
        ),
        "roles: [{name: pss, remove: true}]",
        "Correct the key, or remove the item.",
    ),
)
