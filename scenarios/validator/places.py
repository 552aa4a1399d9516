"""What is asked, and where a trail's chains are looked for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from chalicelib.trail.description import TrailArn
from chalicelib.trail.integrity.keys import Chain, DigestKey, MalformedKey
from chalicelib.trail.integrity.public_keys import KeyRing
from scenarios.validator.source import CouldNotRead, Source

_FIRST_TRAIL = date(2013, 11, 13)  # CloudTrail was announced on this day
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
        ended: Why its digests rightly end, as a clause; "" where they go on, or where nothing is known.
        may_end: Why they may rightly end, though nobody says that they do.
        may_lack: Why there may rightly be none at all.
    """

    bucket: str
    chain: Chain
    keys: KeyRing
    until: datetime
    expected: bool
    ended: str = ""
    may_end: str = ""
    may_lack: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether the newest digest is held against the clock."""
        return not self.ended and not self.may_end

    def days(self, question: Question) -> Iterator[date]:
        """The days whose folders may hold what matters, oldest first."""
        first = max((question.since - MARGIN).date(), _FIRST_TRAIL)
        last = min(self.until + MARGIN, question.now + MARGIN).date()
        for number in range((last - first).days + 1):
            yield first + timedelta(days=number)


_LOOKED_AT = 1000  # objects; one page of a listing
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d+", re.ASCII)
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """An account and region that is looked at; the rest is as in a ChainLocation."""

    chain: Chain
    expected: bool
    ended: str = ""
    may_end: str = ""
    may_lack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What of a trail is looked at.

    Attributes:
        arn: The trail.
        bucket: The bucket its files are in.
        prefix: Their prefix, without the slash that ends it.
        account: The one account to look at; empty for all.
        region: The one region to look at; empty for all.
        multi_region: Whether the trail covers all regions; None if unknown.
        organization: Whether it covers an organization's accounts; None if unknown.
        regions: The account's regions, each with whether somebody switched it on; None if unknown.
        accounts: The organization's accounts that must have digests; None if unknown.
        members: All of its active accounts; None if unknown.
    """

    arn: TrailArn
    bucket: str
    prefix: str
    account: str = ""
    region: str = ""
    multi_region: bool | None = None
    organization: bool | None = None
    regions: Mapping[str, bool] | None = None
    accounts: frozenset[str] | None = None
    members: frozenset[str] | None = None

    def chains(self, source: Source) -> Iterator[Looked]:
        """Each account and region of the trail; raises CouldNotRead."""
        for organization, account, sure in self._accounts(source):
            home = replace(self._own, organization=organization, account=account)
            left = (
                organization and self.members is not None and account not in {*self.members, self.arn.account}
            )
            for region in self._regions(source, home):
                ended = f"the account {account} is no active member of the organization" if left else ""
                if not ended and self._switched_off(region):
                    ended = f"the region {region} is not switched on"
                chosen = self._chosen(region) and not ended
                its_own = chosen and bool(organization) and account != self.arn.account
                yield Looked(
                    chain=replace(home, region=region),
                    expected=sure and not ended and self._must_have(region),
                    ended=ended,
                    may_end=f"the account {account} may have switched {region} off" if its_own else "",
                    may_lack=f"{region} may be switched on since an hour" if chosen and not its_own else "",
                )

    @property
    def _own(self) -> Chain:
        return Chain(
            prefix=self.prefix,
            account=self.account or self.arn.account,
            region=self.arn.region,
            trail=self.arn.name,
            home_region=self.arn.region,
        )

    def _must_have(self, region: str) -> bool:
        if region == self.arn.region:
            return True
        # What somebody switched on may be switched on since an hour, or in this account only.
        return bool(self.multi_region) and (self.regions or {}).get(region) is False

    def _switched_off(self, region: str) -> bool:
        return bool(self.regions) and region not in {*(self.regions or ()), self.arn.region}

    def _chosen(self, region: str) -> bool:
        """Whether each account switches this region on and off for itself, as far as is known."""
        return bool((self.regions or {}).get(region)) and region != self.arn.region

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
        unknown = self.organization is None
        if unknown and own in names:
            # Several trails may share the bucket. Where this one's own folder is, no other is its.
            mine = _holds(source, self.bucket, self._own)
            yield "", own, mine
            if mine:
                return
        for organization in organizations:
            found = {
                name
                for name in source.folders(self.bucket, f"{above}{organization}/")
                if _ACCOUNT.fullmatch(name)
            }
            known = found | {own} | (self.accounts or frozenset())
            for account in sorted({own} if self.account else known):
                yield organization, account, not unknown

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
        others = found | frozenset(self.regions or ()) if self.multi_region else found
        return [self.arn.region, *sorted(others - {self.arn.region})]


def _holds(source: Source, bucket: str, chain: Chain) -> bool:
    """Whether a folder of digests begins with some of this trail's."""
    for found in islice(source.listed(bucket, chain.digest_folder), _LOOKED_AT):
        try:
            if DigestKey.parse(found.key).chain.trail == chain.trail:
                return True
        except MalformedKey:
            continue
    return False
