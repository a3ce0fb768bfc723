"""JS3xx: what can be wrong with what manifests mean."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS301",
        "duplicate task name",
        (
            "A task's name is its identity within the scope, so two tasks with the same name would keep "
            "replacing each other."
        ),
        "metadata: {name: train}\n---\nmetadata: {name: train}",
        "Rename one of the tasks.",
    ),
    DiagnosticCode(
        "JS302",
        "duplicate role or mount path",
        "Role names and storage mount paths must be unique within a task.",
        "roles: [{name: worker, …}, {name: worker, …}]",
        "Remove one of the two, or rename it.",
    ),
    DiagnosticCode(
        "JS303",
        "mutually exclusive fields",
        (
            "A task runs either in a resource group or in a resource queue; a role has either a `flavor` or "
            "`resources`; a parallel file system has either a `name` or a `vepfsId`."
        ),
        "resourceGroup: default\nresourceQueue: q-1",
        "Remove one of the fields. To drop one that comes from the project's defaults, set it to `null`.",
    ),
    DiagnosticCode(
        "JS304",
        "a field requires another field",
        (
            "`code.source` requires `originPath`; a Nas storage requires `nasId` or `nasAddr`; an Sfcs "
            "storage requires `fileSystemName` or `bucket`."
        ),
        "code: {source: Local}",
        "Add the missing field.",
    ),
    DiagnosticCode(
        "JS305",
        "unknown name in an expression",
        (
            "An expression can refer to `vars.…` from the project file, `scope.project`, `scope.environment` "
            "when an environment is selected, `env.NAME` for names in `spec.allowEnv`, `git.sha`, "
            "`git.branch`, `git.dirty`, and `matrix.…` in the template of a set."
        ),
        "image: ${{ vars.imgae }}",
        "Correct the name, or add the variable to `spec.vars`.",
    ),
    DiagnosticCode(
        "JS306",
        "invalid expression",
        (
            "Between `${{` and `}}`, an expression is a name, a text in single quotes, a number, `true`, "
            "`false`, `null`, or one of the functions `lower`, `slug`, `join` and `toJSON`. `||` before "
            "another one gives a default. There are no other operators."
        ),
        "args: ${{ 1 + 1 }}",
        "Correct the expression, or write `$${{` for a literal `${{`.",
    ),
    DiagnosticCode(
        "JS307",
        "a map or a list inside text",
        "Only scalar values can be inserted into text, and a function needs an argument of its type.",
        "args: --all ${{ vars.everything }}",
        "Refer to a scalar inside it, use `join` or `toJSON`, or make the expression the whole value.",
    ),
    DiagnosticCode(
        "JS308",
        "reserved tag",
        "Tags that start with `jobspec-` record which run belongs to which task.",
        "tags: [jobspec-mine]",
        "Choose another tag.",
    ),
    DiagnosticCode(
        "JS310",
        "plaintext credential",
        (
            "Manifests are stored in Git, and other users can see what a task runs. Refer to a secret; do "
            "not write its value."
        ),
        "env: {HF_TOKEN: hf_…}",
        (
            "Write `{secret: {env: NAME}}`, and rotate the credential if it was ever committed. For a false "
            "positive, add the field's path to `metadata.allowPlaintext`."
        ),
    ),
    DiagnosticCode(
        "JS311",
        "unused `allowPlaintext` entry",
        "An entry of `metadata.allowPlaintext` that matches nothing could hide a credential that is added "
        "later.",
        "allowPlaintext: [spec.args]",
        "Remove the entry.",
    ),
    DiagnosticCode(
        "JS312",
        "reserved environment variable",
        "The platform sets variables whose names start with `MLP_` and may overwrite this one.",
        'env: {MLP_ROLE: "worker"}',
        "Choose another name.",
    ),
    DiagnosticCode(
        "JS313",
        "unknown field in `ignoreChanges`",
        "`lifecycle.ignoreChanges` lists fields of a task's spec.",
        "ignoreChanges: [args]",
        "Use a path such as `spec.args`, `spec.roles.replicas` or `spec.env.LR`.",
    ),
    DiagnosticCode(
        "JS314",
        "a previous name is still in use",
        "A task takes over the runs of its previous names. A name that is still in use has runs of its own.",
        "metadata: {name: a}\nlifecycle: {previousNames: [a]}",
        "Remove the name from `previousNames`.",
    ),
    DiagnosticCode(
        "JS315",
        "unknown environment",
        "`-e`, or the variable JOBSPEC_ENVIRONMENT, selects one of the project's `spec.environments`.",
        "jobspec plan -e production",
        (
            "Select one of the listed environments, or add it to the project file. For an environment that "
            "was removed but still has runs, pass `--scope PROJECT/ENVIRONMENT` to status, logs, history, "
            "wait, cancel, release or destroy."
        ),
    ),
    DiagnosticCode(
        "JS316",
        "no project file",
        "`jobspec.yaml`, in or above the given paths, defines which tasks belong together.",
        "jobspec plan /tmp",
        "Run `jobspec init` to create one, or pass `--scope NAME`.",
    ),
    DiagnosticCode(
        "JS317",
        "paths from several projects",
        "A command works on one project, because a plan has one scope.",
        "jobspec plan team-a team-b",
        "Pass the paths of one project only.",
    ),
    DiagnosticCode(
        "JS318",
        "a pattern matches nothing or points outside the project",
        "`spec.manifests` lists patterns relative to the project file.",
        "manifests: [task/*.yaml]",
        "Correct the pattern. `**` matches any number of folders.",
    ),
    DiagnosticCode(
        "JS319",
        "misplaced `Project` or mismatched scope",
        (
            "A project file contains exactly one `Project`, and no other file contains one. The project's "
            "name is the scope, so `--scope` cannot name a different one."
        ),
        "kind: Project\n---\nkind: Project",
        "Keep a single `Project`, in `jobspec.yaml`.",
    ),
    DiagnosticCode(
        "JS320",
        "missing secret",
        "Secrets are read on the machine that submits a task, at the time of the submit.",
        "env: {HF_TOKEN: {secret: {env: HF_TOKEN}}}",
        "Set the environment variable, or create the file, that the manifest refers to.",
    ),
    DiagnosticCode(
        "JS321",
        "a path contains no manifest of the project",
        "Paths on the command line select from the project's manifests.",
        "jobspec plan README.md",
        "Pass the path of a manifest, or add the file to `spec.manifests`.",
    ),
    DiagnosticCode(
        "JS322",
        "an environment is required",
        "The project sets `environmentRequired: true`, and the command selects no environment.",
        "environmentRequired: true",
        "Add `-e NAME`, or set the variable JOBSPEC_ENVIRONMENT.",
    ),
    DiagnosticCode(
        "JS323",
        "invalid default environment",
        (
            "`defaultEnvironment` must be one of the project's `spec.environments`, and has no effect "
            "together with `environmentRequired: true`."
        ),
        "defaultEnvironment: dev",
        "Set it to a declared environment, or remove the field.",
    ),
    DiagnosticCode(
        "JS324",
        "misnamed project file",
        "The project file must be named `jobspec.yaml`. `jobspec.yml` is an error, because it would be "
        "ignored.",
        "jobspec.yml",
        "Rename the file.",
    ),
    DiagnosticCode(
        "JS325",
        "unknown framework",
        (
            "The platform prepares replicas for a framework by its name. A name that this release does not "
            "know is sent as it is; the platform may refuse it."
        ),
        "framework: PyTorchDPP",
        "Correct the name. If the platform has a new framework, ignore the warning.",
    ),
    DiagnosticCode(
        "JS326",
        "a field in `extra` that has a name",
        (
            "`extra` is for fields of the API that a manifest has no name for. A field that has a name is "
            "checked, compared and documented under it, and would be sent twice. Fields that the platform "
            "sets cannot be sent."
        ),
        "extra: {Priority: 4}",
        "Move the field to the name in the message.",
    ),
    DiagnosticCode(
        "JS327",
        "a variable that a shell cannot read",
        (
            "Environment variables can have almost any name, but a shell reads only names of letters, digits "
            "and `_`. Functions that bash exported, such as `BASH_FUNC_x%%`, are fine."
        ),
        'env: {my-token: "1"}',
        "Rename the variable, unless a program reads it from the environment itself.",
    ),
    DiagnosticCode(
        "JS328",
        "a reference to a secret in `extra`",
        (
            "What is in `extra` is sent as it is written, and the platform may show it to everybody who sees "
            "the task, so it cannot contain secrets."
        ),
        "extra: {Login: {secret: {env: TOKEN}}}",
        "Pass the secret in `spec.env`.",
    ),
    DiagnosticCode(
        "JS330",
        "circular variables",
        "A variable can refer to other variables in any order, but not to itself, directly or indirectly.",
        'vars: {a: "${{ vars.b }}", b: "${{ vars.a }}"}',
        "Replace one of the references with its value.",
    ),
    DiagnosticCode(
        "JS331",
        "an expression is not allowed here",
        (
            "Keys, project names, environment names and `allowPlaintext` are read before expressions "
            "are expanded."
        ),
        'metadata: {name: "${{ vars.name }}"}',
        "Replace the expression with its value.",
    ),
    DiagnosticCode(
        "JS332",
        "placeholder is never replaced",
        (
            "The shell replaces `$VAR` in `entrypoint`, in `args`, and in the `env` values that it "
            "evaluates. Everywhere else, `${VAR}`, `$VAR` and `$(VAR)` would be sent to the platform "
            "unchanged."
        ),
        "flavor: ${flavor}",
        (
            "Add the variable to `spec.vars` and write `${{ vars.flavor }}`. For a literal `$` before a "
            "name, write `$$`."
        ),
    ),
    DiagnosticCode(
        "JS333",
        "`retry` without `on`",
        ("`spec.retry.on` lists the failures that the platform retries. Without it, nothing is retried."),
        "retry: {enabled: true, maxTimes: 2}",
        "Add `on: [Failed]`, or remove `retry`.",
    ),
    DiagnosticCode(
        "JS334",
        "two retry mechanisms",
        (
            "With `spec.retry` the platform restarts a failed run; with `lifecycle.restartPolicy` jobspec "
            "submits it again. Together, their attempts multiply."
        ),
        "spec: {retry: {on: [Failed]}}\nlifecycle: {restartPolicy: OnFailure}",
        "Keep only one of them.",
    ),
    DiagnosticCode(
        "JS335",
        "duplicate list item",
        "The list is a set: order and repetition have no meaning, so the second item has no effect.",
        "tags: [vision, vision]",
        "Remove the duplicate.",
    ),
    DiagnosticCode(
        "JS336",
        "local code is not uploaded",
        (
            "`code.source: Local` refers to code on the submitting machine, and jobspec does not upload it. "
            "Without `tosPath`, the container does not get the code. A path that does not exist is an error."
        ),
        "code: {source: Local, originPath: ./no-such-folder}",
        "Upload the code and add `tosPath`; correct `originPath` if the path does not exist.",
    ),
    DiagnosticCode(
        "JS345",
        "invalid configuration file",
        (
            "`~/.config/jobspec/config.yaml` and `/etc/jobspec/config.yaml` hold `allowedEndpoints`, "
            "`allowedSecrets` and `secretFolders`, each of them a list. A key without a value is an error, "
            "because a missing list allows more than an empty one."
        ),
        'allowedSecrets: [HF_TOKEN, "WANDB_*"]',
        "Correct the file; `jobspec schema config` prints its schema.",
    ),
    DiagnosticCode(
        "JS346",
        "untrusted or unreadable configuration file",
        "Only you and root may have write access to the file and its folder. Otherwise another user could "
        "change your settings.",
        "",
        "Review the contents of the file, then run the command from the help line.",
    ),
    DiagnosticCode(
        "JS347",
        "credentials are not allowed for this endpoint",
        (
            "A checkout may contain files by anybody. Credentials are therefore sent only to the vendor's "
            "own hosts over https, and to endpoints that you set with `--endpoint`, `JOBSPEC_ENDPOINT` or "
            "`allowedEndpoints` in the configuration file. Plain http is allowed for this machine only."
        ),
        "platform: {kind: volcengine, endpoint: https://gateway.example.com}",
        "If you trust the endpoint, add the line from the help line to your configuration.",
    ),
    DiagnosticCode(
        "JS348",
        "no `jobspec serve` of yours at this endpoint",
        (
            "`jobspec serve` writes its key to the state folder, where only the same user can read it. "
            "Without the key, the program on that port may belong to another user."
        ),
        'platform: {kind: local, endpoint: "http://127.0.0.1:8765"}',
        "Start `jobspec serve` as the same user and with the same `JOBSPEC_STATE_DIR`.",
    ),
    DiagnosticCode(
        "JS349",
        "the server does not prove that it is your `jobspec serve`",
        (
            "Each response from `jobspec serve` proves that the server has the key from your state folder. "
            "This response does not: the server may have exited, and another program may use its port. No "
            "secret was sent."
        ),
        "",
        "Check which program listens on the port, then restart `jobspec serve`.",
    ),
    DiagnosticCode(
        "JS350",
        "secret is not allowed for tasks",
        (
            "Keys of this machine and its CI system, such as `VOLC_*`, `AWS_*`, `GITHUB_TOKEN` and "
            "`JOBSPEC_*`, cannot be secrets of a task; cloud keys can be its `storageCredential`. "
            "`allowedSecrets` in the configuration file, or `JOBSPEC_ALLOWED_SECRETS`, allows more of them; "
            "`allowedSecrets` also restricts all other secrets to those it lists."
        ),
        "env: {TOKEN: {secret: {env: GITHUB_TOKEN}}}",
        "If the task may read the secret, add the line from the help line.",
    ),
    DiagnosticCode(
        "JS351",
        "secret file is not allowed for tasks",
        (
            "A secret file must be inside the project and not behind a link, or below a folder that "
            "`secretFolders` in the configuration file lists. Files in a `.git` folder are never allowed."
        ),
        "env: {TOKEN: {secret: {file: /etc/shadow}}}",
        "Move the secret into the project folder, or add the line from the help line.",
    ),
)
