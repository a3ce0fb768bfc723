"""Data-parallel linear regression over plain sockets.

Worker 0 is where all meet: at MLP_WORKER_0_HOST and MLP_WORKER_0_PORT. In each round every worker computes
the gradient of its share of the points, worker 0 adds them up and sends the new weights to everyone, and
the evaluator says how good they are on points that nobody trained on.
"""

import json
import os
import socket
import time

ROLE, INDEX = os.environ["MLP_ROLE"], int(os.environ["MLP_ROLE_INDEX"])
WORKERS = int(os.environ["MLP_WORKER_NUM"])
ADDRESS = (os.environ["MLP_WORKER_0_HOST"], int(os.environ["MLP_WORKER_0_PORT"]))
ROUNDS, RATE = 60, 0.4
POINTS = [(x / 50, 3 * x / 50 + 2) for x in range(-50, 51)]
TRAINING, HELD_OUT = POINTS[::2], POINTS[1::2]


def gradient(weights, points):
    errors = [(weights[0] * x + weights[1] - y, x) for x, y in points]
    return [sum(e * x for e, x in errors), sum(e for e, _ in errors)]


def loss(weights, points):
    return sum((weights[0] * x + weights[1] - y) ** 2 for x, y in points) / len(points)


def connect():
    for _ in range(100):
        try:
            return socket.create_connection(ADDRESS, timeout=10)
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"worker 0 does not answer at {ADDRESS}")


def send(stream, value):
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def lead():
    with socket.create_server(ADDRESS) as server:
        streams = [server.accept()[0].makefile("rw") for _ in range(WORKERS)]  # the workers and the evaluator
    helpers = [stream for stream in streams if json.loads(stream.readline()) == "worker"]
    weights = [0.0, 0.0]
    for _ in range(ROUNDS):
        for stream in streams:
            send(stream, weights)
        gradients = [gradient(weights, TRAINING[0::WORKERS])]
        gradients += [json.loads(stream.readline()) for stream in helpers]
        total = [sum(parts) / len(TRAINING) for parts in zip(*gradients, strict=True)]
        weights = [w - RATE * g for w, g in zip(weights, total, strict=True)]
    for stream in streams:
        send(stream, weights)
        stream.close()
    print(f"after {ROUNDS} rounds of {WORKERS} workers: y = {weights[0]:.3f}x + {weights[1]:.3f}")


def follow():
    stream = connect().makefile("rw")
    send(stream, ROLE)
    for number, line in enumerate(stream):
        weights = json.loads(line)
        if ROLE == "evaluator":
            if number % 20 == 0:
                print(f"round {number}: loss {loss(weights, HELD_OUT):.5f}", flush=True)
        elif number < ROUNDS:
            send(stream, gradient(weights, TRAINING[INDEX::WORKERS]))
    print(f"{ROLE}-{INDEX} is done")


if __name__ == "__main__":
    lead() if (ROLE, INDEX) == ("worker", 0) else follow()
