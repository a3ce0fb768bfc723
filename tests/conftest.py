"""What all tests share: a state folder that is not the user's, and the comparison with expected files."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings

from jobspec.config.state_folder import VARIABLE as STATE_VARIABLE

MatchesFile = Callable[[str, Path], None]


# No test asks how long an example took: a busy machine is no failure.
settings.register_profile("jobspec", deadline=None)
settings.load_profile("jobspec")


LONG = ("benchmark", "chaos", "fuzz", "secrets", "simulation")
LONGEST = 3600.0
"""Seconds that a test with one of these markers may take."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a script. What is started by a test shall hear Ctrl-C all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.get_closest_marker(name) for name in LONG) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONGEST))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite", action="store_true", help="write expected files anew; review them as a diff"
    )


@pytest.fixture(scope="session", autouse=True)
def _state_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep fixtures that many tests share away from the user's state, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STATE_VARIABLE, str(tmp_path_factory.mktemp("state") / "session"))
        yield


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of one test, and of the processes that inherit its environment. It is not made yet."""
    path = tmp_path_factory.getbasetemp() / f"state-{uuid4().hex}"
    monkeypatch.setenv(STATE_VARIABLE, str(path))
    return path


@pytest.fixture
def matches_file(request: pytest.FixtureRequest) -> MatchesFile:
    """Compare text with a committed file; with `--rewrite`, write it."""

    def compare(actual: str, expected: Path) -> None:
        if request.config.getoption("--rewrite"):
            expected.write_text(actual, encoding="utf-8")
        assert expected.is_file(), f"{expected} is missing: run pytest --rewrite"
        assert actual == expected.read_text(encoding="utf-8")

    return compare
