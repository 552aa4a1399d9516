"""A signed trail in moto's S3, and CloudTrail's side of it, for tests to tamper with."""

import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from chalicelib.aws import Aws
from chalicelib.trail.integrity.keys import Chain, LogFileKey
from scenarios.cloud.cloudtrail.delivery.digests import (
    DeliveredLog,
    SignedDigest,
    list_public_keys,
    write_digest,
)
from scenarios.cloud.kernel.moto_snapshots import Snapshot

ACCOUNT = "111122223333"
HOME = "eu-west-1"
BUCKET = "trail-bucket"
LEDGER = "ledger"
ARN = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/main"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# The hours run over midnight, and are off the full hour as real ones are.
BEGAN = datetime(2026, 3, 1, 20, 4, 4, tzinfo=UTC)
HOURS = 6
# Six hours were delivered; a quarter of an hour into the seventh.
NOW = BEGAN + HOURS * HOUR + 15 * MINUTE


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, operation)


def throttled(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation)


class CloudTrail:
    """CloudTrail's answers about one trail; moto has no public keys and no moments of its own."""

    def __init__(self) -> None:
        self.trail: dict[str, Any] = {
            "S3BucketName": BUCKET,
            "IsMultiRegionTrail": True,
            "LogFileValidationEnabled": True,
        }
        self.status: dict[str, Any] = {"IsLogging": True, "StartLoggingTime": BEGAN}
        self.failing: dict[str, Exception] = {}  # by operation

    def get_trail(self, *, Name):  # noqa: N803 - boto3's spelling
        self._answer("GetTrail")
        if Name != ARN:
            message = f"Unknown trail: {Name}"
            raise ClientError({"Error": {"Code": "TrailNotFoundException", "Message": message}}, "GetTrail")
        return {"Trail": self.trail}

    def get_trail_status(self, *, Name):  # noqa: N803 - likewise
        self._answer("GetTrailStatus")
        return self.status

    def list_public_keys(self, *, StartTime, EndTime):  # noqa: N803 - likewise
        self._answer("ListPublicKeys")
        return list_public_keys(StartTime, EndTime)

    def _answer(self, operation: str) -> None:
        if operation in self.failing:
            raise self.failing[operation]


