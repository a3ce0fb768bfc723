"""JS4xx: the command line, plans and guards, and what surrounds them."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS400",
        "invalid command line",
        "An option, a name or a combination of options is not valid.",
        "jobspec plan --output xml",
        "Follow the help line. `jobspec COMMAND --help` lists the options.",
    ),
    DiagnosticCode(
        "JS401",
        "the plan removes more than the limit",
        "`limits.maxRemovals` prevents a moved folder from cancelling every run.",
        "limits: {maxRemovals: 30%}",
        "Review the plan. If it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS402",
        "the plan replaces more than the limit",
        "`limits.maxReplacements` prevents a change of the defaults from restarting every run.",
        "limits: {maxReplacements: 10}",
        "Review the plan. If it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS403",
        "the plan discards more work than the limit",
        "`limits.maxLostReplicaHours` limits the work already done by the runs that a plan stops.",
        "limits: {maxLostReplicaHours: 24}",
        "Review the plan. If it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS404",
        "a protected run would be stopped",
        "`lifecycle.protect` refuses every change that stops a run of the task.",
        "lifecycle: {protect: true}",
        "Set `protect: false` in the manifest and apply that change first.",
    ),
    DiagnosticCode(
        "JS405",
        "removals are blocked",
        (
            "Without any manifest, or with one that could not be read, jobspec cannot distinguish a removed "
            "task from a broken one. Nothing is cancelled or deleted."
        ),
        "",
        "Correct the manifests or the paths.",
    ),
    DiagnosticCode(
        "JS406",
        "the plan is stale",
        (
            "Something changed after the plan was made. A step whose run has changed is "
            "skipped; a saved plan that no longer matches is not applied at all."
        ),
        "",
        "Make a new plan and review it.",
    ),
    DiagnosticCode(
        "JS407",
        "a twin is active",
        (
            "There is an active task with the same name that jobspec does not manage, or a run of the same "
            "spec in another scope. A submit would run the same work a second time, so nothing is submitted."
        ),
        "",
        "Adopt it with `jobspec adopt`, wait until it ends, stop it, or pass `--allow-twin`.",
    ),
    DiagnosticCode(
        "JS408",
        "no terminal for the confirmation prompt",
        "The command prompts for confirmation before it writes, which requires a terminal.",
        "jobspec apply < /dev/null",
        "Pass `--yes` to skip the prompt.",
    ),
    DiagnosticCode(
        "JS409",
        "unknown task",
        "The scope has neither a manifest nor a run with this name.",
        "jobspec logs resnet",
        "Use one of the tasks that `jobspec status` lists.",
    ),
    DiagnosticCode(
        "JS410",
        "not confirmed",
        "Apply, cancel and destroy prompt for confirmation before they write, and the prompt was declined.",
        "",
        "Nothing was changed. Run the command again and answer yes, or pass `--yes`.",
    ),
    DiagnosticCode(
        "JS411",
        "the plan violates `--expect`",
        "`--expect` lists changes that the plan must not contain, and the plan contains one.",
        "jobspec apply --expect no-replace,no-cancel",
        "Review the plan. If it is intended, remove the expectation.",
    ),
    DiagnosticCode(
        "JS412",
        "invalid or modified plan file",
        "`apply FILE` accepts only an unmodified file from `plan -o FILE`, in the current format version.",
        "jobspec apply plan.json",
        "Make the plan again: jobspec plan -o plan.json",
    ),
    DiagnosticCode(
        "JS413",
        "the run cannot be adopted",
        (
            "An adopted run becomes a run of its manifest. It must not be managed already, it should match "
            "the manifest, and the next apply must not stop it."
        ),
        "jobspec adopt t-20260101000000-abcde train",
        "Resolve the conflict that the message describes.",
    ),
    DiagnosticCode(
        "JS415",
        "no environment is selected",
        (
            "The project declares environments, the command selects none, and nothing has ever run in the "
            "scope without an environment. Applying would create another set of the same tasks. This is a "
            "warning."
        ),
        "jobspec plan",
        (
            "Add `-e NAME`. To avoid the warning, set `defaultEnvironment` or `environmentRequired: true` "
            "in the project file. `--scope PROJECT` selects the scope without an environment."
        ),
    ),
    DiagnosticCode(
        "JS416",
        "incomplete digest",
        "`apply --digest` requires all 32 characters of the digest that the plan prints.",
        "jobspec apply --digest 7ff6f176",
        "Copy the full digest.",
    ),
    DiagnosticCode(
        "JS418",
        "a value of the run is not known",
        "The platform has not returned the value that `jobspec get` should print: the run has not "
        "reached that state, or the platform does not return such a value at all.",
        "jobspec get train.host",
        "Wait for the run with `jobspec wait NAME --for running`, then run the command again.",
    ),
    DiagnosticCode(
        "JS420",
        "the plan submits more runs than the limit",
        "`limits.maxSubmits` prevents a mistake in a matrix or in the defaults from starting hundreds of "
        "runs.",
        "limits: {maxSubmits: 50}",
        "Review the plan. If it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS421",
        "the plan runs finished tasks again",
        "`limits.maxReruns` prevents a change of the defaults from rerunning tasks that have succeeded.",
        "limits: {maxReruns: 10}",
        "Review the plan. If it is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS422",
        "new runs may use more than the limit",
        "`limits.maxSubmitReplicaHours` limits the sum of replicas times `activeDeadline` over the runs "
        "that one apply submits.",
        "limits: {maxSubmitReplicaHours: 5000}",
        "Review the plan. Lower `activeDeadline` or, if the plan is intended, add --force limits.",
    ),
    DiagnosticCode(
        "JS423",
        "a change loosens a guard",
        (
            "The plan makes a limit, `protect` or another guard weaker than recorded in the "
            "tags of a run or, with `--since`, in the base revision. This is reported but not refused."
        ),
        "limits: {maxRemovals: 100%}",
        "Check why the guard is loosened. Prefer to loosen a guard in a separate change.",
    ),
    DiagnosticCode(
        "JS424",
        "the base revision cannot be compared",
        "`--since` reads the manifests of the merge base: its project file has errors, or it is too large.",
        "jobspec plan --since origin/main",
        "Follow the help line, or leave out `--since`.",
    ),
    DiagnosticCode(
        "JS425",
        "the base revision is not in this clone",
        "CI systems fetch a single commit by default; `--since` requires the history back to the merge base.",
        "jobspec plan --since origin/main",
        (
            "Fetch the whole history: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab CI, "
            "or `git fetch --unshallow`."
        ),
    ),
    DiagnosticCode(
        "JS426",
        "Git cannot read the checkout",
        "`--since` requires Git and a project in a Git repository.",
        "jobspec plan --since origin/main",
        "Follow the error from Git, or leave out `--since` outside a Git repository.",
    ),
    DiagnosticCode(
        "JS427",
        "a change from another repository is not trusted here",
        "The job has the keys of this repository, or could use them, and the checkout may come from a fork. "
        "`jobspec ci` then runs nothing. A change from a fork is planned under "
        "`pull_request`, where the job has no keys, and is never applied.",
        "on: pull_request_target",
        "Use `on: pull_request` for plans, and apply after the merge.",
    ),
    DiagnosticCode(
        "JS430",
        "the last drift report cannot be used",
        "`drift --only-new FILE` compares with a whole report of the same scope and platform. An unusable "
        "one is an error: every finding would be new, or none.",
        "jobspec drift --only-new plan.json",
        "Use the file that `jobspec drift -o json --output-file FILE` wrote, or remove it to start again.",
    ),
    DiagnosticCode(
        "JS431",
        "a notification was not sent",
        "The check itself is not affected: its report and its exit code are complete. With `--only-new`, the "
        "next check sends the findings again.",
        "jobspec drift --notify https://hooks.slack.com/services/…",
        "Check the address and the key of the webhook, the network and the proxy.",
    ),
    DiagnosticCode(
        "JS440",
        "unknown queue or file system name",
        "A manifest names a resource queue or a vePFS file system, and the platform has none with exactly "
        "this "
        "name, or does not show it to this key. Nothing is planned: the spec hash of the task contains the "
        "id.",
        "resourceQueue: {name: reserch}",
        "Correct the name; the help line lists close ones. `jobspec doctor` lists the queues.",
    ),
    DiagnosticCode(
        "JS441",
        "an ambiguous name",
        "Several resource queues or vePFS file systems have the name that a manifest uses.",
        "resourceQueue: {name: research}",
        "Write the id of the one to use.",
    ),
    DiagnosticCode(
        "JS442",
        "names cannot be looked up here",
        "The platform does not offer the action that looks names up, or this key may not use it.",
        "resourceQueue: {name: research}",
        "Write the id, as in `resourceQueue: q-20260101000000-abcde`.",
    ),
    DiagnosticCode(
        "JS443",
        "a queue that cannot take the task",
        "A task that would be submitted names a queue that does not exist, does not run, or that this key "
        "has "
        "no right to use.",
        "resourceQueue: q-20260101000000-abcde",
        "Correct the queue, or ask its owner. To apply anyway, add --force preflight.",
    ),
    DiagnosticCode(
        "JS444",
        "a flavor that the queue does not have",
        "A task that would be submitted uses a flavor that does not exist in the zone of its queue, or that "
        "is "
        "deprecated.",
        "roles: [{name: worker, replicas: 2, flavor: ml.g1e.large}]",
        "Use another flavor or another queue. To apply anyway, add --force preflight.",
    ),
    DiagnosticCode(
        "JS445",
        "a task that exceeds the quota of its queue",
        "A task needs more GPUs, vCPUs or memory than the whole quota of its queue. It can only run on "
        "shared or "
        "idle resources, so this is a warning, and an error with `preflight: strict` in the project file.",
        "preflight: strict",
        "Reduce `replicas`, or use another queue. To apply anyway, add --force preflight.",
    ),
    DiagnosticCode(
        "JS446",
        "a vePFS directory that may not be mounted",
        "A task that would be submitted mounts a directory that is not below a permitted one, or that may "
        "only "
        "be read.",
        "storages: [{type: Vepfs, vepfsId: vepfs-1, subPath: team, mountPath: /data}]",
        "Correct `subPath`, or set `readOnly: true`. To apply anyway, add --force preflight.",
    ),
    DiagnosticCode(
        "JS447",
        "new runs may use more GPU-hours than the limit",
        "`limits.maxSubmitGpuHours` limits the use of the runs that one apply submits: GPUs times "
        "`activeDeadline` and `delayExit`, for each attempt that `retry` allows. A flavor with an unknown "
        "number of GPUs cannot be counted, so it is refused too.",
        "limits: {maxSubmitGpuHours: 20000}",
        "Review the plan. Lower `activeDeadline`, `delayExit` or `retry.maxTimes`, add the flavor to "
        "`flavors` of your configuration or, if the plan is intended, add --force limits.",
    ),
)
