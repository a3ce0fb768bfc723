"""JS1xx and JS2xx: what can be wrong with a manifest's text and shape."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS101",
        "the file is not valid YAML",
        (
            "The text cannot be read by the rules of YAML 1.2. What follows the place in the same file "
            "was not read."
        ),
        "args: --note a: b",
        (
            "Put text that holds `: ` or begins with a sign such as `@`, `*` or `{` in quotes; check "
            "brackets, quotes and indentation at the place."
        ),
    ),
    DiagnosticCode(
        "JS102",
        "a key is there twice",
        "Most YAML readers silently take the last of two equal keys; which one was meant cannot be known.",
        "image: a\nimage: b",
        "Remove one of the two.",
    ),
    DiagnosticCode(
        "JS103",
        "a tab is used as indentation",
        "YAML is indented with spaces only.",
        "spec:\n\timage: a",
        "Replace the tab by spaces.",
    ),
    DiagnosticCode(
        "JS104",
        "a tag is not known, or does not fit",
        (
            "Only the tags of plain values are taken: `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, "
            "`!!map`, `!!seq`."
        ),
        "image: !file image.txt",
        "Remove the tag.",
    ),
    DiagnosticCode(
        "JS105",
        "an alias leads nowhere, or into itself",
        (
            "`*name` repeats the value that `&name` marks earlier in the same document; it cannot "
            "contain itself."
        ),
        "env: &e {A: *e}",
        "Write the value out, or put the text in quotes if no alias is meant.",
    ),
    DiagnosticCode(
        "JS106",
        "the file grows too large",
        (
            "With its aliases written out a file may hold 100,000 values; a few lines of nested aliases "
            "can hold billions. Expressions may add as many to one task, and all tasks of a file, with the "
            "project's defaults under each, may hold 200,000. A text counts as one value more for each 64 "
            "characters."
        ),
        "b: [*a, *a, *a]\nc: [*b, *b, *b]",
        "Split the file, use fewer aliases, or have smaller variables and defaults.",
    ),
    DiagnosticCode(
        "JS107",
        "a merge key is used",
        "`<<` is a convention of YAML 1.1. YAML 1.2 has no merge keys, and readers disagree about them.",
        "<<: *base",
        "Write the fields out, or share them through `spec.defaults` in `jobspec.yaml`.",
    ),
    DiagnosticCode(
        "JS108",
        "the nesting is too deep",
        "A file may be nested 64 levels deep; no field of a manifest comes near.",
        "[[[[[[ … ]]]]]]",
        "Write it flatter.",
    ),
    DiagnosticCode(
        "JS109",
        "the file is too large",
        "A manifest may have 2 MiB.",
        "",
        "Split the file; keep data out of manifests.",
    ),
    DiagnosticCode(
        "JS110",
        "the file is not UTF-8",
        "Manifests are UTF-8, with or without a byte order mark.",
        "",
        "Save the file as UTF-8.",
    ),
    DiagnosticCode(
        "JS111",
        "an invisible character is in the file",
        (
            "Control characters can act on a terminal, and characters that turn the direction of text "
            "can make a line look like another one. Half a character, such as the escape `\\ud800`, "
            "cannot be sent to a platform at all."
        ),
        "",
        "Remove the character at the place.",
    ),
    DiagnosticCode(
        "JS112",
        "a directive asks for another YAML version",
        "`%YAML 1.1` would bring back `NO` as false and `010` as eight. Manifests are YAML 1.2.",
        "%YAML 1.1\n---",
        "Remove the line.",
    ),
    DiagnosticCode(
        "JS113",
        "a key is not text",
        "Every key of a manifest is a name. An unquoted number, `true` or `null` is not.",
        "env: {1: a}",
        "Put the key in quotes.",
    ),
    DiagnosticCode(
        "JS114",
        "a number is too large",
        "Whole numbers have 64 bits.",
        "args: 99999999999999999999",
        "Put it in quotes if it is meant as text.",
    ),
    DiagnosticCode(
        "JS115",
        "a file or folder cannot be read",
        (
            "It does not exist, may not be read, is a link that leads nowhere or in a circle, or is no "
            "regular file."
        ),
        "jobspec plan missing.yaml",
        "Make it readable, remove it, or leave it out of `spec.manifests`.",
    ),
    DiagnosticCode(
        "JS116",
        "an expression needs quotes",
        "Inside of `{…}` and `[…]` the braces of `${{ … }}` are read as YAML's own.",
        "env: {LR: ${{ vars.lr }}}",
        'Put it in quotes: `"${{ vars.lr }}"`.',
    ),
    DiagnosticCode(
        "JS117",
        "there are too many problems in a file",
        "Of one file 100 problems are told, the first by position. The others may be gone with them.",
        "",
        "Correct the first ones, and try again.",
    ),
    DiagnosticCode(
        "JS120",
        "the project is too large to read",
        (
            "A checkout can hold anything, so one load has a budget: 50,000 manifest files of 64 MiB in all, "
            "500,000 names in 50,000 folders, 500 symbolic links that are followed, 500 patterns (a long one "
            "counts as several), 750,000 comparisons of a name with a part of a pattern, and 120 seconds. "
            "Folders that no pattern leads into are not listed and cost nothing. Nothing is planned then."
        ),
        "for i in $(seq 1000); do ln -s big.yaml link$i.yaml; done",
        (
            "Name the folders of manifests in `spec.manifests`, such as `tasks/**/*.yaml`, or leave folders "
            "out with `!`, such as `!**/node_modules`."
        ),
    ),
    DiagnosticCode(
        "JS121",
        "a link leads out of the project",
        (
            "Manifests and the project file are read inside of the project alone, so that a checkout cannot "
            "name files of the machine. The link is not followed, and nothing behind it is read or shown. A "
            "link within the project is followed; each file is read once, however many names it has."
        ),
        "ln -s /etc/passwd tasks/x.yaml",
        (
            "Replace the link by what it leads to, or leave it out: add it with `!` before it to "
            "`spec.manifests`, such as `!data`."
        ),
    ),
    DiagnosticCode(
        "JS122",
        "a text does not show what it is",
        (
            "An image, a command, arguments, or a name holds characters that do not show, or that look like "
            "others: a zero-width space, a Cyrillic letter inside of a Latin word. A reviewer cannot see "
            "them, so they are shown as escapes, such as `\\u043e`, in everything that jobspec prints."
        ),
        'image: "pyth\\u043en:3.11"',
        "Write the characters that are meant. A warning alone stops no command.",
    ),
    DiagnosticCode(
        "JS200",
        "the manifests have errors",
        (
            "Nothing is planned from manifests that are not in order: what could not be read would look "
            "as if it had been removed."
        ),
        "",
        "Correct the errors that are listed with it.",
    ),
    DiagnosticCode(
        "JS201",
        "a document is not a manifest",
        "A manifest is a map that begins with `apiVersion` and `kind`.",
        "- a list",
        "Write a map, or leave the file out of `spec.manifests`.",
    ),
    DiagnosticCode(
        "JS202",
        "the version is missing or not known",
        "Every document says which version of the format it is written in.",
        "kind: Task",
        (
            "Write `apiVersion: jobspec/v1`. Name the manifests in `spec.manifests` if the file is "
            "something else."
        ),
    ),
    DiagnosticCode(
        "JS203",
        "the kind is missing or not known",
        "Every document says what it is.",
        "kind: Job",
        "Write `kind: Task`, or `kind: Project` in `jobspec.yaml`.",
    ),
    DiagnosticCode(
        "JS204",
        "a field is not known",
        "A misspelt field would silently have no effect, so unknown fields are errors.",
        "roles: [{name: worker, replica: 2, flavor: ml.g1e.large}]",
        "Correct the name. `jobspec explain spec.roles` tells the fields.",
    ),
    DiagnosticCode(
        "JS205",
        "a field is missing",
        "The field is required, and neither the manifest nor the project's defaults give it a value.",
        "roles: [{name: worker, flavor: ml.g1e.large}]",
        "Add the field.",
    ),
    DiagnosticCode(
        "JS206",
        "a value has the wrong type",
        "Values are not converted: a number is not text, and `yes` is not `true`.",
        "env: {LR: 0.1}",
        "Write what the help line says; text that looks like a number needs quotes.",
    ),
    DiagnosticCode(
        "JS207",
        "a value is not one of those allowed",
        "The field takes one of a few values, spelt exactly.",
        "framework: pytorch",
        "Write one of the values that are listed.",
    ),
    DiagnosticCode(
        "JS208",
        "a value is too small, too large, too long or empty",
        "The field has bounds.",
        "roles: [{name: worker, replicas: 0, flavor: ml.g1e.large}]",
        "Write a value within the bounds.",
    ),
    DiagnosticCode(
        "JS209",
        "a value does not have the right form",
        "Names, paths, addresses, durations and percentages have a form.",
        "activeDeadline: 5 days",
        "Write it in the form that the help line shows.",
    ),
    DiagnosticCode(
        "JS210",
        "a secret does not name one source",
        "A secret comes from an environment variable or from a file, never from both.",
        "env: {HF_TOKEN: {secret: {}}}",
        "Write `{secret: {env: NAME}}` or `{secret: {file: path}}`.",
    ),
    DiagnosticCode(
        "JS211",
        "a file holds no manifest",
        "A task that was in it counts as removed: its run is stopped at the next apply.",
        "",
        "Remove the file if that is meant, or write a manifest into it.",
    ),
    DiagnosticCode(
        "JS212",
        "a key differs from another one in its spelling only",
        (
            "Keys that a storage does not list pass through to the platform. One that differs from a listed "
            "key, or from another key, only in its spelling would miss its field or meet the other one: "
            "`ReadOnly: true` or `readOny: true` would mount a storage writable."
        ),
        "storages: [{type: Vepfs, vepfsId: v, mountPath: /d, ReadOnly: true}]",
        "Write the key as the help line spells it.",
    ),
)
