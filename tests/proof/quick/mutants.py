"""Real manifests, and mutants of them that stay close to valid ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.world import TASK
from tests.proof.quick.comparing import HEAD, PROJECTS

ROOT = Path(__file__).parent.parent.parent.parent
_TOKENS = (
    *(
        ": ",
        "- ",
        "# ",
        " #",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a ",
        "*a",
        "!!str ",
        "!",
        "|",
        "|-",
        ">",
        ">+\n",
        "'",
        '"',
    ),
    *(
        "\n",
        "\n\n",
        " ",
        "  ",
        "\t",
        "---\n",
        "--- x\n",
        "...\n",
        "%YAML 1.2\n",
        "? ",
        "<<: ",
        "\\n",
        "\\",
        "\\u0041",
    ),
    *(
        "0",
        "1",
        "010",
        "0x1F",
        "0o17",
        "0b11",
        "1_000",
        "1e3",
        "1e400",
        ".5",
        "5.",
        "-0",
        "+1",
        ".inf",
        ".nan",
        "~",
    ),
    *(
        "null",
        "Null",
        "true",
        "True",
        "yes",
        "NO",
        "on",
        "12:30:45",
        "2026-01-31",
        "90s",
        "99999d",
        "1.0",
        "64MiB",
    ),
    *(
        "${{ vars.epochs }}",
        "${{ vars.image }}",
        "${{ vars.image.tag }}",
        "${{ scope.project }}",
        "$${{ x }}",
        "${{ vars.nope || 'd' }}",
        "${{ slug(vars.ratio) }}",
        "${{ lower(vars.image.tag) }}",
        "${{ toJSON(vars.image) }}",
        "${{ vars.epochs || }}",
        "${{ git.sha || 'x' }}",
        "${{ matrix.x || 0.10 }}",
    ),
    *(
        "${{ scope.environment }}",
        "${{ vars.ratio }}",
        "$HOME",
        "$$HOME",
        "${X}",
        "$(x)",
        "训练",
        "é",
        "\u00a0",
        "\ufeff",
    ),
    *(
        "\r\n",
        "\x85",
        "\u2028",
        "\x00",
        "\x7f",
        "99999999999",
        "123456789012345678901",
        "=",
        "<<",
        "@",
        "`",
        "&&",
        "!=",
    ),
    *(
        "tos://bucket/a",
        "hf_abcdefghijklmnopqrst",
        "token: abcdef123456",
        "MLP_X",
        "jobspec-x",
        "/data/",
        "//data",
    ),
)
_LINES = (
    *(
        "  resourceGroup: g",
        "  tags: [a, a]",
        "  allowPlaintext: [spec.args]",
        "  retry: {on: [Failed], interval: 90s}",
    ),
    *(
        "  code: {source: Local, originPath: x}",
        "  previousNames: [old]",
        "  ignoreChanges: [spec.args, spec.env.LR]",
    ),
    *(
        "  priority: 5",
        "  sidecar: {cpu: 1, memory: 4.5}",
        "  delayExit: 30m",
        "  env: {A: '1', B: {secret: {env: T}}}",
    ),
    *(
        "  tensorboard: {enabled: true}",
        "  preemptible: false",
        "  access: Private",
        "  historyLimit: 3",
        "# note",
        "",
    ),
    *(
        "  tags: null",
        "  env:",
        "  storages: []",
        "    LR: ${{ vars.epochs }}",
        "  description: 基线 baseline",
        "  suspend: true",
    ),
)
_RICH = """\
# a sweep
apiVersion: jobspec/v1
kind: Task
metadata: {name: rich-1, description: "quoted \\"text\\"", tags: [a, 'b']}
spec:
  image: {url: registry.example.com/vision/train:2.1, type: VolcEngine}
  entrypoint: |
    set -e
    cd /app && python train.py \\
      --data $DATA --lr ${LR}   # not a comment
  args: >-
    --epochs ${{ vars.epochs }}
    --name ${{ scope.project }}
  framework: PyTorchDDP
  roles:
  - {name: worker, replicas: 2, flavor: ml.g1e.large}
  - name: ps
    replicas: 1
    flavor: ml.g1e.small
  activeDeadline: 120h
  env:
    HF_TOKEN: {secret: {env: HF_TOKEN}}
    EMPTY: ""
    URL: https://example.com/a?b=c
  storages:
  - {type: Nas, mountPath: /nas, nasId: enas-cnbj0123, subPath: a/b}
  - {type: Vepfs, mountPath: /fast, vepfsId: v-1}
  storageCredential:
    accessKeyId: {secret: {env: AK}}
    secretAccessKey: {secret: {file: secrets/sk}}
  sidecar: {memoryRatio: 0.5, cpu: 1, memory: 4}
  retry: {enabled: true, maxTimes: 3, interval: 120s, on: [Failed]}
lifecycle: {onChange: AfterCompletion, restartPolicy: Never, backoffLimit: 1, rerun: "2026-01-31"}
---
apiVersion: jobspec/v1
kind: Task
metadata:
  name: second
spec:
  image: ml/pytorch:${{ vars.image.tag }}
  entrypoint: python train.py
  roles: [{name: worker, replicas: 1, flavor: f}]
"""


def originals() -> list[str]:
    """The manifests that mutants are made of: examples, test cases, and two that use most fields."""
    files = [*(ROOT / "specs").rglob("*.yaml"), *(ROOT / "tests" / "cases" / "manifest").rglob("*.yaml")]
    texts = [text for file in sorted(files) if (text := _utf8(file)) is not None]
    ours = [text for text in texts if "kind: Task" in text and len(text) < 5000]
    return [*ours, *([TASK.format(number=7), _RICH, _RICH] * 60)]


def projects() -> list[str]:
    """The project files that mutants are made of."""
    files = [*(ROOT / "specs").rglob("jobspec.yaml"), *(ROOT / "tests/cases/manifest").rglob("jobspec.yaml")]
    texts = [text for file in sorted(files) if (text := _utf8(file)) is not None]
    return [*texts, *([HEAD + text for text in PROJECTS.values()] * 20)]


def mutants(seed: int, texts: list[str]) -> Iterator[str]:
    """Endless mutants of some texts, which follow from a seed."""
    chance = random.Random(seed)
    while True:
        text = chance.choice(texts)
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            text = _changed(text, chance)
        yield text


def _changed(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    lines = text.split("\n")
    line = chance.randrange(len(lines))
    kind = chance.randrange(8)
    if kind == 0:
        return text[:at] + text[at + chance.randrange(1, 4) :]
    if kind == 1:
        return text[:at] + chance.choice(_TOKENS) + text[at:]
    if kind == 2:
        return text[:at] + chance.choice(_TOKENS) + text[at + chance.randrange(1, 4) :]
    if kind == 3:
        lines.insert(line, chance.choice((chance.choice(lines), chance.choice(_LINES))))
    elif kind == 4:
        lines.pop(line)
    elif kind == 5:
        lines[line] = chance.choice(("  ", " ")) + lines[line]
    elif kind == 6:
        lines[line] = lines[line].removeprefix("  ")
    else:
        key, colon, _ = lines[line].partition(": ")
        lines[line] = key + colon + chance.choice(_TOKENS)
    return "\n".join(lines)


def _utf8(file: Path) -> str | None:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        return None
