"""The names of CloudTrail's objects in S3: log files and digests, parsed and made.

    [prefix/]AWSLogs/[o-ID/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/
        ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz
    [prefix/]AWSLogs/[o-ID/]ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/
        ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOME_YYYYMMDDTHHmmssZ[_backfill].json.gz

Parsing is strict: account, region and day stand in a name twice and must agree, so that `str(parse(key))`
is `key` again.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

_ROOT = r"(?:(?P<prefix>.+)/)?AWSLogs/(?:(?P<organization>o-[a-z0-9]{10,32})/)?(?P<account>\d{12})"
_REGION = r"[a-z]+(?:-[a-z]+)+-\d+"
_DAY = r"(?P<day>\d{4}/\d\d/\d\d)"
_LOG_FILE = re.compile(
    rf"{_ROOT}/(?P<kind>CloudTrail(?:-(?!Digest/)[A-Za-z]+)?)/(?P<region>{_REGION})/{_DAY}/"
    r"(?P=account)_(?P=kind)_(?P=region)_(?P<stamp>\d{8}T\d{4})Z_(?P<unique>[0-9A-Za-z]{16})\.json\.gz",
    re.ASCII,
)
_DIGEST = re.compile(
    rf"{_ROOT}/CloudTrail-Digest/(?P<region>{_REGION})/{_DAY}/"
    r"(?P=account)_CloudTrail-Digest_(?P=region)_(?P<trail>[0-9A-Za-z._-]{3,128})_"
    rf"(?P<home_region>{_REGION})_(?P<stamp>\d{{8}}T\d{{6}})Z(?P<backfill>_backfill)?\.json\.gz",
    re.ASCII,
)


class MalformedKey(ValueError):
    """A key that CloudTrail would not have made. Retrying doesn't help.

    Attributes:
        key: The key, whole.
    """

    def __init__(self, key: str, kind: str) -> None:
        super().__init__(f"{key!r} is not the key of a CloudTrail {kind}")
        self.key = key


def _moment(stamp: str) -> datetime:
    """Read `YYYYMMDDTHHMM[SS]` as UTC; ValueError when there is no such time."""
    day, clock = stamp.split("T")
    numbers = (
        int(day[:4]),
        int(day[4:6]),
        int(day[6:]),
        *(int(clock[i : i + 2]) for i in range(0, len(clock), 2)),
    )
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc, arg-type]  # five or six numbers: mypy can't count them


def _take_apart(pattern: re.Pattern[str], key: str, kind: str) -> tuple[dict[str, str | None], datetime]:
    """Match a key whole; its named parts and its time."""
    match = pattern.fullmatch(key)
    if match is None or match["day"].replace("/", "") != match["stamp"][:8]:
        raise MalformedKey(key, kind)
    try:
        return match.groupdict(), _moment(match["stamp"])
    except ValueError as error:
        raise MalformedKey(key, kind) from error


def _root(prefix: str, organization: str | None, account: str) -> str:
    """Everything of a key before CloudTrail's own folder, without the last slash."""
    return "/".join(part for part in (prefix, "AWSLogs", organization, account) if part)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Chain:
    """One chain of digests: those of one trail for one account and one region.

    Attributes:
        prefix: The trail's S3 key prefix without slashes at its ends; empty when it has none.
        organization: `o-...` when the trail is an organization trail, else empty.
        account: The twelve digits of the account whose log files are covered.
        region: The region whose log files are covered.
        trail: The trail's name.
        home_region: The region the trail was created in.
        backfill: Whether these are backfill digests, which form a chain of their own.
    """

    prefix: str = ""
    organization: str = ""
    account: str
    region: str
    trail: str
    home_region: str
    backfill: bool = False

    @property
    def digest_folder(self) -> str:
        """The folder of the chain's digests, with its last slash: list this to find them."""
        return f"{_root(self.prefix, self.organization, self.account)}/CloudTrail-Digest/{self.region}/"

    @property
    def log_folder(self) -> str:
        """The folder of the log files it covers, with its last slash."""
        return f"{_root(self.prefix, self.organization, self.account)}/CloudTrail/{self.region}/"

    def digest_at(self, ends_at: datetime) -> "DigestKey":
        """Name the digest that ends at a time (aware).

        Names sort by time: listing `digest_folder` with StartAfter this key gives what ended later (and
        those of other trails that share the folder).
        """
        return DigestKey(chain=self, ends_at=ends_at)

    def __str__(self) -> str:
        return f"trail {self.trail} ({self.home_region}), account {self.account}, region {self.region}" + (
            ", backfill" if self.backfill else ""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestKey:
    """The key of a digest.

    Attributes:
        chain: The chain it belongs to.
        ends_at: The digest's end, aware, to the second.
    """

    chain: Chain
    ends_at: datetime

    @classmethod
    def parse(cls, key: str) -> Self:
        """Take a digest's key apart; MalformedKey when it isn't one."""
        parts, ends_at = _take_apart(_DIGEST, key, "digest")
        chain = Chain(
            prefix=parts["prefix"] or "",
            organization=parts["organization"] or "",
            account=str(parts["account"]),
            region=str(parts["region"]),
            trail=str(parts["trail"]),
            home_region=str(parts["home_region"]),
            backfill=parts["backfill"] is not None,
        )
        return cls(chain=chain, ends_at=ends_at)

    def __str__(self) -> str:
        chain, at = self.chain, self.ends_at.astimezone(UTC)
        return (
            f"{chain.digest_folder}{at:%Y/%m/%d}/{chain.account}_CloudTrail-Digest_{chain.region}_{chain.trail}_"
            f"{chain.home_region}_{at:%Y%m%dT%H%M%SZ}{'_backfill' if chain.backfill else ''}.json.gz"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFileKey:
    """The key of a log file.

    Attributes:
        prefix: The trail's S3 key prefix without slashes at its ends; empty when it has none.
        organization: `o-...` when the trail is an organization trail, else empty.
        account: The twelve digits of the account the events are of.
        region: The region the events are of.
        delivered_at: When the file was delivered, aware, to the minute. CloudTrail rounds it to its own
            delivery turns, so it may be some minutes off the object's time in S3.
        unique: The sixteen letters and digits that keep the names of one minute apart.
        kind: `CloudTrail`, or `CloudTrail-Insight` for Insights events.
    """

    prefix: str = ""
    organization: str = ""
    account: str
    region: str
    delivered_at: datetime
    unique: str
    kind: str = "CloudTrail"

    @classmethod
    def parse(cls, key: str) -> Self:
        """Take a log file's key apart; MalformedKey when it isn't one."""
        parts, delivered_at = _take_apart(_LOG_FILE, key, "log file")
        return cls(
            prefix=parts["prefix"] or "",
            organization=parts["organization"] or "",
            account=str(parts["account"]),
            region=str(parts["region"]),
            delivered_at=delivered_at,
            unique=str(parts["unique"]),
            kind=str(parts["kind"]),
        )

    def __str__(self) -> str:
        root, at = _root(self.prefix, self.organization, self.account), self.delivered_at.astimezone(UTC)
        return (
            f"{root}/{self.kind}/{self.region}/{at:%Y/%m/%d}/"
            f"{self.account}_{self.kind}_{self.region}_{at:%Y%m%dT%H%MZ}_{self.unique}.json.gz"
        )
