"""JS39x: what can be wrong with the axes and the template of a set."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS378",
        "a name in `include` that has no effect",
        (
            "An entry of `include` selects cells by the axes that it names, and gives them more values. A "
            "name that is no axis and that no expression of the template reads is most likely misspelled. "
            "The entry then extends other cells than it seems to."
        ),
        "matrix: {shard: {range: [0, 20]}}\ninclude: [{shrad: 17, flavor: large}]",
        "Correct the name, use `${{ matrix.NAME }}` in the template, or remove it.",
    ),
    DiagnosticCode(
        "JS390",
        "two cells of a set have the same task name",
        (
            "The name is the identity of a task, so each cell needs its own. It may depend on the values of "
            "its cell only: then a value that is added, removed or moved never renames the task of another "
            "cell."
        ),
        "matrix: {lr: [0.1, 0.01]}\ntemplate: {metadata: {name: sweep}}",
        "Add every axis to the name, as in `sweep-lr${{ slug(matrix.lr) }}`.",
    ),
    DiagnosticCode(
        "JS391",
        "an axis without values",
        "A set without tasks is most likely a mistake, and what depends on it has nothing to wait for.",
        "matrix: {lr: []}",
        "Add a value, remove the axis, or correct the range.",
    ),
    DiagnosticCode(
        "JS392",
        "duplicate value or name of an axis",
        (
            "Equal values make the same task twice. Values are compared with their type, and numbers by "
            'value: `0.1` and `1e-1` are equal, `1` and `"1"` are not.'
        ),
        "matrix: {lr: [0.1, 1e-1]}",
        "Remove one of the two.",
    ),
    DiagnosticCode(
        "JS393",
        "lists of different length in `zip`",
        "The values of the axes in `zip` go together, so each list needs the same number of values.",
        "zip: {model: [small, large], replicas: [1, 2, 4]}",
        "Add the missing values, or move one of the axes to `matrix`.",
    ),
    DiagnosticCode(
        "JS394",
        "a set with too many tasks",
        "The number of combinations is the product of the lengths of all axes.",
        "matrix: {a: {range: [0, 1000]}, b: {range: [0, 1000]}}",
        "Remove values or axes, or draw random cells with `samples`.",
    ),
    DiagnosticCode(
        "JS395",
        "an entry of `exclude` that matches nothing",
        (
            "`exclude` removes combinations of `matrix`, `zip` and `samples` before `include` is applied. An "
            "entry without an effect leaves tasks that nobody wants. Values are compared with their type."
        ),
        'matrix: {seed: [1, 2]}\nexclude: [{seed: "1"}]',
        "Correct the axis or the value, or remove the entry.",
    ),
    DiagnosticCode(
        "JS396",
        "entries of `include` that contradict each other",
        (
            "An entry extends the cells that have its values on all the axes that it names. Two entries must "
            "not give a cell two values of one name, and only one entry may extend every cell."
        ),
        "include: [{model: large, flavor: a}, {lr: 0.1, flavor: b}]",
        "Name one more axis in the entries, or merge them.",
    ),
    DiagnosticCode(
        "JS397",
        "a number that ends in a zero",
        "Without quotes, `3.10` is the number 3.1, where it is used as a value.",
        "matrix: {python: [3.9, 3.10]}",
        'Write a version in quotes, as in `"3.10"`; write a number without the zero.',
    ),
    DiagnosticCode(
        "JS398",
        "a set without tasks",
        (
            "A set needs at least one cell: from `matrix`, `zip` or `samples`, unless `exclude` removes it, "
            "or from `include`."
        ),
        "kind: TaskSet\nspec: {template: {…}}",
        "Add an axis or an entry of `include`, or remove entries of `exclude`.",
    ),
    DiagnosticCode(
        "JS399",
        "duplicate set name",
        "The name of a set selects its tasks, as in `--only set/sweep`, so it must be unique.",
        "metadata: {name: sweep}\n---\nmetadata: {name: sweep}",
        "Rename one of the sets.",
    ),
)
