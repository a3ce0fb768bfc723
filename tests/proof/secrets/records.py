"""Secrets in what the platform tells of a task: as private values, and repeated wherever text can stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.proof.secrets.placement import Placement, Plant, Run, runs
from tests.proof.secrets.platform import Json, Reply
from tests.proof.secrets.world import World

ID = "t-20260131010203-00000"
OTHER = "t-20260131010203-00001"
FORMATS = ("table", "wide", "json", "yaml")
LOOK = (
    *(Run(f"task list -o {form}") for form in FORMATS),
    *(Run(f"task get {ID} -o {form}") for form in FORMATS),
    Run("task list --all -c id,name,state,phase,group,queue,flavors,exit,tags,detail,description,managed"),
)
WRITE = (
    *runs(f"task update {ID} --description new --yes", f"task update {ID} --add-tag a -o json --yes"),
    *runs(f"task update {ID} --add-tag b -o yaml --yes", f"task cancel {ID} --yes -o yaml"),
    *runs(f"task cancel {ID} --yes -o json", f"task delete {ID} --yes -o json"),
)
IMPORT = runs(f"import {ID} -o -", f"import {ID}", "validate")
MANAGED = (
    *runs("status", "status -o json", "history train", "history train -o json", "plan"),
    *(Run(f"plan -o {form}") for form in ("json", "markdown", "html", "plan.json")),
    *(Run(f"drift -o {form}", 2) for form in ("text", "json", "markdown", "html", "junit", "prometheus")),
    *runs("wait train --for finished", "wait train -o json"),
)


def _private(value: str) -> Json:
    return {"Envs": [{"Name": "T", "Value": value, "IsPrivate": True}]}


def _repeated(more: Callable[[str], Json]) -> Plant:
    """A task of somebody else: the platform shows its private value, and once more elsewhere."""

    def plant(world: World) -> None:
        world.platform.state = "Success"
        world.platform.add("else", **{**_private(world.secret), **more(world.secret)})
        world.platform.echo = lambda record: {**record, **_private(world.secret)}
        world.write("tasks/train.yaml", "# none yet\n")

    return plant


REPEATED: dict[str, Callable[[str], Json]] = {
    "alone": lambda _: {},
    "and in its description": lambda value: {"Description": f"made with {value}"},
    "and in what is said of it": lambda value: {"DiagInfo": f"the container said: T={value!r} is wrong"},
    "and in its tags": lambda value: {"Tags": ["a", value]},
    "and in its name": lambda value: {"Name": f"job-{value}"},
    "and in its state": lambda value: {"State": "Success", "ResourceSpec": value, "Reason": value},
    "and in its queue": lambda value: {"ResourceQueueId": value, "ResourceGroupId": value},
    "and in a role": lambda value: {
        "TaskRoleSpecs": [{"RoleName": "worker", "RoleReplicas": 1, "ResourceSpecId": value}]
    },
    "and in its command": lambda value: {
        "EntrypointPath": f"train --token={value}",
        "Args": f"--key {value}",
    },
    "and in a field that nobody knows": lambda value: {"Later": {"Deep": [{"Text": f"x {value} y"}]}},
    "and in a path of it": lambda value: {"TensorBoardPath": f"/a/{value}", "CodeOriPath": value},
    "in base64 in what is said of it": lambda value: {"DiagInfo": f"token {value.encode().hex()} is wrong"},
}


def _of_others() -> Iterator[Placement]:
    for where, more in REPEATED.items():
        # A name is public, so an import keeps it, and says so.
        looked = LOOK if "name" in where else (*LOOK, *IMPORT)
        # An update sends the tags that a task has back to where they are from.
        lines = looked if "tags" in where else (*looked, *WRITE)
        yield Placement(f"a private value of a live task {where}", _repeated(more), lines)


CREDENTIALS: dict[str, Callable[[str], Json]] = {
    "for its storage": lambda value: {"Credential": {"AccessKeyId": f"AK{value}", "SecretAccessKey": value}},
    "for its image": lambda value: {
        "ImageSpec": {
            "Url": "r.example/a:1",
            "Credential": {"RegistryUsername": "me", "RegistryToken": value},
        }
    },
    "in a storage": lambda value: {
        "Storages": [{"Type": "Tos", "MountPath": "/d", "Bucket": "b", "SecretKey": value}]
    },
    "in an address of its code": lambda value: {"CodeOriPath": f"https://me:{value}@git.example/a.git"},
    "in the query of an address": lambda value: {"TOSCodePath": f"https://b.example/a?token={value}&x=1"},
    "in a public variable with a telling name": lambda value: {
        "Envs": [{"Name": "HF_TOKEN", "Value": value}]
    },
    "that is assigned in its command": lambda value: {"EntrypointPath": f"export HF_TOKEN={value}; train"},
}


def _credentials() -> Iterator[Placement]:
    for where, more in CREDENTIALS.items():

        def plant(world: World, more: Callable[[str], Json] = more) -> None:
            world.platform.state = "Success"
            world.platform.add("else", **more(world.secret))
            world.write("tasks/train.yaml", "# none yet\n")

        lines = (*LOOK, Run(f"import {ID} -o -"), Run(f"import {ID}", 0, "wrote"), Run("plan -o json"))
        yield Placement(f"a credential of a live task {where}", plant, lines)


def _managed(more: Callable[[str], Json]) -> Plant:
    """A run of ours, which the platform tells with its private value."""

    def plant(world: World) -> None:
        world.environ["CANARY"] = world.secret
        world.platform.state = "Success"
        world.task("env: {T: {secret: {env: CANARY}}}")
        world.run("apply --yes")
        world.task("env: {T: {secret: {env: CANARY}}, U: more}\nargs: --other")
        world.platform.echo = lambda record: {**record, **_private(world.secret), **more(world.secret)}

    return plant


def _of_ours() -> Iterator[Placement]:
    told = {where: more for where, more in REPEATED.items() if "name" not in where and "tags" not in where}
    for where, more in told.items():
        yield Placement(f"a private value of a run {where}", _managed(more), MANAGED)


def _instance(more: Callable[[str], Json]) -> Plant:
    def plant(world: World) -> None:
        world.platform.add("else")
        world.platform.instance = more(world.secret)

    return plant


INSTANCES = (*(Run(f"task instances {ID} -o {form}") for form in FORMATS), Run(f"--debug task logs {ID}"))
FAILING = tuple(Run(run.line, run.exits) for run in INSTANCES[:-1])


def _address(query: str, status: int = 0, location: str = "") -> Plant:
    """The address of a log has a secret in it, and leads somewhere or nowhere."""

    def plant(world: World) -> None:
        world.platform.add("else")
        url = f"{world.platform.url}/logs/x?{query}".replace("{}", world.secret)
        world.platform.instance = {"LogURL": url, "WebShellURL": url, "MonitorURL": url}
        if status:
            headers = {"Location": location.replace("{}", world.secret)} if location else {}
            world.platform.answers["GET"] = lambda _: Reply(status, world.secret.encode(), headers)

    return plant


def _broken_address(url: str) -> Plant:
    return _instance(lambda value: {"LogURL": url.replace("{}", value)})


def _failed_with_log(world: World) -> None:
    world.platform.state = "Failed"
    world.platform.instance = {"LogURL": f"http://me:{world.secret}@127.0.0.1:1/?token={world.secret}"}


ASKED_FOR = ("request lines",)
_SENT = "an address is asked for as it is: its token is for the server that it names"
ADDRESSES = (
    Placement("the query of a log's address", _address("token={}"), INSTANCES, shown=ASKED_FOR, why=_SENT),
    Placement(
        "an address of a log that has expired",
        _address("token={}", 403),
        runs(f"--debug task logs {ID}", exits=1, says="JS523"),
        shown=ASKED_FOR,
        why=_SENT,
    ),
    Placement(
        "a log's address that leads on with a secret, without an end",
        _address("x=1", 302, "/logs/y?signature={}"),
        runs(f"--debug task logs {ID}", exits=1, says="redirects more than"),
        shown=ASKED_FOR,
        why=_SENT,
    ),
    Placement(
        "a log's address that leads out of the web",
        _address("x=1", 302, "ftp://me:{}@elsewhere.example/"),
        runs(f"--debug task logs {ID}", exits=1, says="an address that is not allowed"),
    ),
    *(
        Placement(f"a log's address {what}", _broken_address(url), runs(f"--debug task logs {ID}", exits=1))
        for what, url in {
            "that is none": "nonsense {}",
            "of another scheme": "file:///{}",
            "with a port that is none": "http://me:{}@127.0.0.1:x/",
            "where nobody listens": "http://me:{}@127.0.0.1:1/?t={}",
            "with a host that is none": "http://{}..x/?t={}",
            "with a character that none has": "http://127.0.0.1:1/\x00{}",
        }.items()
    ),
    Placement(
        "the end of a log that cannot be read, of a run that failed",
        _failed_with_log,
        runs("apply --yes --wait", exits=1, says="cannot read the log of worker-0"),
    ),
)


def _with_timeline(world: World) -> None:
    world.platform.add("else")
    world.platform.timeline = [{"State": "Failed", "Message": f"pulled with --password={world.secret} x"}]


def _with_login(world: World) -> None:
    world.platform.add("else", EntrypointPath=f"curl -u me:{world.secret} https://files.example/a")


def _logging(world: World) -> None:
    world.platform.add("else")
    world.platform.log = f"T={world.secret}\n".encode()


_LIMIT = "docs/commands.md: what repeats a private value of the record it stands in is masked"
SAID = (
    Placement(
        "an assigned password in what is said of a replica",
        _instance(lambda value: {"DiagInfo": f"exec: --password={value} failed"}),
        INSTANCES,
    ),
    Placement(
        "a value that nothing tells from a word, in what is said of a replica",
        _instance(lambda value: {"DiagInfo": f"exec: {value} failed"}),
        FAILING,
        shown=("stdout",),
        why=_LIMIT,
    ),
    Placement(
        "an assigned password in a timeline",
        _with_timeline,
        tuple(Run(f"task timeline {ID} -o {form}") for form in FORMATS),
    ),
    Placement(
        "a password that only its reader knows to be one, in a live command",
        _with_login,
        runs(f"task get {ID} -o yaml", f"import {ID} -o -"),
        shown=("stdout",),
        why="docs/reconcile-rules.md: known shapes are recognised, not everything",
    ),
    Placement(
        "what a task itself has logged",
        _logging,
        runs(f"task logs {ID}"),
        shown=("stdout",),
        why="docs/commands.md: a log is shown as the task wrote it",
    ),
)

TABLE = (*_of_others(), *_credentials(), *_of_ours(), *ADDRESSES, *SAID)
