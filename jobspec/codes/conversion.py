"""JS36x: what `jobspec convert` reports about the vendor's task files."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS360",
        "a part of a task cannot be converted",
        (
            "A manifest has no field for this part of a task file, or must not contain it. Nothing is "
            "written, because the converted task would not be the same task."
        ),
        "Envs:\n  - {Name: A, Value: x, Scope: all}",
        "Change the file, or convert the rest of it with `--lossy`.",
    ),
    DiagnosticCode(
        "JS361",
        "a credential became a reference",
        (
            "A manifest must not contain a credential. The converted manifest refers to an environment "
            "variable, which is read when the task is submitted. Keys of the user's own account, such as "
            "`VOLC_SECRETKEY`, are refused as secrets of a task, so the variable has another name, such as "
            "`TASK_VOLC_SECRETKEY`. Inside the task, the name is the same as before."
        ),
        "Envs:\n  - {Name: VOLC_SECRETKEY, Value: …}",
        "Set the variable where jobspec runs. Replace the credential if others could read the file.",
    ),
    DiagnosticCode(
        "JS362",
        "a placeholder became a variable",
        (
            "A template, such as `<QUEUE_ID>` or `${QUEUE:-q-1}`, is filled in by another program. The "
            "converted manifest has a variable of the project in its place. In a command, `${VAR}` is "
            "not changed, because the shell expands it. A variable that the project already has is used "
            "only if its value is the same."
        ),
        "ResourceQueueID: <QUEUE_ID>",
        "If the placeholder has no default, set the variable in `spec.vars` of the project file. Until "
        "then, jobspec refuses the project.",
    ),
    DiagnosticCode(
        "JS363",
        "check a part of a converted task",
        (
            "The converted manifest means the same as the file, but a person should look at this part: a "
            "field without a name in a manifest, a queue that is given twice, local code, pages of a list "
            "that are missing, or a comment that is left out because it may contain a credential."
        ),
        "ResourceQueueID: q-1\nResourceQueueName: vision",
        "Follow the help line of the warning.",
    ),
    DiagnosticCode(
        "JS364",
        "not a task file",
        "The document is not a task of the vendor's, or it lacks a field that every task needs.",
        "TaskName: train",
        "Correct the file, or do not convert it.",
    ),
)
