"""JS3xx: what can be wrong with what manifests mean."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS301",
        "a task is declared twice",
        (
            "The name is a task's identity in its scope; two tasks of one name would replace each other "
            "for ever."
        ),
        "metadata: {name: train}\n---\nmetadata: {name: train}",
        "Rename one of the two.",
    ),
    DiagnosticCode(
        "JS302",
        "a role or a mount path is there twice",
        "Roles have different names, storages different mount paths.",
        "roles: [{name: worker, …}, {name: worker, …}]",
        "Remove one of the two, or rename it.",
    ),
    DiagnosticCode(
        "JS303",
        "two fields exclude each other",
        "A task runs in a resource group or in a resource queue.",
        "resourceGroup: default\nresourceQueue: q-1",
        "Remove one. If it comes from the project's defaults, write `null` for it.",
    ),
    DiagnosticCode(
        "JS304",
        "a field needs another one",
        "`code.source` needs `originPath`; a Nas storage needs `nasId` or `nasAddr`.",
        "code: {source: Local}",
        "Add the field.",
    ),
    DiagnosticCode(
        "JS305",
        "an expression names something unknown",
        (
            "Expressions know `vars.…` of the project file, `scope.project`, and `scope.environment` "
            "when one is chosen."
        ),
        "image: ${{ vars.imgae }}",
        "Correct the name, or add the variable to `spec.vars`.",
    ),
    DiagnosticCode(
        "JS306",
        "an expression cannot be read",
        "Between `${{` and `}}` stands one name, and nothing is computed.",
        "args: ${{ 1 + 1 }}",
        "Write one name, or `$${{` for a literal `${{`.",
    ),
    DiagnosticCode(
        "JS307",
        "a map or a list stands inside of text",
        "Only single values can be written into text.",
        "args: --all ${{ vars.everything }}",
        "Name one value in it, or make the expression the whole value.",
    ),
    DiagnosticCode(
        "JS308",
        "a tag is reserved",
        "Tags that start with `jobspec-` say which run belongs to which task.",
        "tags: [jobspec-mine]",
        "Choose another tag.",
    ),
    DiagnosticCode(
        "JS310",
        "text looks like a credential",
        (
            "Manifests are in Git, and what a task runs is shown to others. A secret is referred to, "
            "never written down."
        ),
        "env: {HF_TOKEN: hf_…}",
        (
            "Write `{secret: {env: NAME}}`, and renew the credential if it was ever committed. If it is "
            "none, add the place to `metadata.allowPlaintext`."
        ),
    ),
    DiagnosticCode(
        "JS311",
        "a permission for plaintext allows nothing",
        "An entry of `metadata.allowPlaintext` that fits nothing would let something through later.",
        "allowPlaintext: [spec.args]",
        "Remove the entry.",
    ),
    DiagnosticCode(
        "JS312",
        "a variable has a name of the platform's",
        "The platform sets the variables that start with `MLP_`, and may overwrite this one.",
        'env: {MLP_ROLE: "worker"}',
        "Choose another name.",
    ),
    DiagnosticCode(
        "JS313",
        "an ignored field does not exist",
        "`lifecycle.ignoreChanges` names fields of a task's spec.",
        "ignoreChanges: [args]",
        "Write a path such as `spec.args`, `spec.roles.replicas` or `spec.env.LR`.",
    ),
    DiagnosticCode(
        "JS314",
        "a previous name is in use",
        "The runs of a previous name are taken over; a name that is still in use has its own.",
        "metadata: {name: a}\nlifecycle: {previousNames: [a]}",
        "Remove it from `previousNames`.",
    ),
    DiagnosticCode(
        "JS315",
        "an environment is not known",
        "`-e`, or the variable JOBSPEC_ENVIRONMENT, chooses one of the project's `spec.environments`.",
        "jobspec plan -e production",
        (
            "Choose one that is listed, or add it to the project file. What still runs in one that was "
            "removed is reached with `--scope PROJECT/ENVIRONMENT` by status, logs, history, wait, cancel, "
            "release and destroy."
        ),
    ),
    DiagnosticCode(
        "JS316",
        "there is no project file",
        "`jobspec.yaml`, in or above the paths, says which tasks belong together.",
        "jobspec plan /tmp",
        "Run `jobspec init` to write one, or say whose tasks these are with `--scope NAME`.",
    ),
    DiagnosticCode(
        "JS317",
        "the paths belong to several projects",
        "One command works on one project: a plan has one scope.",
        "jobspec plan team-a team-b",
        "Name the paths of one project.",
    ),
    DiagnosticCode(
        "JS318",
        "a pattern finds nothing, or leaves the project",
        "`spec.manifests` lists patterns relative to the project file.",
        "manifests: [task/*.yaml]",
        "Correct the pattern; `**` stands for any folders.",
    ),
    DiagnosticCode(
        "JS319",
        "the project file and what it is used for do not fit",
        (
            "A project file holds one `Project`, no other file holds one, and its name is the scope: "
            "`--scope` cannot name another one."
        ),
        "kind: Project\n---\nkind: Project",
        "Keep one `Project` in one `jobspec.yaml`.",
    ),
    DiagnosticCode(
        "JS320",
        "a secret cannot be found",
        "Secrets are read when a task is submitted, on the machine that submits it.",
        "env: {HF_TOKEN: {secret: {env: HF_TOKEN}}}",
        "Set the environment variable, or write the file, that the manifest names.",
    ),
    DiagnosticCode(
        "JS321",
        "a path holds no manifest of the project",
        "Paths on the command line choose among the project's manifests.",
        "jobspec plan README.md",
        "Name a manifest, or add it to `spec.manifests`.",
    ),
    DiagnosticCode(
        "JS322",
        "an environment is required",
        "The project says `environmentRequired: true`, and the command names no environment.",
        "environmentRequired: true",
        "Add `-e NAME`, or set the variable JOBSPEC_ENVIRONMENT.",
    ),
    DiagnosticCode(
        "JS323",
        "the default environment cannot be used",
        (
            "`defaultEnvironment` names one of the project's `spec.environments`, and has no use beside "
            "`environmentRequired: true`."
        ),
        "defaultEnvironment: dev",
        "Name an environment that is declared, or remove the field.",
    ),
    DiagnosticCode(
        "JS324",
        "the project file has another name",
        "A project file is named `jobspec.yaml`. A `jobspec.yml` would be overlooked, so it is an error.",
        "jobspec.yml",
        "Rename the file.",
    ),
    DiagnosticCode(
        "JS330",
        "variables refer to each other in a circle",
        "A variable may name other variables, in any order, but never itself by a detour.",
        'vars: {a: "${{ vars.b }}", b: "${{ vars.a }}"}',
        "Write out the value of one of them.",
    ),
    DiagnosticCode(
        "JS331",
        "an expression stands where none is expanded",
        (
            "Keys, the name of a project, the names of environments and `allowPlaintext` are read before "
            "anything is expanded."
        ),
        'metadata: {name: "${{ vars.name }}"}',
        "Write the text out.",
    ),
    DiagnosticCode(
        "JS332",
        "nothing replaces a placeholder",
        (
            "A shell replaces `$VAR` in `entrypoint`, in `args`, and in the values of `env` that it uses. "
            "Everywhere else `${VAR}`, `$VAR` and `$(VAR)` would go to the platform as they are."
        ),
        "flavor: ${flavor}",
        (
            "Add the variable to `spec.vars` and write `${{ vars.flavor }}`. For a literal `$` before a "
            "name, write `$$`."
        ),
    ),
    DiagnosticCode(
        "JS333",
        "a retry has no reason",
        (
            "`spec.retry.on` says what the platform retries. Without it no reason is sent, and nothing is "
            "retried."
        ),
        "retry: {enabled: true, maxTimes: 2}",
        "Add `on: [Failed]`, or remove `retry`.",
    ),
    DiagnosticCode(
        "JS334",
        "a failed run is started again by two sides",
        (
            "`spec.retry` lets the platform start a failed run again, `lifecycle.restartPolicy` lets jobspec "
            "submit it again: the attempts of both multiply."
        ),
        "spec: {retry: {on: [Failed]}}\nlifecycle: {restartPolicy: OnFailure}",
        "Keep one of the two.",
    ),
    DiagnosticCode(
        "JS335",
        "an item is twice in a list that is a set",
        "The order and the number of its items mean nothing, so the second one has no effect.",
        "tags: [vision, vision]",
        "Remove one of the two.",
    ),
    DiagnosticCode(
        "JS336",
        "code of this machine is not uploaded",
        (
            "`code.source: Local` names code on the machine that submits, and jobspec uploads none. Without "
            "`tosPath` the code is not in the container; a path that does not exist is an error."
        ),
        "code: {source: Local, originPath: ./no-such-folder}",
        "Upload the code, add `tosPath`, and correct `originPath`.",
    ),
    DiagnosticCode(
        "JS345",
        "a configuration file is not of the right form",
        (
            "`~/.config/jobspec/config.yaml` and `/etc/jobspec/config.yaml` hold `allowedEndpoints`, "
            "`allowedSecrets` and `secretFolders`, each a list. A list without a value is refused, "
            "because a missing list allows more than an empty one."
        ),
        'allowedSecrets: [HF_TOKEN, "WANDB_*"]',
        "Correct the file; `jobspec schema config` prints its schema.",
    ),
    DiagnosticCode(
        "JS346",
        "a configuration file cannot be trusted or read",
        "Only you and root may write to the file and its folder; else another user could decide for you.",
        "",
        "Run the command that the message names, after you have looked at what the file says.",
    ),
    DiagnosticCode(
        "JS347",
        "credentials may not be sent to an endpoint",
        (
            "Anybody may have written the checkout that a project is in. Credentials go to the vendor's own "
            "hosts over https, and to endpoints that you name in `--endpoint`, `JOBSPEC_ENDPOINT` or "
            "`allowedEndpoints` of the configuration file. Plain http goes to this machine alone."
        ),
        "platform: {kind: volcengine, endpoint: https://gateway.example.com}",
        "If you trust the endpoint, add the line that the message names.",
    ),
    DiagnosticCode(
        "JS348",
        "no served local platform of yours is known at an endpoint",
        (
            "`jobspec serve` leaves its key in the state folder, where only the same user finds it. "
            "Without it, the program at that port may be another user's."
        ),
        'platform: {kind: local, endpoint: "http://127.0.0.1:8765"}',
        "Start `jobspec serve` as the same user, with the same `JOBSPEC_STATE_DIR`.",
    ),
    DiagnosticCode(
        "JS349",
        "the server does not prove that it is your `jobspec serve`",
        (
            "Each answer of a served local platform proves that it holds the key in your state folder. This "
            "one does not: the server may have ended, and another program may use its port. Nothing secret "
            "was sent."
        ),
        "",
        "Find out what listens at the port, and start `jobspec serve` again.",
    ),
    DiagnosticCode(
        "JS350",
        "a task may not name this secret",
        (
            "Keys of the machine and of its CI system, such as `VOLC_*`, `AWS_*`, `GITHUB_TOKEN` and "
            "`JOBSPEC_*`, are no secrets of a task; cloud keys may be its `storageCredential`. "
            "`allowedSecrets` of the configuration file, or `JOBSPEC_ALLOWED_SECRETS`, allows more of them; "
            "`allowedSecrets` also restricts the others."
        ),
        "env: {TOKEN: {secret: {env: GITHUB_TOKEN}}}",
        "If the task may read it, add the line that the message names.",
    ),
    DiagnosticCode(
        "JS351",
        "a task may not name this secret file",
        (
            "A secret file is inside the project and reached through no link, or below a folder that "
            "`secretFolders` of the configuration file lists. No file of a `.git` folder is a secret."
        ),
        "env: {TOKEN: {secret: {file: /etc/shadow}}}",
        "Keep the secret in the project folder, or add the line that the message names.",
    ),
)
