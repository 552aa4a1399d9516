"""What a cold start pays for importing app.py, beside chalice, boto3 and one client.

    .venv/bin/python tests/bench/import_time.py [ROUNDS]

Each is measured in processes of its own, taking turns, so that whatever else the machine does falls on all of
them alike. The median ratio is to stay at or below 1.1.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
CLIENT = "import boto3; boto3.Session(region_name='eu-west-1').client('dynamodb')"
BASE = f"import chalice; {CLIENT}"
OURS = f"import app; {CLIENT}"
TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
MOST = 1.1


def seconds(code: str) -> float:
    """How long the code takes in a fresh process, without the interpreter's own start."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(code)],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
        env={"PATH": os.environ.get("PATH", ""), "AWS_EC2_METADATA_DISABLED": "true"},
    )
    return float(done.stdout)


def main(rounds: int = 15) -> None:
    """Measure and print."""
    for code in (BASE, OURS):
        seconds(code)  # byte code and file cache
    base, ours = [], []
    for _ in range(rounds):
        base.append(seconds(BASE))
        ours.append(seconds(OURS))
    ratio = statistics.median(mine / other for mine, other in zip(ours, base, strict=True))
    for name, taken in (("chalice + boto3 + one client", base), ("app.py + one client", ours)):
        print(f"{name:<30} {statistics.median(taken) * 1000:6.0f} ms")  # noqa: T201 - a script's output
    print(f"{'ratio (at most ' + str(MOST) + ')':<30} {ratio:9.2f}")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
