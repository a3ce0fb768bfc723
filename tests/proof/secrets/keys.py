"""The account's own keys, and other secrets of whoever runs a command: profiles, addresses, proxies."""

from __future__ import annotations

from collections.abc import Iterator

from tests.allowed import allow_endpoint
from tests.proof.secrets.placement import Placement, Plant, Run, runs
from tests.proof.secrets.world import KEYS, World

ID = "t-20260131010203-00000"
INI = "[default]\naccess_key_id = AKLT-of-the-file\nsecret_access_key = {}\nsession_token = {}-token\n"
ASK = runs("plan", "--debug plan -o json", "doctor", "doctor -o json", "task list --platform volcengine")
FAIL = runs("plan", "--debug apply --yes", "status", "destroy --yes", "doctor", "doctor -o json", exits=1)


def _without_keys(world: World) -> None:
    for name in KEYS:
        world.environ.pop(name, None)


def _profile(text: str, config: str = "[default]\nregion = cn-shanghai\n", mode: int = 0o600) -> Plant:
    """Keys in the files of the vendor's tools alone."""

    def plant(world: World) -> None:
        _without_keys(world)
        path = world.write(str(world.home / ".volc" / "credentials"), text.replace("{}", world.secret))
        path.chmod(mode)
        world.write(str(world.home / ".volc" / "config"), config.replace("{}", world.secret))

    return plant


BROKEN_INI = {
    "without a section": "access_key_id = a\nsecret_access_key = {}\n",
    "with a line that is none": "[default]\naccess_key_id = a\n{}\nsecret_access_key = {}\n",
    "with a key on the line of a section": "[default] {}\n",
    "with an open section": "[default\nsecret_access_key = {}\n",
    "with a key twice": "[default]\nsecret_access_key = {}\nsecret_access_key = {}\naccess_key_id = a\n",
    "with a section twice": "[default]\naccess_key_id = {}\n[default]\nsecret_access_key = {}\n",
    "with a section that is a key": "[{}]\naccess_key_id = a\n",
    "with half a key": "[default]\nsecret_access_key = {}\n",
    "with a key with spaces": "[default]\naccess_key_id = a\nsecret_access_key = {} {}\n",
    "with a key in quotes of its own": '[default]\naccess_key_id = a,b\nsecret_access_key = "{}"\n',
    "with a token of two lines": "[default]\naccess_key_id=a\nsecret_access_key=b\nsession_token={}\n {}\n",
    "with what looks like a reference": "[default]\naccess_key_id=a\nsecret_access_key=%({})s{}é\n",
    "that is no text": "[default]\nsecret_access_key = {}\x00\n",
    "that is too large": "[default]\nsecret_access_key = {}\n" + "# x\n" * 300_000,
}


def _profiles() -> Iterator[Placement]:
    yield Placement("the keys of a profile", _profile(INI), ASK)
    yield Placement(
        "a profile that others can read", _profile(INI, mode=0o644), (Run("plan", 0, "chmod 600"),)
    )
    other = INI.replace("[default]", "[other]")
    yield Placement("a profile that is not asked for", _profile(other), FAIL)
    yield Placement(
        "a file of regions that is none",
        _profile(INI, config="[default]\nregion\n{}\n"),
        runs("plan", exits=1),
    )
    for what, text in BROKEN_INI.items():
        yield Placement(f"a file of keys {what}", _profile(text), FAIL)
    yield Placement("a file of keys that is not UTF-8", _not_utf8, FAIL)
    yield Placement("a file of keys that is a folder", _folder_of_keys, runs("plan", "doctor", exits=1))


def _not_utf8(world: World) -> None:
    _without_keys(world)
    data = b"[default]\nsecret_access_key = " + world.secret.encode() + b"\xff\n"
    world.write(str(world.home / ".volc" / "credentials"), data)


def _folder_of_keys(world: World) -> None:
    _without_keys(world)
    world.write(str(world.home / ".volc" / "credentials" / "old"), INI.replace("{}", world.secret))


def _variables(**values: str | None) -> Plant:
    def plant(world: World) -> None:
        for name, value in values.items():
            world.environ.pop(name, None)
            if value is not None:
                world.environ[name] = value.replace("{}", world.secret)

    return plant


