"""Patterns match by structure, exactly once, and a replacement uses what they matched."""

from __future__ import annotations

import ast

import pytest

from tests.proof.simulation.syntax import global_names, replace

CODE = '''
def send(step, limit):
    """Send it."""
    found = look(step.name, lag=3)
    if found and found.is_active:
        return refuse(f"{found.id} is active")
    for attempt in range(limit):
        note(step, attempt)
        try:
            return Result("done", run=create(step))
        except Lost as error:
            last = error
    raise last
'''
SAME_IN_OTHER_WORDS = """
def send(wish, most):
    there = look(
        wish.name,  # the exact name
        lag=3,
    )
    if (there and there.is_active): return refuse("busy: " + there.id)
    for number in range(most):
        note(wish, number)
        try: return Result("made", run=create(wish))
        except Lost as lost: newest = lost
    raise newest
"""


def edited(pattern: str, replacement: str, *, given: str = "", code: str = CODE) -> str:
    tree = ast.parse(code)
    replace(tree, pattern, replacement, given=given)
    compile(tree, "edited", "exec")
    return ast.unparse(tree)


def changed(old: str, new: str) -> str:
    assert CODE.count(old) == 1
    return ast.unparse(ast.parse(CODE.replace(old, new)))


@pytest.mark.parametrize(
    ("pattern", "replacement", "old", "new"),
    [
        ("Lost", "Exception", "Lost", "Exception"),
        ("$a and $a.is_active", "not $a", "found and found.is_active", "not found"),
        ("look($$all)", "look($$all, here=True)", "lag=3)", "lag=3, here=True)"),
        ("look($$_, lag=$n)", "look($n)", "step.name, lag=3", "3"),
        ("look($$some)", "look(0, $$some)", "look(", "look(0, "),
        ("Result($_, run=$run)", "Result($run)", '"done", run=create(step)', "create(step)"),
        ("$found.is_active", "$found.is_over", "found.is_active", "found.is_over"),
        ("$found = look($$args)", "$found: int = look($$args)", "found = look", "found: int = look"),
        ("note($step, $n)", "note($n)\nnote($step)", "note(step, attempt)", "note(attempt); note(step)"),
        ("note($$_)", "", "        note(step, attempt)\n", ""),
        ("$_ = error", "raise error", "last = error", "raise error"),
        ("if $c: $$do", "if not $c: $$do", "found and found.is_active", "not (found and found.is_active)"),
        ("for $_ in $_: $$do", "while True: $$do", "for attempt in range(limit)", "while True"),
    ],
)  # fmt: skip
def test_what_matches_is_replaced(pattern: str, replacement: str, old: str, new: str) -> None:
    assert edited(pattern, replacement) == changed(old, new)


@pytest.mark.parametrize(
    "pattern",
    [
        "$found = look($step.name, lag=3)\nif $found and $found.is_active: return $_",
        "for $n in range($_):\n    note($step, $n)\n    try: $$_\n    except Lost as $e: $last = $e",
        "return Result($$_)",
        "raise $last",
    ],
)
def test_other_local_names_messages_and_format_match_as_well(pattern: str) -> None:
    for code in (CODE, SAME_IN_OTHER_WORDS):
        assert "edited" in edited(pattern, "edited()\nedited()", code=code)


def test_a_given_pattern_binds_names_for_both() -> None:
    given = "for $n in $_: $$_"
    assert edited("note($_, $_)", "note($n)", given=given) == changed("note(step, attempt)", "note(attempt)")
    with pytest.raises(LookupError, match="0 times"):
        edited("create($n)", "", given=given)


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        ("nothing($$_)", 0),
        ("look($_)", 0),  # it has two arguments
        ("$a and $b and $c", 0),
        ("note($same, $same)", 0),
        ("look($name, lag='3')", 0),
        ("return $_", 2),
        ("$x = $_", 2),
    ],
)
def test_a_pattern_that_does_not_match_once_is_refused(pattern: str, times: int) -> None:
    with pytest.raises(LookupError, match=f"matches {times} times instead of once") as refused:
        edited(pattern, "None")
    assert pattern in str(refused.value)


def test_a_replacement_uses_only_what_was_matched() -> None:
    with pytest.raises(LookupError, match=r"no wildcard `\$other`"):
        edited("create($step)", "create($other)")
    with pytest.raises(LookupError, match=r"no wildcard `\$_`"):
        edited("create($_)", "create($_)")


def test_the_names_that_a_replacement_needs_are_known() -> None:
    assert global_names("$found: Run = look($step, lag=LAG)[$$rest]\nreturn $found.name") == {"look", "LAG"}
