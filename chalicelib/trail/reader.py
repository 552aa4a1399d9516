"""A trail as AWS shows it: the trail itself, its public keys, and the objects in its bucket. Reads only.

Whether an object is there is asked of the listing of versions, not of GetObject: without s3:ListBucket a
missing object answers "access denied" (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
What may pass is raised, since the whole look can be tried again; any other error with an object is reported.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS, NotConfigured
from chalicelib.looking import unseen
from chalicelib.remediation import Grant
from chalicelib.trail.description import Part, Trail, TrailArn, describe
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable
from chalicelib.trail.integrity.public_keys import KeyRing

# CloudTrail's files are at most 50 MB; what is longer is read so far and then judged cut short.
MOST_BYTES = 64 << 20
# Digests are signed some minutes after they end; validate-logs asks for two hours more as well.
KEYS_AROUND = timedelta(hours=2)

# The permissions of a function that reads a trail in this way.
TO_READ_A_TRAIL = (
    Grant(action="s3:ListBucketVersions", resource="arn:${AWS::Partition}:s3:::${TrailBucketName}"),
    Grant(
        action="s3:GetObject",
        resource="arn:${AWS::Partition}:s3:::${TrailBucketName}/*",
        because="digests and log files lie under a prefix that only the trail knows",
    ),
    # The trail says under which prefix and in which regions it delivers, and whether it is on at all.
    Grant(action="cloudtrail:GetTrail", resource="${TrailArn}"),
    Grant(action="cloudtrail:GetTrailStatus", resource="${TrailArn}"),
    Grant(action="cloudtrail:ListPublicKeys", resource="*", because="ListPublicKeys takes no resource"),
)

_MISSING = ("NoSuchKey", "404")


def read_trail(aws: Aws, arn: str) -> Trail:
    """Ask CloudTrail what a trail is set to and how its deliveries go, in the trail's home region.

    Its configuration is there; where its status could not be read, `could_not_read` says why.

    Raises:
        NotConfigured: `arn` is not a trail's.
        MayPass: AWS could not answer now.
        ClientError, BotoCoreError: there is no such trail (TrailNotFoundException), or it could not be read.
    """
    try:
        name = TrailArn.parse(arn)
    except ValueError as error:
        raise NotConfigured(str(error)) from None
    client = aws.client("cloudtrail", name.region)
    trail = describe(client, name, (Part.CONFIGURATION, Part.STATUS)).unless_passing()
    if trail.configuration is None:
        raise trail.could_not_read[Part.CONFIGURATION]
    return trail


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
            MayPass: AWS could not answer now.
        """
        try:
            answer = self._s3.get_object(Bucket=bucket, Key=key)
            with closing(answer["Body"]) as body:
                return body.read(MOST_BYTES), answer["Metadata"]
        except AWS_ERRORS as error:
            if _code(error) in _MISSING:
                return None
            unseen(error)
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
