"""Each checker is able to fail: code that is broken on purpose does not get through."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.proof.simulation.broken_code import MUTANTS
from tests.proof.simulation.checkers import CHECKERS
from tests.proof.simulation.functions import sources
from tests.proof.simulation.hunt import AT_RANDOM, GROUNDS, STAGED, hunt
from tests.proof.simulation.mutants import Mutant, applied

LONG_HUNT = 5_000
# Long hunts are for the long run; of the others every third is enough to see that the net holds.
SLOW_GROUNDS = frozenset(
    {"two deeds", "signals", "faults of stops", "faults of new", "deeds", "faults of steps"}
)
FAST = [mutant for mutant in MUTANTS if mutant.ground not in SLOW_GROUNDS]
SLOW_TOO = {"a fault in a race", "faults of opposed cancels"}
SLICE = [mutant for mutant in FAST[::3] if mutant.ground not in SLOW_TOO]


def names(mutants: list[Mutant]) -> list[str]:
    return [mutant.name for mutant in mutants]


@pytest.mark.long
@pytest.mark.parametrize("mutant", SLICE, ids=names(SLICE))
def test_broken_code_is_noticed(mutant: Mutant) -> None:
    assert hunt(mutant, most=400).by


@pytest.mark.simulation
def test_every_way_to_break_the_code_is_noticed_and_every_checker_notices_one() -> None:
    caught = [hunt(mutant, most=LONG_HUNT) for mutant in MUTANTS]
    assert [one.mutant for one in caught if not one.by] == []
    assert CHECKERS.keys() <= {one.by for one in caught}


def test_there_are_enough_of_them() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 90


def test_each_changes_something() -> None:
    stale = [why for mutant in MUTANTS if (why := _why_stale(mutant))]
    assert not stale, "\n\n".join(stale)


def _why_stale(mutant: Mutant) -> str:
    try:
        with applied(mutant):
            return ""
    except LookupError as error:
        return str(error)


def test_each_applies_to_the_same_code_in_other_words_and_another_format() -> None:
    texts = {mutant.edited.module: sources()[mutant.edited.module] for mutant in MUTANTS}
    reworded = {module: ast.unparse(OtherWords().visit(ast.parse(text))) for module, text in texts.items()}
    for mutant in MUTANTS:
        assert mutant.edit(reworded).module == mutant.edited.module


class OtherWords(ast.NodeTransformer):
    """Other names for the local variables and parameters of each function, and other messages."""

    def __init__(self) -> None:
        self.local: frozenset[str] = frozenset()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        outer, self.local = self.local, self.local | frozenset(_locals(node))
        self.generic_visit(node)
        self.local = outer
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(f"other {node.value}") if isinstance(node.value, str) and self.local else node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field, value in ast.iter_fields(node):
            if field in {"id", "arg", "name"} and not isinstance(node, ast.keyword) and value in self.local:
                setattr(node, field, f"other_{value}")
        return super().generic_visit(node)


def _locals(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=str(name)) | ast.Name(id=str(name), ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name


def test_each_has_a_ground_that_there_is() -> None:
    assert {mutant.ground for mutant in MUTANTS} - {""} <= GROUNDS.keys() | STAGED.keys() | AT_RANDOM.keys()


@pytest.mark.parametrize(
    ("function", "find", "message"),
    [
        ("send", "nothing()", "the pattern matches 0 times"),
        ("send", "return $_", "the pattern matches 2 times"),
        ("send", "return return", "invalid syntax"),
        ("sent", "return 1", "no module has a function `sent`"),
    ],
)
def test_a_mutant_that_does_not_apply_names_itself_and_its_function(
    function: str, find: str, message: str
) -> None:
    mutant = Mutant(name="never send", function=function, find=find, replace="pass")
    with pytest.raises(LookupError) as refused:
        mutant.edit({"app": "def send(x):\n    if x:\n        return 1\n    return 2\n"})
    assert str(refused.value).startswith(f"mutant `never send` of the function `{function}`: {message}")


def test_a_mutant_uses_only_names_of_the_module() -> None:
    mutant = Mutant(name="never send", function="check_readable", find="raise $_", replace="elsewhere()")
    with pytest.raises(
        LookupError, match=r"`never send`: jobspec\.workflow\.project\.manifests has no name elsewhere"
    ):
        _ = mutant.broken
