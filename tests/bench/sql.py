"""Records a second that SQL reads from CloudTrail's packed files, beside unpacking the same files alone.

    .venv/bin/python tests/bench/sql.py

A plain script, not a test: what it prints depends on the machine.
"""

# ruff: noqa: E501 - texts of SQL stand as they are; the project is found first

import gzip
import json
import random
import string
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scenarios.queries.sql.engine import Engine
from tests.scenarios.queries.sql.trail import NOW, ORGANIZATION, Bucket, Tables

FILES = 60
RECORDS = 1_000
ROUNDS = 5
DAY = "s3://trail/AWSLogs/o-abc/111111111111/CloudTrail/eu-west-1/2026/01/0{}/{}.json.gz"

QUESTIONS = {
    "group by": "SELECT eventname, count(*) FROM cloudtrail_logs GROUP BY 1 ORDER BY 2 DESC",
    "filter, JSON, group by": "SELECT json_extract_scalar(requestparameters, '$.bucketName'), count(*) FROM cloudtrail_logs "
    "WHERE useridentity.arn LIKE '%/r/a%' GROUP BY 1",
    "one day of three": "SELECT eventname, count(*) FROM cloudtrail_logs WHERE \"timestamp\" = '2026/01/02' GROUP BY 1",
}


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


def files() -> dict[str, bytes]:
    """Files of three days, packed as CloudTrail does."""
    chance = random.Random(1)
    return {
        DAY.format(number % 3 + 1, number): gzip.compress(
            json.dumps({"Records": [record(chance, each) for each in range(RECORDS)]}).encode(), 6
        )
        for number in range(FILES)
    }


def best(work: Callable[[], object]) -> float:
    """Seconds of the processor, the best of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def main() -> None:
    """Print a line for each question. No file stays in memory once it is read, neither here nor there."""
    packed = files()
    records = FILES * RECORDS
    alone = best(lambda: [len(zlib.decompress(each, 31)) for each in packed.values()])
    plain = best(lambda: [len(json.loads(zlib.decompress(each, 31))) for each in packed.values()])
    say = sys.stdout.write
    say(f"{'gunzip alone':28}{records / alone:12,.0f} records/s\n")
    say(
        f"{'gunzip and json.loads':28}{records / plain:12,.0f} records/s  {plain / alone:5.2f} times of gunzip\n"
    )
    asked = Engine(Tables(ORGANIZATION), Bucket(packed), NOW)
    for name, text in QUESTIONS.items():
        read = len(asked.run(text).files) * RECORDS
        taken = best(lambda text=text: asked.run(text))
        say(
            f"{name:28}{read / taken:12,.0f} records/s  {taken / alone * records / read:5.2f} times of gunzip\n"
        )


if __name__ == "__main__":
    main()
