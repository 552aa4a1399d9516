"""How many log files a second `validate-trail` verifies, beside the AWS CLI's `cloudtrail validate-logs`:
`python tests/bench/validate_trail.py`.

Both are commands, started anew and asked about the same trail at the same endpoint: as much of S3 and
CloudTrail as they ask, answered from memory, at once or after 30 ms as from a region far away. After them
comes a copy on disk, which the CLI doesn't read; below it stands what can't be left out: to read, unpack and
hash each file. The rate is by the clock, the best of several runs; `CPU` is the command's own seconds of
processor time for a thousand log files, starting included. On a busy machine believe `CPU`.

The CLI is found on the PATH, or where PEER_AWS_CLI says. Without one our own rates are printed.
"""

import argparse
import asyncio
import base64
import bisect
import gzip
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from chalicelib.trail.integrity.keys import Chain, LogFileKey
from scenarios.cloud.cloudtrail.delivery.digests import DeliveredLog, simulated_key, write_digest

BUCKET, ACCOUNT, REGION = "trail-bucket", "111122223333", "us-east-1"
ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATENCY_SECONDS = 0.03
RECORDS = 200  # in a log file
CONTENTS = 40  # that differ; more would only take longer to make
PEER = os.environ.get("PEER_AWS_CLI") or shutil.which("aws")
OURS = Path(sys.executable).with_name("trailwarden")
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_CONFIG_FILE": os.devnull}


@dataclass(slots=True)
class Trail:
    """One chain of digests in memory: bodies and metadata by key."""

    hours: int
    logs_an_hour: int
    objects: dict[str, tuple[bytes, Mapping[str, str]]] = field(default_factory=dict)

    @property
    def logs(self) -> int:
        """How many log files there are."""
        return self.hours * self.logs_an_hour

    def deliver(self) -> None:
        """Write every hour's log files, and the digest that names them."""
        contents = [_records(random.Random(number)) for number in range(CONTENTS)]
        packed = [(hashlib.sha256(each).hexdigest(), gzip.compress(each, 6, mtime=0)) for each in contents]
        chain = Chain(account=ACCOUNT, region=REGION, trail="main", home_region=REGION)
        previous = None
        for hour in range(self.hours):
            since = START + hour * HOUR
            logs = []
            for number in range(self.logs_an_hour):
                sha256, body = packed[number % CONTENTS]
                moment = since + HOUR * (number + 0.5) / self.logs_an_hour
                key = LogFileKey(account=ACCOUNT, region=REGION, delivered_at=moment, unique=f"{number:016d}")
                self.objects[str(key)] = body, {}
                logs.append(
                    DeliveredLog(
                        bucket=BUCKET, key=str(key), sha256=sha256, oldest_event=since, newest_event=moment
                    )
                )
            previous = write_digest(
                chain, bucket=BUCKET, starts_at=since, ends_at=since + HOUR, logs=logs, previous=previous
            )
            self.objects[previous.key] = previous.body, previous.metadata

    def on_disk(self, folder: Path) -> tuple[str, ...]:
        """Write it as `aws s3 sync` would; return the options that name the copy."""
        digests = sorted(key for key in self.objects if "CloudTrail-Digest" in key)
        for key, (body, metadata) in self.objects.items():
            path = folder / "copy" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            if key == digests[-1]:
                path.with_name(f"{path.name}.head.json").write_text(json.dumps({"Metadata": dict(metadata)}))
        (folder / "keys.json").write_text(json.dumps(_public_keys()))
        return "--directory", str(folder / "copy"), "--public-keys", str(folder / "keys.json")


def _records(dice: random.Random) -> bytes:
    """The content of a log file."""
    return json.dumps({"Records": [_record(dice) for _ in range(RECORDS)]}, separators=(",", ":")).encode()


def _record(dice: random.Random) -> dict[str, object]:
    user = f"user-{dice.randrange(200)}"
    return {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDA{dice.getrandbits(64):016X}",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "accountId": ACCOUNT,
            "userName": user,
        },
        "eventTime": "2024-01-01T00:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": REGION,
        "sourceIPAddress": f"203.0.113.{dice.randrange(256)}",
        "userAgent": "aws-cli/2.13",
        "requestParameters": {"filterSet": {"x": f"{dice.getrandbits(128):032x}"}},
        "responseElements": None,
        "requestID": f"{dice.getrandbits(128):032x}",
        "eventID": f"{dice.getrandbits(128):032x}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }


