"""Fit a noisy line by gradient descent with momentum, and write the loss to `results`."""

import json
import os
import random
import time
from pathlib import Path


def main() -> None:
    rate, momentum = float(os.environ["RATE"]), float(os.environ["MOMENTUM"])
    noise = random.Random(int(os.environ["SEED"]))  # noqa: S311 - data, not a key
    points = [(x / 10, 3 * x / 10 + 2 + noise.gauss(0, 0.1)) for x in range(-10, 11)]
    slope = offset = slope_change = offset_change = 0.0
    for _ in range(20):
        errors = [(slope * x + offset - y, x) for x, y in points]
        slope_change = momentum * slope_change - rate * 2 * sum(e * x for e, x in errors) / len(points)
        offset_change = momentum * offset_change - rate * 2 * sum(e for e, _ in errors) / len(points)
        slope, offset = slope + slope_change, offset + offset_change
        time.sleep(0.02)
    loss = sum((slope * x + offset - y) ** 2 for x, y in points) / len(points)
    print(f"rate {rate}, momentum {momentum}: loss {loss:.4f}")
    results = Path("results")
    results.mkdir(exist_ok=True)
    result = {"task": os.environ["MLP_TASK_NAME"], "rate": rate, "momentum": momentum, "loss": loss}
    (results / f"{result['task']}.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
