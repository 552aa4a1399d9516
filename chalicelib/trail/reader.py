"""A trail as AWS shows it: the trail itself, its public keys, and what lies in its bucket. Reads only.

Whether an object is there is asked of the listing of versions, not of GetObject: without s3:ListBucket a
missing object answers "access denied" (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
Throttling rises, since the whole look can be tried again; whatever else keeps us from an object is told.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import Aws
from chalicelib.errors import NotConfigured, Throttled, foreseen
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable
from chalicelib.trail.integrity.public_keys import KeyRing

# CloudTrail's files are at most 50 MB; what is longer is read so far and then judged cut short.
MOST_BYTES = 64 << 20
# Digests are signed some minutes after they end; validate-logs asks for two hours more as well.
KEYS_AROUND = timedelta(hours=2)

_MISSING = ("NoSuchKey", "404")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """What CloudTrail says of a trail. `prefix` has no slashes at its ends; times are aware UTC.

    `untold`: why its status could not be had. It is taken to be on then, so that the clock judges.
    """

    name: str
    account: str
    region: str  # where it was created
    bucket: str
    prefix: str
    multi_region: bool
    organization: bool
    validating: bool  # log file validation is on: digests are made
    logging: bool
    started_at: datetime | None
    stopped_at: datetime | None
    untold: str = ""


def read_trail(aws: Aws, arn: str) -> Trail:
    """Ask CloudTrail, in the trail's home region.

    Raises:
        NotConfigured: `arn` is not a trail's.
        ClientError: such as TrailNotFoundException.
    """
    parts = arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("trail/"):
        raise NotConfigured(f"{arn!r} is not the ARN of a trail")
    client = aws.client("cloudtrail", parts[3])
    trail = client.get_trail(Name=arn)["Trail"]
    status, untold = _status(client, arn)
    return Trail(
        name=parts[5].removeprefix("trail/"),
        account=parts[4],
        region=parts[3],
        bucket=trail.get("S3BucketName", ""),
        prefix=trail.get("S3KeyPrefix", "").strip("/"),
        multi_region=trail.get("IsMultiRegionTrail", False),
        organization=trail.get("IsOrganizationTrail", False),
        validating=trail.get("LogFileValidationEnabled", False),
        logging=status.get("IsLogging", False),
        started_at=_utc(status.get("StartLoggingTime")),
        stopped_at=_utc(status.get("StopLoggingTime")),
        untold=untold,
    )


def _status(client: Any, arn: str) -> tuple[Mapping[str, Any], str]:
    """Whether the trail is on; where that can't be had, why."""
    try:
        return client.get_trail_status(Name=arn), ""
    except (ClientError, BotoCoreError) as error:
        reason = foreseen(error)
        if isinstance(reason, Throttled):
            raise reason from error
        return {
            "IsLogging": True
        }, f"whether the trail is on could not be had, only the clock tells: {reason}"


def read_keys(aws: Aws, region: str, since: datetime, until: datetime) -> KeyRing:
    """The public keys that signed a region's digests in the span; raises ClientError, UnusableKey."""
    answer = aws.client("cloudtrail", region).list_public_keys(
        StartTime=since - KEYS_AROUND, EndTime=until + KEYS_AROUND
    )
    return KeyRing.of(answer["PublicKeyList"])


class TrailBucket:
    """The bucket a trail delivers to."""

    def __init__(self, s3: Any, name: str) -> None:
        self._s3 = s3
        self.name = name

    def folders(self, prefix: str, most: int) -> tuple[str, ...]:
        """The names of the folders right below `prefix`, those that hold only deleted objects too."""
        pages = self._pages(Prefix=prefix, Delimiter="/")
        found = (folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", ()))
        return tuple(folder.removeprefix(prefix).removesuffix("/") for folder in islice(found, most))

    def versions(self, prefix: str, most: int) -> tuple[list[StoredObject], bool]:
        """All versions and delete markers below `prefix`; and whether there are more than `most`."""
        found = list(islice(self._versions(prefix), most + 1))
        return found[:most], len(found) > most

    def get(self, bucket: str, key: str) -> tuple[bytes, Mapping[str, str]] | None:
        """An object's bytes and user metadata; None where it isn't there, or is hidden by a delete marker.

        Raises:
            Unreadable: it is there, or may be, and can't be read.
            Throttled: AWS asked for patience.
        """
        try:
            answer = self._s3.get_object(Bucket=bucket, Key=key)
            with closing(answer["Body"]) as body:
                return body.read(MOST_BYTES), answer["Metadata"]
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _MISSING:
                return None
            reason = foreseen(error)
            if isinstance(reason, Throttled):
                raise reason from error
            if bucket == self.name and not self._there(key):
                return None
            raise Unreadable(_code(error) or str(error)) from error

    def _there(self, key: str) -> bool:
        # The key itself comes first of all that begin like it.
        listed = islice(self._versions(key), 1000)
        return any(one.key == key and one.latest and not one.delete_marker for one in listed)

    def _versions(self, prefix: str) -> Iterator[StoredObject]:
        for page in self._pages(Prefix=prefix):
            for version in page.get("Versions", ()):
                yield self._stored(version, delete_marker=False)
            for marker in page.get("DeleteMarkers", ()):
                yield self._stored(marker, delete_marker=True)

    def _pages(self, **parameters: str) -> Iterator[Mapping[str, Any]]:
        return iter(self._s3.get_paginator("list_object_versions").paginate(Bucket=self.name, **parameters))

    def _stored(self, version: Mapping[str, Any], *, delete_marker: bool) -> StoredObject:
        return StoredObject(
            bucket=self.name,
            key=version["Key"],
            modified_at=version["LastModified"].astimezone(UTC),
            version=version["VersionId"],
            latest=version["IsLatest"],
            delete_marker=delete_marker,
        )


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _utc(moment: object) -> datetime | None:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None
