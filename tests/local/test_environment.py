from __future__ import annotations

from jobspec.local.store.spec import Replica, spec_of
from jobspec.local.supervisor.environment import (
    MARK,
    base_environment,
    replica_environment,
    shared_environment,
)
from tests.local.calls import roles, task

SPEC = spec_of(
    {
        **task("demo"),
        "TaskRoleSpecs": [roles("ps"), roles("big-worker", 2)],
        "Envs": [
            {"Name": "LR", "Value": "1"},
            {"Name": "MLP_TASK_ID", "Value": "forged"},
            {"Name": "MLP_OTHER", "Value": "forged"},
            {"Name": "MLP_LOG_PATH", "Value": "/log"},
            {"Name": MARK, "Value": "forged"},
        ],
    }
)
SHARED = shared_environment("t-1", SPEC, {"ps-0": 1001, "big-worker-0": 1002, "big-worker-1": 1003})


def test_every_replica_knows_where_all_are() -> None:
    assert SHARED == {
        "MLP_TASK_ID": "t-1",
        "MLP_TASK_NAME": "demo",
        "MLP_WORKER_GPU": "0",
        "MLP_PS_NUM": "1",
        "MLP_PS_ALL_HOSTS": "127.0.0.1",
        "MLP_PS_0_HOST": "127.0.0.1",
        "MLP_PS_0_PORT": "1001",
        "MLP_BIG_WORKER_NUM": "2",
        "MLP_BIG_WORKER_ALL_HOSTS": "127.0.0.1,127.0.0.1",
        "MLP_BIG_WORKER_0_HOST": "127.0.0.1",
        "MLP_BIG_WORKER_0_PORT": "1002",
        "MLP_BIG_WORKER_1_HOST": "127.0.0.1",
        "MLP_BIG_WORKER_1_PORT": "1003",
    }


def test_a_task_cannot_set_what_the_platform_sets() -> None:
    env = replica_environment({}, SPEC, SHARED, replica=Replica("big-worker", 1), mark="s/t-1/big-worker-1")
    assert env["MLP_TASK_ID"] == "t-1"
    assert "MLP_OTHER" not in env
    assert (env["LR"], env["MLP_LOG_PATH"], env["PYTHONUNBUFFERED"]) == ("1", "/log", "1")
    assert (env["MLP_ROLE"], env["MLP_ROLE_INDEX"], env[MARK]) == ("big-worker", "1", "s/t-1/big-worker-1")


def test_the_platforms_own_variables_are_withheld() -> None:
    given = {"PATH": "/bin", "VOLC_SECRETKEY": "s", "JOBSPEC_LOCAL_SLOTS": "3", "MLP_ROLE": "outer"}
    assert base_environment(given) == {"PATH": "/bin"}
