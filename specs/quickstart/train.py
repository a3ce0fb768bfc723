"""Fit y = 3x + 2 by gradient descent, slowly enough to be watched."""

import argparse
import os
import time


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=20)
    steps = parser.parse_args().steps
    rate = float(os.environ["LEARNING_RATE"])
    points = [(x / 10, 3 * x / 10 + 2) for x in range(-10, 11)]
    slope = offset = 0.0
    for step in range(1, steps + 1):
        errors = [(slope * x + offset - y, x) for x, y in points]
        slope -= rate * 2 * sum(error * x for error, x in errors) / len(points)
        offset -= rate * 2 * sum(error for error, _ in errors) / len(points)
        loss = sum(error * error for error, _ in errors) / len(points)
        print(f"step {step}: loss {loss:.4f}", flush=True)
        time.sleep(0.05)
    print(f"y = {slope:.2f}x + {offset:.2f}")


if __name__ == "__main__":
    main()