def _public_keys() -> dict[str, object]:
    key = simulated_key()
    valid = {"ValidityStartTime": 1577836800, "ValidityEndTime": 2208988800}
    value = base64.b64encode(key.value).decode()
    return {"PublicKeyList": [{"Value": value, "Fingerprint": key.fingerprint, **valid}]}


class Endpoint:
    """Serves a trail on a free loopback port, each answer so many seconds late.

    It answers thousands of requests a second, so that the command is measured and not the endpoint.
    """

    def __init__(self, trail: Trail) -> None:
        self.delay = 0.0
        self.url = ""
        self._objects, self._keys = trail.objects, sorted(trail.objects)
        about = {
            "Name": "main",
            "TrailARN": ARN,
            "S3BucketName": BUCKET,
            "HomeRegion": REGION,
            "IsMultiRegionTrail": False,
            "LogFileValidationEnabled": True,
        }
        ended = START + trail.hours * HOUR
        self._calls: dict[str, object] = {
            "ListPublicKeys": _public_keys(),
            "DescribeTrails": {"trailList": [about]},
            "GetTrailStatus": {"IsLogging": True, "LatestDigestDeliveryTime": ended.timestamp()},
        }

    def start(self) -> None:
        """Begin to serve, in a thread that ends with the program."""
        ready = Event()
        Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        ready.wait()

    async def _serve(self, ready: Event) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=256)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode().split("\r\n")
                method, target, _ = request.split()
                headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
                await reader.readexactly(int(headers.get("content-length", 0)))
                if self.delay:
                    await asyncio.sleep(self.delay)
                status, more, body = self._answer(target, headers.get("x-amz-target", ""))
                told = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", ""]
                writer.write("\r\n".join(told).encode() + (b"" if method == "HEAD" else body))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client is done
        finally:
            writer.close()

    def _answer(self, target: str, action: str) -> tuple[str, list[str], bytes]:
        if action:
            answer = self._calls.get(action.rpartition(".")[2])
            told = {"__type": "UnknownOperationException"} if answer is None else answer
            return "200 OK" if answer else "400 Bad Request", [], json.dumps(told).encode()
        path, _, query = target.partition("?")
        key = unquote(path).removeprefix(f"/{BUCKET}").lstrip("/")
        if key in self._objects:
            body, metadata = self._objects[key]
            more = [f"x-amz-meta-{name}: {value}" for name, value in metadata.items()]
            return "200 OK", ["Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", *more], body
        asked = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        if key or "versions" in asked:
            return "404 Not Found", [], b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"
        if "location" in asked:
            return "200 OK", [], b"<LocationConstraint/>"
        return "200 OK", ["Content-Type: application/xml"], self._listed(asked)

    def _listed(self, asked: Mapping[str, str]) -> bytes:
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
        after = asked.get("continuation-token") or asked.get("start-after") or asked.get("marker") or ""
        most = int(asked.get("max-keys", 1000))
        rows: dict[str, str] = {}
        cut = ""
        for key in self._keys[bisect.bisect_left(self._keys, max(prefix, after)) :]:
            if not key.startswith(prefix):
                break
            if key <= after:
                continue
            folder, divided, _ = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            name = f"{prefix}{folder}{delimiter}" if divided else key
            if name not in rows and len(rows) == most:
                cut = next(reversed(rows))
                break
            rows[name] = _folder(name) if divided else _content(name)
        more = f"<IsTruncated>{str(bool(cut)).lower()}</IsTruncated>"
        more += f"<NextContinuationToken>{escape(cut)}</NextContinuationToken>" if cut else ""
        return f"<ListBucketResult>{more}{''.join(rows.values())}</ListBucketResult>".encode()


def _folder(name: str) -> str:
    return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"


def _content(key: str) -> str:
    """Of an object's row: last changed within the hour that its key tells, near enough."""
    stamp = key.rpartition("/")[2].split("_")[-1 if "Digest" in key else -2]
    day, time_of_day = stamp[:8], stamp[9:13]
    changed = f"{day[:4]}-{day[4:6]}-{day[6:]}T{time_of_day[:2]}:{time_of_day[2:]}:00.000Z"
    return f"<Contents><Key>{escape(key)}</Key><LastModified>{changed}</LastModified></Contents>"


