"""JS38x: what a manifest may say about the order between tasks."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS380",
        "unknown task or set in `dependsOn`",
        (
            "`lifecycle.dependsOn` names tasks of the same scope, and sets as `set/NAME`. A name that is not "
            "declared never succeeds, so the task never starts. A task that only another "
            "environment declares is not declared here."
        ),
        "lifecycle: {dependsOn: [prepair, set/sweep]}",
        "Correct the name, declare the task, or remove the entry.",
    ),
    DiagnosticCode(
        "JS381",
        "task that depends on itself",
        "A task is submitted after its dependencies have ended, so it can never wait for itself.",
        "metadata: {name: train}\nlifecycle: {dependsOn: [train]}",
        "Remove the entry.",
    ),
    DiagnosticCode(
        "JS382",
        "circle of dependencies",
        (
            "Each task of the circle waits for the next one, so none of them could ever start. A set waits "
            "for its members, and each member waits for what the set's template depends on."
        ),
        "metadata: {name: a}\nlifecycle: {dependsOn: [b]}\n---\n"
        "metadata: {name: b}\nlifecycle: {dependsOn: [a]}",
        "Remove one of the entries that the message lists.",
    ),
    DiagnosticCode(
        "JS383",
        "`rerunOn` names what the task does not depend on",
        (
            "`lifecycle.rerunOn` selects entries of `lifecycle.dependsOn` whose changed spec triggers one "
            "more run. Without the dependency, that run could start before the changed task has succeeded."
        ),
        "lifecycle: {dependsOn: [prepare], rerunOn: [prepare, extract]}",
        "Add the name to `dependsOn`, or remove it from `rerunOn`.",
    ),
)
