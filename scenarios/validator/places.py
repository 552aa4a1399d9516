"""What is asked, and where a trail's chains are looked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.trail.description import TrailArn
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.integrity.public_keys import KeyRing
from scenarios.validator.source import CouldNotRead, Source

MARGIN = timedelta(minutes=75)
"""One digest more on either side of the time that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The time that is asked for, and the time it is; all aware.

    Attributes:
        since: Its start.
        until: Its end.
        now: The time of asking.
        stopped_at: When logging was stopped, if it is.
        delivered_at: When CloudTrail says it delivered its newest digest in the trail's home region.
    """

    since: datetime
    until: datetime
    now: datetime
    stopped_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLocation:
    """Where one chain's digests and log files lie.

    Attributes:
        bucket: The bucket.
        chain: The chain: an account and a region of the trail.
        keys: The public keys of its region.
        until: The end of the time that is asked for here.
        expected: Whether there must be digests; False where only the bucket says that there ever was one.
    """

    bucket: str
    chain: Chain
    keys: KeyRing
    until: datetime
    expected: bool

    def days(self, question: Question) -> Iterator[date]:
        """The days whose folders may hold what matters, oldest first."""
        first = (question.since - MARGIN).date()
        last = min(self.until + MARGIN, question.now + MARGIN).date()
        for number in range((last - first).days + 1):
            yield first + timedelta(days=number)


_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d+", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What of a trail is looked at.

    Attributes:
        arn: The trail.
        bucket: The bucket its files are in.
        prefix: Their prefix, without slashes at its ends.
        account: The one account to look at; empty for all.
        region: The one region to look at; empty for all.
        multi_region: Whether the trail covers all regions; None if unknown.
        organization: Whether it covers an organization's accounts; None if unknown.
        regions: The account's regions; None if unknown.
        accounts: The organization's accounts; None if unknown.
    """

    arn: TrailArn
    bucket: str
    prefix: str
    account: str = ""
    region: str = ""
    multi_region: bool | None = None
    organization: bool | None = None
    regions: frozenset[str] | None = None
    accounts: frozenset[str] | None = None

    def chains(self, source: Source) -> Iterator[tuple[Chain, bool]]:
        """Each account and region of the trail, with whether it must have digests; raises CouldNotRead."""
        for organization, account, sure in self._accounts(source):
            home = Chain(
                prefix=self.prefix,
                organization=organization,
                account=account,
                region=self.arn.region,
                trail=self.arn.name,
                home_region=self.arn.region,
            )
            for region in self._regions(source, home):
                known = region == self.arn.region or (
                    bool(self.multi_region) and region in (self.regions or ())
                )
                yield replace(home, region=region), sure and known

    def _accounts(self, source: Source) -> Iterator[tuple[str, str, bool]]:
        """Organization (or nothing), account, and whether it must have digests."""
        above = f"{self.prefix}/AWSLogs/" if self.prefix else "AWSLogs/"
        names = source.folders(self.bucket, above) if self.organization is not False else ()
        organizations = [name for name in names if _ORGANIZATION.fullmatch(name)]
        own = self.account or self.arn.account
        if not organizations:
            if self.organization:
                raise CouldNotRead(f"s3://{self.bucket}/{above} holds no folder of an organization")
            yield "", own, True
            return
        if self.organization is None and own in names:
            yield "", own, False
        for organization in organizations:
            found = {
                name
                for name in source.folders(self.bucket, f"{above}{organization}/")
                if _ACCOUNT.fullmatch(name)
            }
            known = found | {own} | (self.accounts or frozenset())
            for account in sorted({own} if self.account else known):
                yield organization, account, True

    def _regions(self, source: Source, home: Chain) -> list[str]:
        if self.region:
            return [self.region]
        if self.multi_region is False:
            return [self.arn.region]
        above = [folder.removesuffix(f"{home.region}/") for folder in (home.digest_folder, home.log_folder)]
        found = {
            name
            for folder in above
            for name in source.folders(self.bucket, folder)
            if _REGION.fullmatch(name)
        }
        others = found | (self.regions or frozenset()) if self.multi_region else found
        return [self.arn.region, *sorted(others - {self.arn.region})]
