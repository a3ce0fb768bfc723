"""JS4xx and up: plans and guards, the platform, the local platform, bugs."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS400",
        "the command cannot be carried out as asked",
        "An option, a name or a combination of them is wrong.",
        "jobspec plan --output xml",
        "Read the message; `jobspec COMMAND --help` tells the options.",
    ),
    DiagnosticCode(
        "JS401",
        "the plan removes more than the limit",
        "`limits.maxRemovals` keeps a moved folder from ending every run.",
        "limits: {maxRemovals: 30%}",
        "Read the plan. If it is meant, repeat with the `--force` that the message names.",
    ),
    DiagnosticCode(
        "JS402",
        "the plan replaces more than the limit",
        "`limits.maxReplacements` keeps a change of defaults from restarting every run.",
        "limits: {maxReplacements: 10}",
        "Read the plan. If it is meant, repeat with the `--force` that the message names.",
    ),
    DiagnosticCode(
        "JS403",
        "the plan throws more work away than the limit",
        "`limits.maxLostReplicaHours` bounds the finished work of the runs that a plan stops.",
        "limits: {maxLostReplicaHours: 24}",
        "Read the plan. If it is meant, repeat with the `--force` that the message names.",
    ),
    DiagnosticCode(
        "JS404",
        "a protected run would be stopped",
        "`lifecycle.protect` refuses every change that stops a run of the task.",
        "lifecycle: {protect: true}",
        "Lift it in the manifest first, and apply that.",
    ),
    DiagnosticCode(
        "JS405",
        "nothing may be removed now",
        (
            "Without any manifest, or with one that could not be read, what is missing cannot be told "
            "from what is broken; so nothing is cancelled and nothing is deleted."
        ),
        "",
        "Correct the manifests, or check the paths.",
    ),
    DiagnosticCode(
        "JS406",
        "the plan is stale",
        (
            "Something is no longer as it was when the plan was made. A step whose run has changed is "
            "left out; a saved plan that would do something else now is not applied at all."
        ),
        "",
        "Make a new plan and read it.",
    ),
    DiagnosticCode(
        "JS407",
        "a twin is active",
        (
            "A task of the same name that jobspec does not manage, or a run of the same spec in another "
            "scope. Submitting beside it would run the same thing twice, so nothing is submitted."
        ),
        "",
        "Take it over with `jobspec adopt`, wait for its end, stop it, or allow it with `--allow-twin`.",
    ),
    DiagnosticCode(
        "JS408",
        "there is nobody to ask",
        "Apply asks before it writes. Without a terminal nobody can answer.",
        "jobspec apply < /dev/null",
        "Repeat with `--yes`.",
    ),
    DiagnosticCode(
        "JS409",
        "there is no such task",
        "Neither a manifest nor a run has this name in the scope.",
        "jobspec logs resnet",
        "Choose one of the tasks that `jobspec status` lists.",
    ),
    DiagnosticCode(
        "JS410",
        "the answer was no",
        "Apply, cancel and destroy ask before they write, and somebody declined.",
        "",
        "Nothing was done. Say yes, or `--yes`, when it shall be done.",
    ),
    DiagnosticCode(
        "JS411",
        "the plan is not as expected",
        "`--expect` names what a plan must not hold, and it holds that.",
        "jobspec apply --expect no-replace,no-cancel",
        "Read the plan. If it is meant, leave the expectation out.",
    ),
    DiagnosticCode(
        "JS412",
        "this is no plan file, or it was changed",
        "`apply FILE` takes what `plan -o FILE` wrote, unchanged, by this version of the format.",
        "jobspec apply plan.json",
        "Make the plan again: jobspec plan -o plan.json",
    ),
    DiagnosticCode(
        "JS413",
        "the run cannot be adopted",
        (
            "An adopted run counts as one of its manifest. So it must be nobody's, it should run what "
            "the manifest says, and the next apply must not stop it."
        ),
        "jobspec adopt t-20260101000000-abcde train",
        "Read the message; it names what is in the way.",
    ),
    DiagnosticCode(
        "JS415",
        "no environment is named",
        (
            "The project declares environments, the command names none, and nothing has ever run in the "
            "scope without one: it would be one more set of the same tasks. This is a warning."
        ),
        "jobspec plan",
        (
            "Add `-e NAME`. To settle it, set `defaultEnvironment` or `environmentRequired: true` in the "
            "project file; `--scope PROJECT` names the scope without an environment."
        ),
    ),
    DiagnosticCode(
        "JS416",
        "a digest is not whole",
        "`apply --digest` takes all 32 characters of the digest that the plan prints, not its beginning.",
        "jobspec apply --digest 7ff6f176",
        "Copy the whole digest.",
    ),
    DiagnosticCode(
        "JS420",
        "the plan submits more runs than the limit",
        "`limits.maxSubmits` keeps a mistake in a matrix or in the defaults from starting hundreds of runs.",
        "limits: {maxSubmits: 50}",
        "Read the plan. If it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS421",
        "the plan runs finished tasks again",
        "`limits.maxReruns` keeps a change of the defaults from training again what has succeeded.",
        "limits: {maxReruns: 10}",
        "Read the plan. If it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS422",
        "new runs may use more than the limit",
        "`limits.maxSubmitReplicaHours` bounds replicas times `activeDeadline` of what one apply submits.",
        "limits: {maxSubmitReplicaHours: 5000}",
        "Read the plan. Lower `activeDeadline`, or, if it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS423",
        "a change loosens a guard",
        (
            "The change that the plan shows makes a limit, `protect` or another guard hold less than the "
            "tags of a run or, with `--since`, the base revision say. It is reported, and not refused."
        ),
        "limits: {maxRemovals: 100%}",
        "Ask for the reason. To be safe, loosen a guard in a change of its own.",
    ),
    DiagnosticCode(
        "JS424",
        "the base revision cannot be compared",
        "`--since` reads the manifests of the merge base, and cannot use what it found there.",
        "jobspec plan --since origin/main",
        "Follow the help line, or leave out `--since`.",
    ),
    DiagnosticCode(
        "JS425",
        "the base revision is not in this clone",
        "CI systems fetch one commit by default, and `--since` needs the history back to the merge base.",
        "jobspec plan --since origin/main",
        "Fetch the whole history: `fetch-depth: 0` for actions/checkout, or `git fetch --unshallow`.",
    ),
    DiagnosticCode(
        "JS426",
        "Git cannot read the checkout",
        "`--since` needs Git, and a project in a Git repository.",
        "jobspec plan --since origin/main",
        "Read what Git says; leave out `--since` outside of Git.",
    ),
    DiagnosticCode(
        "JS501",
        "there are no credentials that can be used",
        (
            "Looked for are, in this order: arguments, `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`, and "
            "`~/.volc/credentials`."
        ),
        "",
        "Set both variables, or write the file.",
    ),
    DiagnosticCode(
        "JS502",
        "the listing could not be proven complete",
        (
            "Tasks kept appearing or vanishing while the pages were read. Nothing is planned from half a "
            "list: what it lacks would be submitted again."
        ),
        "",
        "Repeat the command.",
    ),
    DiagnosticCode(
        "JS510",
        "the platform answered with an error",
        "The message is the platform's own.",
        "",
        "Read the message; the request id helps the platform's support.",
    ),
    DiagnosticCode(
        "JS511",
        "the platform could not be reached",
        "No connection was made, so nothing was executed.",
        "",
        "Check the network, the proxy and `platform.endpoint`, then repeat.",
    ),
    DiagnosticCode(
        "JS512",
        "the platform is throttling",
        "It said that it did not execute the request because there are too many.",
        "",
        "Wait a little, then repeat.",
    ),
    DiagnosticCode(
        "JS513",
        "the platform did not answer properly",
        "A server error, a time-out or a broken connection: whether the request was executed is not known.",
        "",
        "Repeat the command: it looks first, and continues from what it finds.",
    ),
    DiagnosticCode(
        "JS514",
        "the answer is not the platform's",
        "Something on the way, such as a proxy or a gateway, answered instead; or the answer was cut off.",
        "",
        "Check the proxy and `platform.endpoint`, then repeat.",
    ),
    DiagnosticCode(
        "JS520",
        "the platform refused the request",
        "It was not executed, and will not be.",
        "",
        "Correct what the message names.",
    ),
    DiagnosticCode(
        "JS521",
        "the platform knows no such task",
        "Its record was deleted, or belongs to another account or region.",
        "",
        "Check region and profile.",
    ),
    DiagnosticCode(
        "JS522",
        "the task is still active",
        "A record can be deleted only after its task has ended.",
        "",
        "Repeat once it has ended.",
    ),
    DiagnosticCode(
        "JS523",
        "the key may not do this",
        "Often it is another user's task, or a queue that the key has no part in.",
        "",
        "Use the owner's key, or ask for the right.",
    ),
    DiagnosticCode(
        "JS524",
        "the key, the signature or the clock was not accepted",
        "Requests are signed with the secret key and the time.",
        "",
        "Check the key that the message names, and the clock of this machine.",
    ),
    DiagnosticCode(
        "JS525",
        "the platform does not know the action",
        "Not every account may call every action of the API.",
        "",
        "Nothing can be done here; what depends on it is reported and left as it is.",
    ),
    DiagnosticCode(
        "JS530",
        "what became of a change is not known",
        (
            "The request may have been executed. It is not sent again, since the same task could then "
            "run twice."
        ),
        "",
        "Repeat the command: it waits, looks, and decides from what it sees.",
    ),
    DiagnosticCode(
        "JS531",
        "a run did not come to its end in time",
        "It was asked to stop, and the platform still shows it as stopping. Nothing is submitted beside it.",
        "",
        "Apply again later: it continues from there.",
    ),
    DiagnosticCode(
        "JS532",
        "a written change does not show",
        (
            "After an update the task was read again, and what was written is not there: "
            "another writer was at work."
        ),
        "",
        "Apply again.",
    ),
    DiagnosticCode(
        "JS533",
        "the platform is too slow for a safe submit",
        "The look before a submit must be fresh when it is sent. It took too long: nothing was sent.",
        "",
        "Apply again when the platform answers faster.",
    ),
    DiagnosticCode(
        "JS534",
        "the certificates that the environment names cannot be used",
        "`SSL_CERT_FILE` or `SSL_CERT_DIR` names certificates that are not there or cannot be read, or "
        "`SSLKEYLOGFILE` a file that cannot be written. The platform's certificate could not be checked.",
        "SSL_CERT_FILE=/no.pem jobspec plan",
        "Set the variable to a path that can be used, or unset it.",
    ),
    DiagnosticCode(
        "JS535",
        "an entry of `NO_PROXY` means nothing",
        "It is left out, and the others hold. Entries that are read: `*`; a name, which holds for what is "
        "below it too, with or without a dot or `*.` before it; an address; a network such as `10.0.0.0/8`. "
        "A name or an address may have a port.",
        "NO_PROXY=.example.com,10.0.0.0/99",
        "Correct the entry, or remove it.",
    ),
    DiagnosticCode(
        "JS601",
        "the local platform's folder cannot be used",
        "It keeps its records in a folder of the project outside the checkout, in the user's state folder.",
        "",
        "Make the folder writable, or remove it if its records are not needed.",
    ),
    DiagnosticCode(
        "JS602",
        "the local platform cannot be served as asked",
        "The port is taken, the folder is not there, or it would be reachable from other machines without "
        "keys: whoever reaches it can run programs on this machine.",
        "jobspec serve --host 0.0.0.0",
        "Choose another port or folder; stay on loopback, or serve with `--signed`.",
    ),
    DiagnosticCode(
        "JS603",
        "the journal cannot be written",
        "Before a submit is sent, it is noted in the state folder, so that the next apply knows of it after "
        "a crash. Without that note nothing is sent.",
        "",
        "Make room on the disk, make the folder writable, or set `JOBSPEC_STATE_DIR` to one that is.",
    ),
    DiagnosticCode(
        "JS604",
        "a file or a folder cannot be used",
        "The operating system refused to read or write it.",
        "",
        "Look at its permissions and at the room on its disk.",
    ),
    DiagnosticCode(
        "JS605",
        "the state folder cannot be used",
        "The local platform's store, logs, journals and locks are kept outside the checkout, in a folder of "
        "your own: `$JOBSPEC_STATE_DIR`, else `$XDG_STATE_HOME/jobspec`, else `~/.local/state/jobspec`. It "
        "cannot be made, is a link, belongs to another user, or other users can write to it; or something is "
        "in it and they may enter it, as is the case with folders of a checkout. The code also stands for a "
        "folder `.jobspec` of an earlier release: beside its runs, which are not seen, nothing is submitted.",
        "JOBSPEC_STATE_DIR=state jobspec apply",
        "Set `JOBSPEC_STATE_DIR` to a folder on a local disk that only you can write to. Move a folder "
        "`.jobspec` of your own by `jobspec state move`, and remove any other.",
    ),
    DiagnosticCode(
        "JS900",
        "this is a bug in jobspec",
        "Something happened that should not be possible.",
        "",
        "Please report it with the message and what you did.",
    ),
)
