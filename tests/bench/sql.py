"""Records a second that SQL reads from CloudTrail's packed files, beside unpacking the same files alone.

    .venv/bin/python tests/bench/sql.py [--hold]

A plain script, not a test: rates depend on the machine. The ratio is to Python's zlib, which the reader itself
unpacks with, a whole file at once, of the very files that the question opens. The reader tells zlib how much
memory a file takes, and so is a little quicker. The `gzip` program takes twice as long; its line stands there for comparison, and the ratio isn't to it.
A file takes as long to unpack as its packed bytes are many, and to read as the unpacked ones: so there are two
sorts of records, management events that pack as real trails do (thirteen to one), and data events full of ids
(five to one).

`--hold` fails where a ratio, in the middle of the rounds, is above what is held.
"""

# ruff: noqa: E501 - texts of SQL stand as they are; the project is found first

import argparse
import gzip
import json
import random
import shutil
import string
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from replay import quiet

from scenarios.queries.sql.engine import Engine
from tests.rounds import Beside, beside, rates
from tests.scenarios.queries.sql.trail import NOW, ORGANIZATION, Bucket, Tables

FILES = 40
RECORDS = 1_000
ROUNDS = 5
DAY = "s3://trail/AWSLogs/o-abc/111111111111/CloudTrail/eu-west-1/2026/01/0{}/{}.json.gz"

QUESTIONS = {
    "group by": "SELECT eventname, count(*) FROM cloudtrail_logs GROUP BY 1 ORDER BY 2 DESC",
    "filter, JSON, group by": "SELECT json_extract_scalar(requestparameters, '$.bucketName'), count(*) FROM cloudtrail_logs "
    "WHERE useridentity.arn LIKE '%/r/a%' GROUP BY 1",
    "one day of three": "SELECT eventname, count(*) FROM cloudtrail_logs WHERE \"timestamp\" = '2026/01/02' GROUP BY 1",
}
# No more than so many times of gunzip: what a machine with twenty processes for two cores stayed below.
HELD: Final = {"group by": 3.0, "filter, JSON, group by": 3.8, "one day of three": 3.8}


def word(chance: random.Random, length: int) -> str:
    """Letters that don't pack well, as ids don't."""
    return "".join(chance.choices(string.ascii_letters + string.digits, k=length))


def record(chance: random.Random, number: int) -> dict[str, object]:
    """A data event of ordinary size."""
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROA{word(chance, 16)}:{word(chance, 8)}",
            "arn": f"arn:aws:sts::111111111111:assumed-role/r/{word(chance, 5)}",
            "accountId": "111111111111",
            "accessKeyId": f"ASIA{word(chance, 16)}",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::111111111111:role/{word(chance, 6)}"},
                "attributes": {"creationDate": "2026-01-01T00:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": f"GetObject{number % 9}",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": f"192.0.2.{number % 250}",
        "userAgent": f"[aws-sdk-java/1.11 {word(chance, 20)}]",
        "requestParameters": {
            "bucketName": f"b{number % 50}",
            "Host": "s3.amazonaws.com",
            "key": word(chance, 40),
        },
        "responseElements": None,
        "additionalEventData": {
            "x-amz-id-2": word(chance, 76),
            "bytesTransferredOut": 512,
            "CipherSuite": "TLS",
        },
        "requestID": word(chance, 16),
        "eventID": word(chance, 36),
        "readOnly": True,
        "resources": [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::b/{word(chance, 30)}"}],
        "eventType": "AwsApiCall",
        "recipientAccountId": "111111111111",
    }


SORTS: Final[dict[str, Callable[[random.Random, int], dict[str, Any]]]] = {
    "management events": quiet,
    "data events": record,
}


def files(sort: Callable[[random.Random, int], dict[str, Any]]) -> dict[str, bytes]:
    """Files of three days, packed as CloudTrail does."""
    chance = random.Random(1)
    return {
        DAY.format(number % 3 + 1, number): gzip.compress(
            json.dumps(
                {"Records": [sort(chance, each) for each in range(RECORDS)]}, separators=(",", ":")
            ).encode(),
            6,
        )
        for number in range(FILES)
    }


def unpacking(packed: list[bytes]) -> Callable[[], object]:
    """Unpack them, and keep none."""
    return lambda: [len(zlib.decompress(each, 31)) for each in packed]


def by_program(packed: list[bytes], folder: str) -> Callable[[], object]:
    """The same with the gzip program, on files that are in the page cache."""
    names = []
    for number, each in enumerate(packed):
        name = Path(folder, f"{number}.gz")
        name.write_bytes(each)
        names.append(str(name))
    return lambda: subprocess.run(["gzip", "-dc", *names], stdout=subprocess.DEVNULL, check=True)


def measured(packed: dict[str, bytes]) -> dict[str, float]:
    """Print a line for each question, and return the ratios. No file stays in memory once it is read."""
    everything = list(packed.values())
    size = sum(len(zlib.decompress(each, 31)) for each in everything)
    count = FILES * RECORDS
    say(f"  {size / count:,.0f} bytes each, {sum(map(len, everything)) / count:,.0f} packed")
    say(f"  {'':28}{'records/s':>9} ({'lowest':>9} to {'highest':>9})  times of gunzip")
    loads = beside(
        lambda: [len(json.loads(zlib.decompress(each, 31))) for each in everything],
        unpacking(everything),
        rounds=2,
    )
    say(f"  {'gunzip alone (zlib)':28}{rates(count, loads.other)}")
    if shutil.which("gzip"):
        with tempfile.TemporaryDirectory() as folder:
            tell(
                "the gzip program",
                count,
                beside(by_program(everything, folder), unpacking(everything), rounds=3),
            )
    tell("gunzip and json.loads", count, loads)
    asked = Engine(Tables(ORGANIZATION), Bucket(packed), NOW)
    found = {}
    for name, text in QUESTIONS.items():
        opened = [packed[each] for each in asked.run(text).files]
        taken = beside(lambda text=text: asked.run(text), unpacking(opened), rounds=ROUNDS)
        tell(name, len(opened) * RECORDS, taken)
        found[name] = taken.ratio
    return found


def tell(name: str, count: int, taken: Beside) -> None:
    """A line: rates, and the ratio with its spread."""
    spread = f"({min(taken.ratios):.2f} to {max(taken.ratios):.2f})"
    say(f"  {name:28}{rates(count, taken.work)}  {taken.ratio:5.2f} {spread}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="SQL over packed files, beside gunzip")
    parser.add_argument("--hold", action="store_true", help="fail above the ratios that are held")
    hold = parser.parse_args().hold
    above = []
    for sort, made in SORTS.items():
        say(f"{sort}, records a second of processor time")
        for name, ratio in measured(files(made)).items():
            if ratio > HELD[name]:
                above.append(f"{sort}, {name}: {ratio:.2f} times of gunzip, held: {HELD[name]}")
    if hold and above:
        sys.exit("\n".join(above))


if __name__ == "__main__":
    main()