def _in_environment() -> Iterator[Placement]:
    for name in KEYS:
        for what, value in {
            "with a space": "{} {}",
            "with a line break": "{}\n{}",
            "of other letters": "{}é",
        }.items():
            yield Placement(f"{name} {what}", _variables(**{name: value}), FAIL)
    yield Placement("VOLC_SECRETKEY alone", _variables(VOLC_ACCESSKEY=None, VOLC_SECRETKEY="{}"), FAIL)
    yield Placement("VOLC_ACCESSKEY alone", _variables(VOLC_SECRETKEY=None, VOLC_ACCESSKEY="{}"), FAIL)
    yield Placement(
        "keys beside a profile that is asked for",
        _variables(VOLC_SECRETKEY="{}"),
        runs("task list --platform volcengine --profile other", "doctor --profile other", exits=1),
    )
    yield Placement(
        "keys of which the debug log could tell",
        _variables(JOBSPEC_DEBUG="1", VOLC_SECRETKEY="{}"),
        runs("plan", "task list", "apply --yes -o json"),
    )


ENDPOINTS = {
    "with a password": "http://me:{}@127.0.0.1:1",
    "with a password and no name": "https://:{}@platform.example",
    "with a token in its query": "https://platform.example/?token={}",
    "with a token in its path": "https://platform.example/{}",
    "with a token as its fragment": "https://platform.example/#{}",
    "with a password and a port that is none": "http://me:{}@127.0.0.1:nonsense",
    "with a password and a bracket": "http://me:{}@[::1",
    "with a password and no scheme": "me:{}@platform.example",
}


def _endpoint_in_project(endpoint: str) -> Plant:
    def plant(world: World) -> None:
        text = world.inputs[world.root / "jobspec.yaml"].decode()
        world.write("jobspec.yaml", text.replace(world.platform.url, endpoint.replace("{}", world.secret)))
        if "{}" not in endpoint:
            allow_endpoint(world.home, endpoint)

    return plant


def _endpoint_in_variable(endpoint: str) -> Plant:
    def plant(world: World) -> None:
        (world.root / "jobspec.yaml").unlink()
        world.environ["JOBSPEC_ENDPOINT"] = endpoint.replace("{}", world.secret)

    return plant


def _endpoints() -> Iterator[Placement]:
    for what, endpoint in ENDPOINTS.items():
        lines = runs("validate", "plan", "--debug apply --yes", "status -o json", exits=1)
        ends_well = what.startswith(("with a token", "with a password and a port", "with a password and no"))
        told = (Run("doctor", 1), Run("doctor -o json", 1))
        yield Placement(
            f"an endpoint of a project {what}",
            _endpoint_in_project(endpoint),
            (*(lines[1:] if ends_well else lines), *told),
        )
        yield Placement(
            f"an endpoint in the environment {what}",
            _endpoint_in_variable(endpoint),
            runs("task list", "doctor", "doctor -o json", exits=1),
        )


PROXIES = {
    "where nobody listens": "http://me:{}@127.0.0.1:1",
    "that is no address": "http://me:{}@[::1",
    "of a kind that is not there": "socks5://me:{}@127.0.0.1:1",
    "of no kind that there is": "nonsense://me:{}@127.0.0.1:1",
    "with a name that no host has": "http://me:{}@..x:1",
    "with a port that is none": "http://me:{}@127.0.0.1:99999999",
}


def _proxies() -> Iterator[Placement]:
    for what, proxy in PROXIES.items():
        for variable, endpoint in {
            "HTTPS_PROXY": "https",
            "http_proxy": "http",
            "ALL_PROXY": "https",
        }.items():
            yield Placement(
                f"a proxy in {variable} {what}",
                _proxy(variable, proxy, endpoint),
                runs("doctor", "--debug doctor -o json", exits=1),
            )
    yield Placement(
        "a proxy that refuses",
        _working_proxy("https", 407),
        runs("doctor", exits=1, says="the proxy refused with 407"),
    )


def _proxy(variable: str, proxy: str, scheme: str) -> Plant:
    def plant(world: World) -> None:
        world.environ[variable] = proxy.replace("{}", world.secret)
        _endpoint_in_project(f"{scheme}://platform.example")(world)

    return plant


def _working_proxy(scheme: str, status: int) -> Plant:
    """Our own platform stands in for the proxy; to a tunnel it says what it gets."""

    def plant(world: World) -> None:
        address = world.platform.url.replace("://", f"://me:{world.secret}@")
        _proxy(f"{scheme}_proxy", address, scheme)(world)
        if status != 200:
            world.platform.refuses_tunnels_with = f"not with {world.secret}"

    return plant


TABLE = (*_profiles(), *_in_environment(), *_endpoints(), *_proxies())
