"""JS365 to JS369: values that come from outside the manifests, or that a command inserts."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS365",
        "a value inside a command is not a plain word",
        (
            "A shell runs `entrypoint` and `args`. It interprets spaces, quotes, `$(…)` and `;` in a value "
            "that an expression inserts there. A variable of the task passes every character unchanged. "
            "Numbers and words of letters, digits and `_ . / : = , @ % + -` cause no warning, nor does a "
            "command that is one whole expression."
        ),
        "entrypoint: python train.py --note ${{ vars.note }}",
        'Write `env: {NOTE: "${{ vars.note }}"}`, and `--note "$NOTE"` in the command.',
    ),
    DiagnosticCode(
        "JS366",
        "a value from outside is missing",
        (
            "The environment variable is not set, no branch is checked out, or the project is not in a Git "
            "repository with a commit."
        ),
        "args: --branch ${{ git.branch }}",
        "Provide the value, or write a default: `${{ git.branch || 'main' }}`.",
    ),
    DiagnosticCode(
        "JS367",
        "an expression may not read this environment variable",
        (
            "`${{ env.NAME }}` never reads keys of this machine and its CI system, such as `VOLC_*`, "
            "`AWS_*`, `GITHUB_*` and `CI_*`. `allowedEnv` in the configuration of the user or the machine "
            "restricts the other variables to those it lists."
        ),
        "args: --by ${{ env.GITHUB_TOKEN }}",
        "Pass the value under another name, or add the line from the help line to your configuration.",
    ),
    DiagnosticCode(
        "JS368",
        "a value from outside looks like a credential",
        (
            "A value that an expression inserts is shown in plans and on the platform. A secret must be a "
            "reference, which is resolved only when the task is submitted."
        ),
        'env: {TOKEN: "${{ env.HF_TOKEN }}"}',
        "Write `TOKEN: {secret: {env: HF_TOKEN}}` under `spec.env`.",
    ),
    DiagnosticCode(
        "JS369",
        "a given variable does not fit the project",
        (
            "`--var`, `--var-file` and `JOBSPEC_VAR_NAME` set variables that `spec.vars` of the project or "
            "of an environment declares, to values of the declared type. A declared `null` accepts a text, "
            "and from a file a value of any type. A file is a YAML map of at most 1 MiB."
        ),
        "jobspec plan --var debug=yes",
        "Correct the name or the value, or declare the variable in `spec.vars`.",
    ),
)