@dataclass(frozen=True, slots=True)
class Rate:
    """Log files a second by the clock, and the command's seconds of processor time for a thousand."""

    per_second: float
    cpu_seconds: float


def measured(command: Sequence[str], hours: int, trail: Trail, url: str, tries: int) -> Rate:
    """Run a command over the trail's first hours, and return the best of several rates."""
    until = START + hours * HOUR
    times = ["--start-time", f"{START:%Y-%m-%dT%H:%M:%SZ}", "--end-time", f"{until:%Y-%m-%dT%H:%M:%SZ}"]
    environment = {**os.environ, **CREDENTIALS, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": url}
    seconds, processor = [], []
    for _ in range(tries):
        before, begun = _children_seconds(), time.perf_counter()
        asked = [*command, "--trail-arn", ARN, *times]
        done = subprocess.run(
            asked,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds.append(time.perf_counter() - begun)
        processor.append(_children_seconds() - before)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-500:]}{done.stderr[-500:]}")
    count = hours * trail.logs_an_hour
    return Rate(count / min(seconds), min(processor) / count * 1000)


def least(trail: Trail, folder: Path, tries: int) -> Rate:
    """Return the rate at which one thread does to each log file what cannot be left out."""
    paths = [folder / "copy" / key for key in trail.objects if "CloudTrail-Digest" not in key]
    seconds = []
    for _ in range(tries):
        begun = time.process_time()
        for path in paths:
            hashlib.sha256(zlib.decompress(path.read_bytes(), wbits=31)).hexdigest()
        seconds.append(time.process_time() - begun)
    return Rate(len(paths) / min(seconds), min(seconds) / len(paths) * 1000)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="log files a second, beside the AWS CLI's validate-logs")
    parser.add_argument("--hours", type=int, default=24, help="of the trail (24)")
    parser.add_argument("--logs", type=int, default=100, help="log files an hour (100)")
    parser.add_argument("--beside", type=int, default=5, help="hours that the AWS CLI is asked about too (5)")
    parser.add_argument("--tries", type=int, default=3, help="runs of each, of which the best counts (3)")
    options = parser.parse_args()
    trail = Trail(options.hours, options.logs)
    trail.deliver()
    endpoint = Endpoint(trail)
    endpoint.start()
    ours, peer = [str(OURS), "validate-trail"], [str(PEER), "cloudtrail", "validate-logs"]
    few = min(options.beside, options.hours)
    say(f"log files of {RECORDS} records, a second by the clock; CPU: the command's seconds for a thousand")
    say(f"{'':<10}{'log files':>10}{'ours':>9}{'CPU':>7}{'AWS CLI':>10}{'CPU':>7}{'ratio':>8}")
    for name, delay in (("bare", 0.0), ("30 ms", LATENCY_SECONDS)):
        endpoint.delay = delay
        mine = measured(ours, few, trail, endpoint.url, options.tries)
        row = f"{name:<10}{few * options.logs:>10,}{mine.per_second:>9,.0f}{mine.cpu_seconds:>7.2f}"
        if PEER:
            its = measured(peer, few, trail, endpoint.url, 1 if delay else options.tries)
            row += f"{its.per_second:>10,.0f}{its.cpu_seconds:>7.2f}{mine.per_second / its.per_second:>7.1f}x"
        say(row)
    with tempfile.TemporaryDirectory() as folder:
        copy = [*ours, *trail.on_disk(Path(folder))]
        mine = measured(copy, options.hours, trail, endpoint.url, options.tries)
        floor = least(trail, Path(folder), options.tries)
    say(f"{'a folder':<10}{trail.logs:>10,}{mine.per_second:>9,.0f}{mine.cpu_seconds:>7.2f}")
    say(f"{'unpack, hash alone':<20}{floor.per_second:>9,.0f}{floor.cpu_seconds:>7.2f}")
    if not PEER:
        say("No AWS CLI: `aws` is not on the PATH, nor named by PEER_AWS_CLI.")


if __name__ == "__main__":
    main()
