"""JS1xx and JS2xx: what can be wrong with a manifest's text and shape."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS101",
        "invalid YAML",
        ("The text is not valid YAML 1.2. The rest of the file after this position was not read."),
        "args: --note a: b",
        (
            "Quote text that contains `: ` or starts with a character such as `@`, `*` or `{`. Check the "
            "brackets, quotes and indentation at the position."
        ),
    ),
    DiagnosticCode(
        "JS102",
        "duplicate key",
        "Most YAML parsers silently use the last of two equal keys. jobspec cannot know which one you meant.",
        "image: a\nimage: b",
        "Remove one of the keys.",
    ),
    DiagnosticCode(
        "JS103",
        "tab in indentation",
        "YAML allows only spaces for indentation.",
        "spec:\n\timage: a",
        "Replace the tab with spaces.",
    ),
    DiagnosticCode(
        "JS104",
        "unknown or unsuitable tag",
        (
            "Only the standard tags are supported: `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, "
            "`!!map`, `!!seq`."
        ),
        "image: !file image.txt",
        "Remove the tag.",
    ),
    DiagnosticCode(
        "JS105",
        "undefined or recursive alias",
        (
            "`*name` repeats the value that `&name` marks earlier in the same document. It cannot "
            "contain itself."
        ),
        "env: &e {A: *e}",
        "Replace the alias with its value, or quote the text if you did not mean an alias.",
    ),
    DiagnosticCode(
        "JS106",
        "the expanded file is too large",
        (
            "A file can contain 100,000 values after its aliases are expanded; a few lines of nested "
            "aliases can expand to billions. Expressions can add as many to one task. All tasks of a file, "
            "each with the project's defaults, can contain 200,000. A text counts as one more value for "
            "each 64 characters."
        ),
        "b: [*a, *a, *a]\nc: [*b, *b, *b]",
        "Split the file, use fewer aliases, or reduce the size of variables and defaults.",
    ),
    DiagnosticCode(
        "JS107",
        "merge key",
        "`<<` is a convention of YAML 1.1. YAML 1.2 has no merge keys, and parsers treat them differently.",
        "<<: *base",
        "Repeat the fields, or share them through `spec.defaults` in `jobspec.yaml`.",
    ),
    DiagnosticCode(
        "JS108",
        "the nesting is too deep",
        "A file can be nested 64 levels deep, far deeper than any field of a manifest.",
        "[[[[[[ … ]]]]]]",
        "Reduce the nesting.",
    ),
    DiagnosticCode(
        "JS109",
        "the file is too large",
        "A manifest can be at most 2 MiB in size.",
        "",
        "Split the file, and move data out of the manifests.",
    ),
    DiagnosticCode(
        "JS110",
        "the file is not UTF-8",
        "Manifests must be encoded in UTF-8, with or without a byte order mark.",
        "",
        "Save the file as UTF-8.",
    ),
    DiagnosticCode(
        "JS111",
        "invisible character",
        (
            "Control characters can control a terminal, and characters that change the text direction "
            "can make one line look like another. Half of a surrogate pair, such as the escape `\\ud800`, "
            "cannot be sent to a platform at all."
        ),
        "",
        "Remove the character.",
    ),
    DiagnosticCode(
        "JS112",
        "unsupported YAML version",
        "Manifests are YAML 1.2. With `%YAML 1.1`, `NO` would be false and `010` would be eight.",
        "%YAML 1.1\n---",
        "Remove the line.",
    ),
    DiagnosticCode(
        "JS113",
        "a key is not text",
        "Keys in a manifest must be text. An unquoted number, `true` or `null` is not text.",
        "env: {1: a}",
        "Quote the key.",
    ),
    DiagnosticCode(
        "JS114",
        "a number is too large",
        "Integers must fit in 64 bits.",
        "args: 99999999999999999999",
        "Quote the value if it is text.",
    ),
    DiagnosticCode(
        "JS115",
        "unreadable file or folder",
        ("The path does not exist, is not readable, is a broken or circular link, or is not a regular file."),
        "jobspec plan missing.yaml",
        "Make the path readable, remove it, or exclude it in `spec.manifests`.",
    ),
    DiagnosticCode(
        "JS116",
        "an expression needs quotes",
        "Inside `{…}` and `[…]`, YAML reads the braces of `${{ … }}` as its own.",
        "env: {LR: ${{ vars.lr }}}",
        'Quote the expression: `"${{ vars.lr }}"`.',
    ),
    DiagnosticCode(
        "JS117",
        "too many problems in a file",
        "At most 100 problems are reported per file, in order of position. The rest may be consequences of "
        "these.",
        "",
        "Fix the reported problems, then run the command again.",
    ),
    DiagnosticCode(
        "JS120",
        "the project is too large to read",
        (
            "A checkout can contain anything, so reading a project has a budget: 50,000 manifest files, 64 "
            "MiB in total, 500,000 names in 50,000 folders, 500 followed symbolic links, 500 patterns (a "
            "long pattern counts as several), 750,000 comparisons of a name with a part of a pattern, and "
            "120 seconds. Folders that no pattern can match are not listed and do not count. Beyond the "
            "budget, nothing is planned."
        ),
        "for i in $(seq 1000); do ln -s big.yaml link$i.yaml; done",
        (
            "List the folders of manifests in `spec.manifests`, such as `tasks/**/*.yaml`, or exclude "
            "folders with `!`, such as `!**/node_modules`."
        ),
    ),
    DiagnosticCode(
        "JS121",
        "a link points outside the project",
        (
            "Manifests and the project file are read only inside the project, so that a checkout cannot "
            "refer to other files on the machine. The link is not followed, and its target is not read or "
            "shown. A link within the project is followed. Each file is read once, even if it has several "
            "names."
        ),
        "ln -s /etc/passwd tasks/x.yaml",
        (
            "Replace the link with its target, or exclude it: prefix it with `!` in "
            "`spec.manifests`, such as `!data`."
        ),
    ),
    DiagnosticCode(
        "JS122",
        "misleading characters",
        (
            "An image, a command, arguments or a name contains characters that are invisible or look like "
            "other characters, such as a zero-width space or a Cyrillic letter in a Latin word. A reviewer "
            "cannot see them, so jobspec prints them as escapes, such as `\\u043e`."
        ),
        'image: "pyth\\u043en:3.11"',
        "Use the intended characters. The warning does not stop the command.",
    ),
    DiagnosticCode(
        "JS200",
        "errors in the manifests",
        (
            "Nothing is planned while manifests have errors: a task that could not be read would look "
            "as if it had been removed."
        ),
        "",
        "Fix the listed errors.",
    ),
    DiagnosticCode(
        "JS201",
        "a document is not a manifest",
        "A manifest is a map that starts with `apiVersion` and `kind`.",
        "- a list",
        "Write a map, or exclude the file in `spec.manifests`.",
    ),
    DiagnosticCode(
        "JS202",
        "missing or unknown `apiVersion`",
        "Every document declares the version of its format.",
        "kind: Task",
        (
            "Write `apiVersion: jobspec/v1`. If the file is not a manifest, list the manifests "
            "in `spec.manifests`."
        ),
    ),
    DiagnosticCode(
        "JS203",
        "missing or unknown `kind`",
        "Every document declares its kind.",
        "kind: Job",
        "Write `kind: Task`, or `kind: Project` in `jobspec.yaml`.",
    ),
    DiagnosticCode(
        "JS204",
        "unknown field",
        "A misspelled field would silently have no effect, so unknown fields are errors.",
        "roles: [{name: worker, replica: 2, flavor: ml.g1e.large}]",
        "Correct the name. `jobspec explain spec.roles` lists the fields.",
    ),
    DiagnosticCode(
        "JS205",
        "missing field",
        "The field is required, and neither the manifest nor the project's defaults set it.",
        "roles: [{name: worker, flavor: ml.g1e.large}]",
        "Add the field.",
    ),
    DiagnosticCode(
        "JS206",
        "wrong type",
        "Values are not converted: a number is not text, and `yes` is not `true`.",
        "env: {LR: 0.1}",
        "Use the type from the help line. Quote text that looks like a number.",
    ),
    DiagnosticCode(
        "JS207",
        "value not allowed",
        "The field accepts only certain values, and their spelling must match exactly.",
        "framework: pytorch",
        "Use one of the listed values.",
    ),
    DiagnosticCode(
        "JS208",
        "value out of bounds",
        "The value is too small, too large, too long or empty.",
        "roles: [{name: worker, replicas: 0, flavor: ml.g1e.large}]",
        "Use a value within the bounds.",
    ),
    DiagnosticCode(
        "JS209",
        "invalid format",
        "Names, paths, addresses, durations and percentages must have a certain format.",
        "activeDeadline: 5 days",
        "Use the format from the help line.",
    ),
    DiagnosticCode(
        "JS210",
        "a secret needs exactly one source",
        "A secret comes either from an environment variable or from a file.",
        "env: {HF_TOKEN: {secret: {}}}",
        "Write `{secret: {env: NAME}}` or `{secret: {file: path}}`.",
    ),
    DiagnosticCode(
        "JS211",
        "a file contains no manifest",
        "A task that was in the file counts as removed, so the next apply stops its run.",
        "",
        "Remove the file if this is intended, or add a manifest to it.",
    ),
    DiagnosticCode(
        "JS212",
        "ambiguous spelling of a key",
        (
            "Unlisted keys of a storage are passed through to the platform. A key that differs from a listed "
            "key, or from another key, only in spelling would miss its field or collide with the other key: "
            "`ReadOnly: true` or `readOny: true` would mount the storage writable."
        ),
        "storages: [{type: Vepfs, vepfsId: v, mountPath: /d, ReadOnly: true}]",
        "Use the spelling from the help line.",
    ),
)
