"""No reader of foreign bytes answers with anything but a value, a diagnostic or a typed error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.proof.fuzz.all_readers import NAMES, all_readers
from tests.proof.fuzz.campaign import Tally, explore
from tests.proof.fuzz.reader import CORPUS, TOKENS, Reader
from tests.proof.fuzz.strategies import inputs_of
from tests.proof.fuzz.trial import attempt

SLICE = 40
LONG_SECONDS = 1.5
EXAMPLES = 20


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Reader]]:
    with all_readers(tmp_path_factory.mktemp("fuzz")) as made:
        yield made


def told(tally: Tally) -> str:
    return "\n\n".join(f"{failure.data[:2000]!r}\n{failure.told}" for failure in tally.failures.values())


@pytest.mark.parametrize("name", NAMES)
def test_no_input_of_the_corpus_and_near_it_fails(name: str, readers: Mapping[str, Reader]) -> None:
    tally = explore(readers[name], 1, lambda tally: tally.inputs >= SLICE)
    assert not tally.failures, told(tally)
    assert tally.accepted
    assert tally.refused or not readers[name].refusals or name == "journals"


@pytest.mark.fuzz
@pytest.mark.parametrize("name", NAMES)
def test_no_input_of_many_fails(name: str, readers: Mapping[str, Reader]) -> None:
    tally = explore(readers[name], 2, lambda tally: tally.seconds >= LONG_SECONDS)
    assert not tally.failures, told(tally)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_hypothesis_makes_up_fails(name: str, readers: Mapping[str, Reader]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def look(data: st.DataObject) -> None:
        trial = attempt(readers[name], data.draw(inputs_of(readers[name])))
        assert not trial.failure, trial.failure

    look()


def test_every_reader_has_words_and_a_corpus_and_nothing_lies_beside() -> None:
    assert {path.stem for path in TOKENS.iterdir()} == set(NAMES)
    made_by_code = {"stores"}
    assert {path.name for path in CORPUS.iterdir()} == set(NAMES) - made_by_code


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_is_small(name: str, readers: Mapping[str, Reader]) -> None:
    assert readers[name].seeds
    assert max(map(len, readers[name].seeds)) < 20_000
