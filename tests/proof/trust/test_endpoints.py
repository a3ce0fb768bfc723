"""A checkout does not choose where keys go: a listener that it names never sees a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.allowed import allow_endpoint, configure
from tests.proof.trust.listener import Listener, listening, reply
from tests.proof.trust.repository import CANARIES, PROJECT, leaked
from tests.proof.trust.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.projects import Project

WITH_SECRET = """\
apiVersion: jobspec/v1
kind: Task
metadata: {name: train}
spec:
  image: ml_platform/python:3.11
  entrypoint: "true"
  roles: [{name: worker, replicas: 1, flavor: ml.g1e.large}]
  env: {HF_TOKEN: {secret: {env: HF_TOKEN}}}
"""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as started:
        yield started


def name_endpoint(repository: Project, platform: str) -> None:
    repository.write("jobspec.yaml", PROJECT.replace("{kind: local}", platform))


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("volcengine", "http://127.0.0.1:{}"),
        ("local", "http://localhost:{}"),
        ("local", "http://0.0.0.0:{}"),
        ("volcengine", "http://open.volcengineapi.com@127.0.0.1:{}"),
    ],
)
def test_an_endpoint_that_only_the_project_names_gets_no_request(
    repository: Project, listener: Listener, kind: str, address: str
) -> None:
    name_endpoint(repository, f'{{kind: {kind}, endpoint: "{address.format(listener.port)}"}}')
    ended = repository.attempt("plan", "-o", "markdown")
    assert listener.seen == []
    assert (ended.code, ended.out) == (1, "")
    assert leaked(ended.printed) == []


@pytest.mark.parametrize(
    "command",
    [
        ["drift"],
        ["apply", "--yes"],
        ["doctor"],
        ["task", "list"],
    ],
    ids=" ".join,
)
def test_no_command_sends_anything_there(repository: Project, listener: Listener, command: list[str]) -> None:
    name_endpoint(repository, f"{{kind: volcengine, endpoint: '{listener.url}'}}")
    ended = repository.attempt(*command)
    assert listener.seen == []
    assert ended.code == 1
    assert leaked(ended.printed) == []


def test_the_refusal_prints_the_lines_that_allow_it_and_each_of_them_works(
    repository: Project, listener: Listener
) -> None:
    name_endpoint(repository, f"{{kind: volcengine, endpoint: '{listener.url}'}}")
    refused = repository.attempt("plan")
    file = repository.home / ".config" / "jobspec" / "config.yaml"
    assert "error[JS347]" in refused.err
    assert f"add `allowedEndpoints: [{listener.url}]` to {file}" in refused.err
    assert f"set JOBSPEC_ENDPOINT={listener.url}" in refused.err
    by_variable = repository.attempt("plan", environ={"JOBSPEC_ENDPOINT": listener.url})
    assert f"({listener.url}, by JOBSPEC_ENDPOINT)" in by_variable.out
    by_option = repository.attempt("plan", "--endpoint", listener.url)
    assert f"({listener.url}, by --endpoint)" in by_option.out
    configure(repository.home, f"allowedEndpoints: [{listener.url}]\n")
    by_file = repository.attempt("plan")
    assert f"({listener.url})" in by_file.out
    assert len(listener.seen) >= 3
    assert "VOLC_SECRETKEY" not in leaked(listener.text)


def test_an_endpoint_of_an_environment_is_the_projects_too(repository: Project, listener: Listener) -> None:
    more = f"  environments: {{prod: {{platform: {{kind: volcengine, endpoint: '{listener.url}'}}}}}}\n"
    repository.write("jobspec.yaml", PROJECT + more)
    assert repository.attempt("plan", "-e", "prod").code == 1
    assert listener.seen == []


def test_another_endpoint_than_the_allowed_one_gets_nothing(repository: Project, listener: Listener) -> None:
    allow_endpoint(repository.home, f"http://127.0.0.1:{listener.port + 1 if listener.port < 65535 else 1}")
    name_endpoint(repository, f"{{kind: volcengine, endpoint: '{listener.url}'}}")
    assert repository.attempt("plan").code == 1
    assert listener.seen == []


def test_a_redirect_of_an_allowed_endpoint_is_not_followed(repository: Project, listener: Listener) -> None:
    more = f"Location: {listener.url}/?Action=ListCustomTasks\r\n"
    with listening(reply(status="307 Temporary Redirect", more=more)) as allowed:
        repository.attempt("task", "list", "--endpoint", allowed.url, "--platform", "volcengine")
        assert allowed.seen
    assert listener.seen == []


def leave_key(state: Path, listener: Listener) -> None:
    """What a server of this user left when it was killed."""
    folder = state / "servers"
    folder.mkdir(parents=True, mode=0o700)
    state.chmod(0o700)
    file = folder / f"127.0.0.1_{listener.port}.json"
    file.write_text(
        json.dumps({"endpoint": listener.url, "accessKeyId": "local-1", "secretAccessKey": "s" * 32})
    )
    file.chmod(0o600)


def test_a_neighbour_at_the_port_of_a_server_that_died_gets_no_secret(
    repository: Project, listener: Listener
) -> None:
    leave_key(repository.kept.path, listener)
    repository.write("tasks/train.yaml", WITH_SECRET)
    name_endpoint(repository, f"{{kind: local, endpoint: '{listener.url}'}}")
    ended = repository.attempt("apply", "--yes")
    assert "error[JS349]" in ended.err
    assert ended.code == 1
    assert leaked(listener.text) == []
    assert b"CreateCustomTask" not in listener.text


def test_a_neighbour_cannot_pass_on_the_proof_of_another_server(
    repository: Project, listener: Listener, tmp_path: Path
) -> None:
    """Two servers have one key; one has died, and a neighbour at its port asks the other for the proof."""
    with serving(tmp_path, "--signed", environ=repository.keys) as served:
        listener.relay_to = ("127.0.0.1", served.port)
        repository.write("tasks/train.yaml", WITH_SECRET)
        name_endpoint(repository, f"{{kind: local, endpoint: '{listener.url}'}}")
        ended = repository.attempt("apply", "--yes", environ={"JOBSPEC_ENDPOINT": listener.url})
        assert "error[JS349]" in ended.err
        assert b"ListCustomTasks" in listener.text
        assert b"CreateCustomTask" not in listener.text
        name_endpoint(repository, f"{{kind: local, endpoint: '{served.url}'}}")
        assert repository.attempt("apply", "--yes", environ={"JOBSPEC_ENDPOINT": served.url}).code == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_neighbour_at_the_port_of_a_server_that_has_ended_gets_no_secret(
    repository: Project, listener: Listener, host: str
) -> None:
    """A server that ends leaves no key; the user's own goes there, as it is allowed, and has to be proven."""
    url = listener.url.replace("127.0.0.1", host)
    repository.write("tasks/train.yaml", WITH_SECRET)
    name_endpoint(repository, f"{{kind: local, endpoint: '{url}'}}")
    ended = repository.attempt("apply", "--yes", environ={"JOBSPEC_ENDPOINT": url})
    assert "error[JS349]" in ended.err
    assert listener.seen
    assert leaked(listener.text) in ([], ["VOLC_ACCESSKEY"])  # a signature names the id of its key
    assert b"CreateCustomTask" not in listener.text
    named = WITH_SECRET.replace("spec:", "spec:\n  resourceQueue: {name: alpha}", 1)
    repository.write("tasks/train.yaml", named)
    ended = repository.attempt("plan", environ={"JOBSPEC_ENDPOINT": url})
    assert "error[JS349]" in ended.err, "an id in place of the name would not help"
    assert "write its id" not in ended.err


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "503 Service Unavailable"])
def test_a_neighbour_gets_no_secret_of_the_sdk_class(repository: Project, status: str) -> None:
    create = f"CustomTask.client.create({{'Name': 'x', 'Args': '{CANARIES['HF_TOKEN']}'}})"
    with listening(reply(status=status)) as neighbour:
        leave_key(repository.kept.path, neighbour)
        ended = repository.run_python(
            "-c", f"from jobspec import CustomTask\n{create}", environ={"JOBSPEC_ENDPOINT": neighbour.url}
        )
        assert "ServerUnproven" in ended.err
        assert neighbour.seen
        assert leaked(neighbour.text) == []


def test_without_the_key_of_a_server_the_way_to_start_one_is_printed(
    repository: Project, listener: Listener
) -> None:
    name_endpoint(repository, f"{{kind: local, endpoint: '{listener.url}'}}")
    ended = repository.attempt("plan")
    assert "error[JS348]" in ended.err
    assert f"jobspec serve FOLDER --port {listener.port}" in ended.err
    assert listener.seen == []


def test_a_server_of_the_same_user_is_found_by_its_endpoint_alone(
    repository: Project, tmp_path: Path
) -> None:
    repository.write("tasks/train.yaml", WITH_SECRET.replace('"true"', "'test -n \"$HF_TOKEN\"'"))
    with serving(tmp_path) as served:
        name_endpoint(repository, f"{{kind: local, endpoint: '{served.url}'}}")
        assert repository.attempt("apply", "--yes", "--wait").code == 0
        script = "from jobspec import CustomTask\nprint(CustomTask.list()['Total'])"
        assert repository.run_python("-c", script, environ={"JOBSPEC_ENDPOINT": served.url}).out == "1\n"
