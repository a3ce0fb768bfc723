"""A credential in a command is replaced with a variable; the shell still makes the same words of it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from jobspec.manifest.volc.values.shell import with_variable

TEXT = "s3cr3t-text"
PRINT = "printf '[%s]' "
EXPANDED = (
    f"{PRINT}@",
    f"{PRINT}a@b @",
    f'{PRINT}"a @ b"',
    f"{PRINT}'a @ b'",
    f"{PRINT}$'a\\t@\\'b'",
    f"{PRINT}\"a'@'b\"",
    f'{PRINT}"a\\"@\\"b"',
    f"bash -c '{PRINT}\"Bearer @\"'",
    f"bash -c \"{PRINT}'@'\"",
    f"X=@ Y='@' bash -c '{PRINT}$X $Y'",
    f'{PRINT}"$({PRINT}"@" | cat)"',
    f"{PRINT}${{NOT_SET:-@}}",
    f'{PRINT}"${{NOT_SET:-@}}"',
    f"# don't @\n{PRINT}@",
    f"{PRINT}a#b '@' # it's @\n{PRINT}@",
    'cat <<EOF\n"@" don\'t\nEOF\necho @',
    "cat <<-EOF\n\t@\n\tEOF\necho @",
    "cat <<A <<'B'\n@\nA\nx\nB\n",
    "cat <<< @",
    f"(cd /; {PRINT}@)",
    f"case a in a) {PRINT}@ ;; esac",
    f"if [ 1 -lt $((1 << 2)) ]; then {PRINT}@; fi",
    f"{PRINT}`echo x` @",
    f'{PRINT}\'{{"token": "@"}}\'',
    f"{PRINT}a\\\n@",
    f"{PRINT}\\' @ \\'",
)
NOT_EXPANDED = (
    "python - <<'EOF'\nlogin('@')\nEOF\n",
    "python - <<\\EOF\n@\nEOF\n",
    "cat <<EOF\n$(echo '@')\nEOF\n",
    f"{PRINT}`echo '@'`",
    f"{PRINT}'@",
    f'{PRINT}"@',
    f"{PRINT}$((@))",
    "cat <<EOF\n@\n",
    f'{PRINT}"$(case a in a) echo @ ;; esac)"',
    f"{PRINT}\\@",
    f"{PRINT}${{X:-'@'}}",
)


def _output(command: str) -> tuple[int, str]:
    bash = shutil.which("bash")
    assert bash is not None
    environ = {"PATH": "/usr/bin:/bin", "KEY": TEXT}
    ended = subprocess.run([bash, "-c", command], capture_output=True, text=True, env=environ, check=False)
    return ended.returncode, ended.stdout


@pytest.mark.parametrize("command", EXPANDED)
def test_the_shell_makes_the_same_words(command: str) -> None:
    written = command.replace("@", TEXT)
    changed = with_variable(written, TEXT, "KEY")
    assert changed is not None
    assert TEXT not in changed
    assert _output(changed) == _output(written)


@pytest.mark.parametrize("command", NOT_EXPANDED)
def test_where_that_is_not_certain_nothing_is_replaced(command: str) -> None:
    assert with_variable(command.replace("@", TEXT), TEXT, "KEY") is None
