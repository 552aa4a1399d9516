"""How many records a second `replay` reads where nothing fires, beside gunzip and json.loads on the same
files: `python tests/bench/replay.py`.

One process, one thread, processor time, the best of several. Records are CloudTrail's, of usual size, and
uneven as a real trail's; none of them wakes a rule or is counted by a filter. `x json.loads` is the ratio to
it. For records that fire, the milliseconds of each, and the memory that a thousand of them take above ten.
"""

import argparse
import gzip
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalicelib.matching import EventPattern
from scenarios.records.backtest import Backtest, Window
from scenarios.runner.replay.ours import Ours
from scenarios.runner.replay.replay import Replay

TRIES = 4
PER_FILE = 1_000
CALLS = (
    *("sts AssumeRole", "ec2 DescribeInstances", "s3 ListBuckets", "kms Decrypt", "logs CreateLogStream"),
    *("lambda GetFunction", "dynamodb DescribeTable", "iam GetRole", "ecs DescribeTasks", "ssm GetParameter"),
)
ROOT = {
    "eventSource": "signin.amazonaws.com",
    "eventName": "ConsoleLogin",
    "eventType": "AwsConsoleSignIn",
    "userIdentity": {"type": "Root", "accountId": "111122223333"},
    "eventTime": "2026-03-02T03:00:00Z",
}


def quiet(dice: random.Random, number: int) -> dict[str, Any]:
    """A record that nothing asks for, of some 1,300 bytes."""
    service, name = CALLS[min(int(dice.expovariate(0.5)), len(CALLS) - 1)].split()
    user = dice.randint(1, 40)
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE{user:09}:session-{user}",
            "arn": f"arn:aws:sts::111122223333:assumed-role/service-{user}/session-{user}",
            "accountId": "111122223333",
            "accessKeyId": f"ASIA{user:016}",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": f"AROAEXAMPLE{user:09}",
                    "arn": f"arn:aws:iam::111122223333:role/service-{user}",
                    "accountId": "111122223333",
                    "userName": f"service-{user}",
                },
                "attributes": {"creationDate": "2026-03-02T02:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": "2026-03-02T03:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": dice.choice(["us-east-1", "eu-west-1"]),
        "sourceIPAddress": f"10.0.{user}.{dice.randint(0, 255)}",
        "userAgent": "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64",
        "requestParameters": {
            "name": f"thing-{number}",
            "filterSet": {"items": [{"name": "a", "value": "b"}]},
        },
        "responseElements": {"requestId": f"{dice.getrandbits(128):032x}", "_return": True},
        "requestID": f"{dice.getrandbits(128):032x}",
        "eventID": f"{dice.getrandbits(128):032x}",
        "readOnly": True,
        "resources": [{"accountId": "111122223333", "type": "AWS::IAM::Role", "ARN": f"arn:x:{user}"}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
    }


def best(do: Callable[[], object], count: int) -> float:
    """So many a second, the best of several."""
    seconds = []
    for _ in range(TRIES):
        begun = time.process_time()
        do()
        seconds.append(time.process_time() - begun)
    return count / min(seconds)


def replayed(*names: str, named: bool = False) -> Replay:
    """Everything read, and what fires handled."""
    replay = Replay(Ours(), named=named)
    list(replay.read(names))
    return replay


def tried(name: str) -> None:
    """A pattern that matches nothing, on everything."""
    pattern = EventPattern({"source": ["aws.glue"], "detail": {"eventName": ["DeleteJob"]}})
    backtest = Backtest({"glue": pattern}, window=Window())
    list(backtest.read([name]))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def reading(folder: Path, count: int) -> None:
    """Rates where nothing fires."""
    dice = random.Random(1)
    records = [quiet(dice, number) for number in range(count)]
    log_files = folder / "log files"
    log_files.mkdir()
    texts = []
    for start in range(0, count, PER_FILE):
        text = json.dumps({"Records": records[start : start + PER_FILE]}, separators=(",", ":")).encode()
        texts.append(text)
        (log_files / f"{start:09}.json.gz").write_bytes(gzip.compress(text, 6))
    packed = [path.read_bytes() for path in sorted(log_files.iterdir())]
    one = folder / "one.json.gz"
    one.write_bytes(gzip.compress(json.dumps({"Records": records}, separators=(",", ":")).encode(), 6))
    lines = folder / "lines.jsonl"
    lines.write_bytes(b"\n".join(json.dumps(record).encode() for record in records))
    replayed(str(one))  # what is made once is made
    loads = best(lambda: [json.loads(text) for text in texts], count)
    rows: dict[str, Callable[[], object]] = {
        "gunzip alone": lambda: [gzip.decompress(each) for each in packed],
        "replay, a folder of log files": lambda: replayed(str(log_files)),
        "replay, one file": lambda: replayed(str(one)),
        "replay, JSON lines, not packed": lambda: replayed(str(lines)),
        "replay --format json, a folder": lambda: replayed(str(log_files), named=True),
        "backtest, a folder": lambda: tried(str(log_files)),
    }
    say(f"{count:,} records of {sum(map(len, texts)) // count:,} bytes, records a second of processor time")
    say(f"{'json.loads':<34}{loads:>10,.0f}")
    for name, do in rows.items():
        rate = best(do, count)
        say(f"{name:<34}{rate:>10,.0f}   x json.loads {rate / loads:.2f}")


def firing(folder: Path, count: int) -> None:
    """Milliseconds for each record that fires, and memory."""
    file = folder / "firing.jsonl"
    for many in (10, count):
        file.write_text("\n".join(json.dumps({**ROOT, "eventID": f"id-{each}"}) for each in range(many)))
        begun = time.process_time()
        done = sum(1 for _ in replayed(str(file)).results())
        spent = (time.process_time() - begun) * 1000 / done
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(f"{many:>6,} records that fire: {spent:6.1f} ms each, at most {most:,.0f} MB in this process")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="records a second, beside gunzip and json.loads")
    parser.add_argument("--records", type=int, default=40_000, help="how many where nothing fires (40000)")
    parser.add_argument("--firing", type=int, default=1_000, help="how many that fire (1000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        firing(Path(folder), options.firing)
        reading(Path(folder), options.records)


if __name__ == "__main__":
    main()