class S3:
    """moto's S3, but where a test says that a call fails; what nobody changed since is read of moto once."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._read: dict[tuple, tuple[dict, bytes]] = {}
        self.failing: dict[str, Exception] = {}  # by boto3's name of the call
        self.closed = ""  # a bucket that may not be read
        self.changes = 0

    def get_object(self, **parameters):
        if parameters["Bucket"] == self.closed:
            raise denied("GetObject")
        if "get_object" in self.failing:
            raise self.failing["get_object"]
        asked = tuple(sorted(parameters.items()))
        if asked not in self._read:
            answer = self._client.get_object(**parameters)
            self._read[asked] = answer, answer["Body"].read()
        answer, body = self._read[asked]
        return answer | {"Body": StreamingBody(io.BytesIO(body), len(body))}

    def get_paginator(self, operation: str) -> Any:
        if operation in self.failing:
            raise self.failing[operation]
        return self._client.get_paginator(operation)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith(("get_", "list_", "head_")):
            self._read.clear()
            self.changes += 1
        return getattr(self._client, name)


@lru_cache(maxsize=1)
def _client() -> Any:
    """One client for all tests: it costs a tenth of a second, and keeps nothing."""
    return boto3.client("s3", HOME, aws_access_key_id="testing", aws_secret_access_key="testing")


_DELIVERED: dict[tuple[str, range, int, str], tuple[Snapshot, Sequence[SignedDigest], Sequence[str]]]
_DELIVERED = {}


class World(Aws):
    """The trail, its bucket, and the way to both that a remediation is handed."""

    def __init__(self, time: Any) -> None:
        super().__init__()
        self.s3 = S3(_client())
        self.cloudtrail = CloudTrail()
        self.time = time  # freezegun's
        self.regions_asked: list[str] = []
        self.chains: dict[str, list[SignedDigest]] = {}
        self.logs: dict[str, list[str]] = {}
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": HOME})
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self._changes_at_first = self.s3.changes

    def client(self, service: str, region: str = "") -> Any:
        if service == "s3":
            return self.s3
        if service == "dynamodb":
            return self.dynamodb
        self.regions_asked.append(region)
        return self.cloudtrail

    @cached_property
    def dynamodb(self) -> Any:
        """A client with the ledger's table behind it."""
        client: Any = boto3.client(
            "dynamodb", HOME, aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        client.create_table(
            TableName=LEDGER,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        return client

    def delivers(self, region: str = HOME, *, hours: range = range(HOURS), logs: int = 2, prefix="") -> None:
        """CloudTrail delivers hours of a region: log files, and a digest for each hour.

        What is delivered first into an empty bucket is made once for all tests.
        """
        asked = (region, hours, logs, prefix)
        if "dynamodb" in vars(self) or self.s3.changes != self._changes_at_first:
            self._delivers(*asked)
        elif asked in _DELIVERED:
            state, digests, keys = _DELIVERED[asked]
            state.restore()
            self.chains[region], self.logs[region] = list(digests), list(keys)
            self.s3.changes += 1
        else:
            self._delivers(*asked)
            kept = tuple(self.chains[region]), tuple(self.logs.get(region, ()))
            _DELIVERED[asked] = Snapshot.taken(), *kept
        self.time.move_to(NOW)

    def _delivers(self, region: str, hours: range, logs: int, prefix: str) -> None:
        chain = Chain(prefix=prefix, account=ACCOUNT, region=region, trail="main", home_region=HOME)
        digests = self.chains.setdefault(region, [])
        for hour in hours:
            start = BEGAN + hour * HOUR
            delivered = [self._log(chain, start + HOUR * (n + 0.5) / logs, n) for n in range(logs)]
            digest = write_digest(
                chain,
                bucket=BUCKET,
                starts_at=start,
                ends_at=start + HOUR,
                logs=delivered,
                previous=digests[-1] if digests else None,
            )
            self.time.move_to(digest.ends_at + 2 * MINUTE)
            self.puts(digest.key, digest.body, digest.metadata)
            digests.append(digest)

    def _log(self, chain: Chain, moment: datetime, number: int) -> DeliveredLog:
        content = json.dumps({"Records": [{"eventID": f"{chain.region}-{moment}-{number}"}]}).encode()
        key = log_key(chain, moment, f"{number:016d}")
        self.time.move_to(moment)
        self.puts(key, gzip.compress(content, mtime=0))
        self.logs.setdefault(chain.region, []).append(key)
        return DeliveredLog(
            bucket=BUCKET,
            key=key,
            sha256=hashlib.sha256(content).hexdigest(),
            oldest_event=moment - 5 * MINUTE,
            newest_event=moment,
        )

    def puts(self, key: str, body: bytes = b"x", metadata=None) -> str:
        self.time.tick()  # S3 orders versions by time
        answer = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=dict(metadata or {}))
        return str(answer["VersionId"])

    def deletes(self, key: str) -> str:
        self.time.tick()
        return str(self.s3.delete_object(Bucket=BUCKET, Key=key)["VersionId"])

    def destroys(self, key: str) -> None:
        """Delete every version and delete marker of a key for good."""
        page = self.s3.list_object_versions(Bucket=BUCKET, Prefix=key)
        for one in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            self.s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])

    def replaces(self, key: str, body: bytes, metadata=None) -> None:
        """Put other content in an object's place so that no version betrays it."""
        self.destroys(key)
        self.puts(key, body, metadata)


def log_key(chain: Chain, moment: datetime, unique: str) -> str:
    return str(
        LogFileKey(
            prefix=chain.prefix,
            account=chain.account,
            region=chain.region,
            delivered_at=moment,
            unique=unique,
        )
    )
