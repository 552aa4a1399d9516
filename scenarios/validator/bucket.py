"""A trail's bucket on S3."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC
from threading import Lock
from typing import Any, TypeVar

from botocore.config import Config

from chalicelib.errors import AWS_ERRORS
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable
from scenarios.validator.cold import ArchivedObject, ColdStorage
from scenarios.validator.large_bodies import SMALL_BYTES
from scenarios.validator.pages import Page, UnknownPage, parse_page
from scenarios.validator.patience import CALL_SECONDS, Patience, TooSlow, within
from scenarios.validator.signed_get import SignedGet
from scenarios.validator.source import MOST_BYTES, MOST_LISTED, MOST_PAGES, CouldNotRead

_MISSING = ("NoSuchKey", "404")
_MOST_TAGS = 100_000  # of a page: a version takes some twenty
_LETTERS_EACH = 200  # of a key, on the average of a listing
_PARAMETERS = {
    "prefix": "Prefix",
    "delimiter": "Delimiter",
    "start-after": "StartAfter",
    "continuation-token": "ContinuationToken",
    "key-marker": "KeyMarker",
    "version-id-marker": "VersionIdMarker",
}

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Region:
    """The ways to S3 in one region."""

    client: Any
    fast: SignedGet | None

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket; nothing where it isn't told, as by endpoints that aren't AWS's."""
        if ".amazonaws." not in self.client.meta.endpoint_url:
            return ""
        try:
            answer = self.client.head_bucket(Bucket=bucket)
        except AWS_ERRORS:
            return ""  # the listing then fails with the reason
        return str(answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", ""))


class S3Source:
    """Reads from S3: `connections` at once, patient with throttling.

    For a missing object, a caller that may not list the bucket gets "access denied"; then listing fails as
    well, and the validation with it. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """

    def __init__(self, session: Any, *, region: str, connections: int) -> None:
        self._session, self._connections, self._lock = session, connections, Lock()
        self._credentials = session.get_credentials()
        self._regions: dict[str, _Region] = {}
        self._home = self._region(region)
        self._buckets: dict[str, _Region] = {}
        self._cold = ColdStorage()
        self._patience = Patience()

    def _region(self, name: str) -> "_Region":
        if name not in self._regions:
            # Standard retries: with backoff and jitter, on throttling, 5xx and broken connections.
            config = Config(
                max_pool_connections=self._connections,
                connect_timeout=5,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 8},
                user_agent_extra="trailwarden",
            )
            client = self._session.create_client("s3", region_name=name, config=config)
            usable = SignedGet.usable(self._credentials)
            fast = SignedGet(client, self._credentials) if usable else None
            self._regions[name] = _Region(client, fast)
        return self._regions[name]

    def _for(self, bucket: str) -> "_Region":
        """What reads a bucket: in the bucket's own region, which need not be the trail's."""
        with self._lock:
            if bucket not in self._buckets:
                name = self._home.bucket_region(bucket)
                self._buckets[bucket] = self._region(name) if name else self._home
            return self._buckets[bucket]

    def folders(self, bucket: str, prefix: str) -> tuple[str, ...]:
        """See `Source`."""
        pages = self._pages(bucket, {"prefix": prefix, "delimiter": "/"})
        found = (folder for page in pages for folder in page.folders)
        return tuple(folder.removeprefix(prefix).removesuffix("/") for folder in found)

    def listed(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[StoredObject]:
        """See `Source`."""
        more = {"start-after": after} if after else {}
        for page in self._pages(bucket, {"prefix": prefix, **more}):
            yield from page.objects

    def _pages(self, bucket: str, asked: Mapping[str, str]) -> Iterator[Page]:
        """The pages of a listing, which ends; raises CouldNotRead."""
        more: Mapping[str, str] = {}
        tokens: set[tuple[str, ...]] = set()
        listed = letters = 0
        while True:
            page = self._page(bucket, {**asked, **more})
            listed += len(page.objects) + len(page.folders)
            letters += sum(len(found.key) for found in page.objects) + sum(map(len, page.folders))
            if listed > MOST_LISTED or letters > MOST_LISTED * _LETTERS_EACH:
                raise self._endless(bucket, asked, f"there are more than {MOST_LISTED} objects or folders")
            yield page
            if not page.more:
                return
            more, token = page.more, tuple(page.more.values())
            if token in tokens:
                raise self._endless(bucket, asked, "a page names one before it as the next")
            tokens.add(token)
            if len(tokens) >= MOST_PAGES:
                raise self._endless(bucket, asked, f"there are more than {MOST_PAGES} pages")

    def _endless(self, bucket: str, asked: Mapping[str, str], why: str) -> CouldNotRead:
        self._patience.endless(why)
        return CouldNotRead(f"s3://{bucket}/{asked['prefix']} could not be listed: {why}")

    def _page(self, bucket: str, asked: Mapping[str, str]) -> Page:
        try:
            return self._quick_page(bucket, asked) or self._of_client(
                lambda: _asked_of(self._for(bucket).client, bucket, asked)
            )
        except (*AWS_ERRORS, TooSlow) as error:
            what = "could not be listed" if "versions" not in asked else "could not be asked for versions"
            raise CouldNotRead(f"s3://{bucket}/{asked['prefix']} {what}: {error}") from error

    def _quick_page(self, bucket: str, asked: Mapping[str, str]) -> Page | None:
        """A page without the client; None where that can't be done."""
        fast = self._for(bucket).fast
        if fast is None:
            return None
        kind = {} if "versions" in asked else {"list-type": "2"}
        body = self._patience.ask(lambda: fast.listing(bucket, {**kind, "encoding-type": "url", **asked}))
        if body is None:
            return None
        if body.count(b"<") > _MOST_TAGS:
            raise self._endless(bucket, asked, "a page holds too much")
        with suppress(UnknownPage):
            return parse_page(bucket, body)
        return None

    def _of_client(self, call: Callable[[], _Result]) -> _Result:
        """What the client answers, with all its retries; raises AWS_ERRORS and TooSlow."""
        return self._patience.ask(lambda: within(CALL_SECONDS, call))

    def versions(self, bucket: str, prefix: str, *, after: str = "") -> Iterator[StoredObject]:
        """See `Versioned`."""
        more = {"key-marker": after} if after else {}
        for page in self._pages(bucket, {"versions": "", "prefix": prefix, **more}):
            yield from page.objects

    def get(self, bucket: str, key: str) -> tuple[bytes, Mapping[str, str]] | None:
        """See `Source`."""
        return self.get_version(bucket, key, "")

    def get_version(self, bucket: str, key: str, version: str) -> tuple[bytes, Mapping[str, str]] | None:
        """See `Versioned`."""
        region = self._for(bucket)
        which = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
        try:
            fast = region.fast
            if fast and (found := self._patience.ask(lambda: fast(bucket, key, version))):
                return found
            return self._of_client(lambda: _got_of(region.client, which))
        except TooSlow as error:
            raise Unreadable(str(error)) from error
        except AWS_ERRORS as error:
            code = _code(error)
            if code in _MISSING:
                return None
            if code == "InvalidObjectState":
                raise Unreadable(self._archived(region, which, error)) from error
            raise Unreadable(code or str(error)) from error

    def _archived(self, region: _Region, which: Mapping[str, str], error: Exception) -> str:
        """Note an object that is archived, and say where, and whether it is on its way back."""
        answer = getattr(error, "response", {})
        given = {**answer.get("Error", {}), **answer}
        kept = ArchivedObject(
            bucket=which["Bucket"],
            key=which["Key"],
            storage_class=str(given.get("StorageClass", "")),
            tier=str(given.get("AccessTier", "")),
            coming=_coming(region.client, which),
        )
        self._cold.add(kept)
        return str(kept)

    def advice(self) -> tuple[str, ...]:
        """See `Source`: how archived objects are read."""
        return self._cold.advice()


def _got_of(client: Any, which: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    answer = client.get_object(**which)
    with closing(answer["Body"]) as body:
        # Cut short it is no log file, wherever it is cut.
        most = MOST_BYTES if answer["ContentLength"] < MOST_BYTES else SMALL_BYTES
        return body.read(most), answer["Metadata"]


def _coming(client: Any, which: Mapping[str, str]) -> bool:
    """Whether somebody asked for an archived object already."""
    try:
        return 'ongoing-request="true"' in client.head_object(**which).get("Restore", "")
    except AWS_ERRORS:
        return False


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _asked_of(client: Any, bucket: str, asked: Mapping[str, str]) -> Page:
    """A page of a listing, as the client has it."""
    parameters = {_PARAMETERS[name]: value for name, value in asked.items() if name in _PARAMETERS}
    if "versions" in asked:
        answer = client.list_object_versions(Bucket=bucket, **parameters)
        found = [(each, False) for each in answer.get("Versions", ())]
        found += [(each, True) for each in answer.get("DeleteMarkers", ())]
        more = {"key-marker": "NextKeyMarker", "version-id-marker": "NextVersionIdMarker"}
    else:
        answer = client.list_objects_v2(Bucket=bucket, **parameters)
        found = [(each, False) for each in answer.get("Contents", ())]
        more = {"continuation-token": "NextContinuationToken"}
    return Page(
        objects=tuple(
            StoredObject(
                bucket=bucket,
                key=each["Key"],
                modified_at=each["LastModified"].astimezone(UTC),
                version=each.get("VersionId"),
                latest=each.get("IsLatest", True),
                delete_marker=marker,
            )
            for each, marker in found
        ),
        folders=tuple(folder["Prefix"] for folder in answer.get("CommonPrefixes", ())),
        more={name: answer[field] for name, field in more.items() if answer.get(field)},
    )
