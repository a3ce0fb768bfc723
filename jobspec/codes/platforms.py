"""JS5xx and up: the platform, the local platform, bugs."""

from __future__ import annotations

from jobspec.codes.code import DiagnosticCode

CODES = (
    DiagnosticCode(
        "JS501",
        "no usable credentials",
        (
            "Credentials are taken from, in this order: arguments, `VOLC_ACCESSKEY` and `VOLC_SECRETKEY`, "
            "and `~/.volc/credentials`."
        ),
        "",
        "Set both variables, or create the file.",
    ),
    DiagnosticCode(
        "JS502",
        "incomplete list of tasks",
        (
            "Tasks kept appearing or disappearing while the pages were read. Nothing is planned from an "
            "incomplete list, because the missing tasks would be submitted again."
        ),
        "",
        "Run the command again.",
    ),
    DiagnosticCode(
        "JS510",
        "the platform returned an error",
        "The message comes from the platform.",
        "",
        "Follow the message. Give the request id to the platform's support.",
    ),
    DiagnosticCode(
        "JS511",
        "the platform could not be reached",
        "No connection was established, so nothing was executed.",
        "",
        "Check the network, the proxy and `platform.endpoint`, then run the command again.",
    ),
    DiagnosticCode(
        "JS512",
        "rate limited by the platform",
        "The platform rejected the request because of too many requests; it was not executed.",
        "",
        "Wait, then run the command again.",
    ),
    DiagnosticCode(
        "JS513",
        "no usable response from the platform",
        "After a server error, a timeout or a broken connection it is unknown whether the request was "
        "executed.",
        "",
        "Run the command again. It reads the current state first and continues from there.",
    ),
    DiagnosticCode(
        "JS514",
        "the response is not from the platform",
        "A proxy or a gateway responded instead, or the response was cut off.",
        "",
        "Check the proxy and `platform.endpoint`, then run the command again.",
    ),
    DiagnosticCode(
        "JS520",
        "the platform refused the request",
        "The request was not executed, and a retry would not help.",
        "",
        "Correct the problem that the message describes.",
    ),
    DiagnosticCode(
        "JS521",
        "the platform has no such task",
        "The task was deleted, or belongs to another account or region.",
        "",
        "Check the region and the profile.",
    ),
    DiagnosticCode(
        "JS522",
        "the task is still active",
        "A record can be deleted only after its task has ended.",
        "",
        "Run the command again after the task has ended.",
    ),
    DiagnosticCode(
        "JS523",
        "permission denied",
        "The key has no permission for the task or the queue; often the task belongs to another user.",
        "",
        "Use the owner's key, or request the permission.",
    ),
    DiagnosticCode(
        "JS524",
        "authentication failed",
        "Requests are signed with the secret key and the current time. The key, the signature or the time "
        "was rejected.",
        "",
        "Check the key in the message and the clock of this machine.",
    ),
    DiagnosticCode(
        "JS525",
        "the action is not supported",
        "The platform or the account does not support this action of the API.",
        "",
        "There is nothing to correct. Steps that require the action are skipped and reported.",
    ),
    DiagnosticCode(
        "JS530",
        "the outcome of a change is unknown",
        (
            "The request may have been executed. It is not sent again, because the same task could "
            "run a second time."
        ),
        "",
        "Run the command again. It waits, reads the current state and decides from that.",
    ),
    DiagnosticCode(
        "JS531",
        "a run did not stop in time",
        "The stop was requested, but the platform still shows the run as stopping. No new run is submitted "
        "until it ends.",
        "",
        "Apply again later to continue.",
    ),
    DiagnosticCode(
        "JS532",
        "a change did not take effect",
        ("The task was read back after an update and does not show the update: another writer changed it."),
        "",
        "Apply again.",
    ),
    DiagnosticCode(
        "JS533",
        "the platform is too slow for a safe submit",
        "A submit must follow a recent read of the current state. Reading took too long, so nothing was "
        "sent.",
        "",
        "Apply again when the platform answers faster.",
    ),
    DiagnosticCode(
        "JS534",
        "unusable certificates",
        "`SSL_CERT_FILE` or `SSL_CERT_DIR` points to certificates that do not exist or cannot be read, or "
        "`SSLKEYLOGFILE` to a file that cannot be written. The platform's certificate could not be verified.",
        "SSL_CERT_FILE=/no.pem jobspec plan",
        "Set the variable to a usable path, or unset it.",
    ),
    DiagnosticCode(
        "JS535",
        "invalid `NO_PROXY` entry",
        "The entry is ignored; the others apply. Valid entries: `*`; a host name, which also matches its "
        "subdomains, with or without a leading dot or `*.`; an address; a network such as `10.0.0.0/8`. "
        "A host name or an address may have a port.",
        "NO_PROXY=.example.com,10.0.0.0/99",
        "Correct the entry, or remove it.",
    ),
    DiagnosticCode(
        "JS601",
        "the local platform cannot be used",
        "The local platform stores its records in the user's state folder, outside the checkout. It reads "
        "its settings from the environment, and its queues, flavors and mounts from the file of "
        "`JOBSPEC_LOCAL_INVENTORY` or `serve --inventory`.",
        "",
        "Make the folder writable, or remove it if its records are not needed. Correct the setting or the "
        "file that the message names.",
    ),
    DiagnosticCode(
        "JS602",
        "the local platform cannot be served",
        "The port is in use, the folder does not exist, or the server would be reachable from other "
        "machines without keys. Anybody who can reach the server can run programs on this machine.",
        "jobspec serve --host 0.0.0.0",
        "Choose another port or folder. Listen on loopback, or pass `--signed`.",
    ),
    DiagnosticCode(
        "JS603",
        "the journal cannot be written",
        "Each submit is recorded in the state folder before it is sent, so that the next apply can find it "
        "after a crash. Without that record nothing is sent.",
        "",
        "Free disk space, make the folder writable, or set `JOBSPEC_STATE_DIR` to a writable folder.",
    ),
    DiagnosticCode(
        "JS604",
        "a file or a folder cannot be used",
        "The operating system refused to read or write the file or folder.",
        "",
        "Check its permissions and the free disk space.",
    ),
    DiagnosticCode(
        "JS605",
        "the state folder cannot be used",
        "The local platform's store, logs, journals and locks are kept outside the checkout, in a folder of "
        "your own: `$JOBSPEC_STATE_DIR`, else `$XDG_STATE_HOME/jobspec`, else `~/.local/state/jobspec`. It "
        "cannot be created, is a link, belongs to another user, or is writable by other users; or it is not "
        "empty and other users can enter it, as with folders of a checkout. This code is also reported for "
        "a `.jobspec` folder of an earlier release: its runs are not visible, so nothing is submitted.",
        "JOBSPEC_STATE_DIR=state jobspec apply",
        "Set `JOBSPEC_STATE_DIR` to a folder on a local disk that only you can write to. Move your own "
        "`.jobspec` folder with `jobspec state move`, and remove any other.",
    ),
    DiagnosticCode(
        "JS900",
        "this is a bug in jobspec",
        "An internal error occurred that should not be possible.",
        "",
        "Please report it with the message and the steps to reproduce it.",
    ),
)
