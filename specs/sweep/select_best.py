"""Print the settings with the smallest mean loss of all results."""

import json
from collections import defaultdict
from pathlib import Path


def main() -> None:
    losses = defaultdict(list)
    for file in sorted(Path("results").glob("*.json")):
        result = json.loads(file.read_text())
        losses[result["rate"], result["momentum"]].append(result["loss"])
    if not losses:
        raise SystemExit("no results")
    (rate, momentum), found = min(losses.items(), key=lambda item: sum(item[1]) / len(item[1]))
    total = sum(map(len, losses.values()))
    print(f"best of {total}: rate {rate}, momentum {momentum}, mean loss {sum(found) / len(found):.4f}")


if __name__ == "__main__":
    main()
