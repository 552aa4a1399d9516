"""What AWS says of a trail: where it delivers, which regions it covers, whether it logs, its public keys.

Only the keys and the bucket's content must be readable. For anything else a warning is printed, and then
the bucket's folders and the clock are used instead.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Any

from botocore.config import Config

from chalicelib.errors import AWS_ERRORS
from chalicelib.trail.description import Part, Trail, TrailArn, describe
from chalicelib.trail.integrity.public_keys import KeyRing, UnusableKey
from scenarios.validator.source import CouldNotRead

LOOKUP_SECONDS = 0.5
"""LookupEvents answers two requests a second for each account and region."""
MOST_PAGES = 40
"""Of fifty events each, for each name: calls that end a trail's digests are rare."""

_BEFORE = timedelta(hours=2)
# Backfill digests are signed when they are made, which is days after the hour they cover.
_AFTER = timedelta(days=31)
_ORGANIZATIONS = {"aws-us-gov": "us-gov-west-1", "aws-cn": "cn-northwest-1"}
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 5},
    user_agent_extra="trailwarden",
)


class Account:
    """The AWS account that is asked, by a session of botocore."""

    def __init__(self, session: Any) -> None:
        self._session, self._lock = session, Lock()
        self._clients: dict[tuple[str, str], Any] = {}

    def describe(self, arn: TrailArn) -> Trail:
        """Ask CloudTrail about the trail in its home region."""
        client = self._client("cloudtrail", arn.region)
        with ThreadPoolExecutor(2) as threads:
            parts = (Part.CONFIGURATION, Part.STATUS)
            return describe(client, arn, parts, listed=True, each=threads.map)

    def regions(self, home: str) -> Mapping[str, bool]:
        """The regions that are on, each with whether somebody switched it on; the others are on everywhere.

        Raises CouldNotRead when EC2 doesn't say.
        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
        """
        try:
            answer = self._client("ec2", home).describe_regions()["Regions"]
        except AWS_ERRORS as error:
            raise CouldNotRead(
                f"the regions could not be read, so one whose digests are all gone is not missed: {error}"
            ) from error
        return {region["RegionName"]: region.get("OptInStatus") == "opted-in" for region in answer}

    def keys(
        self, regions: Iterable[str], since: datetime, until: datetime
    ) -> dict[str, KeyRing | CouldNotRead]:
        """The public keys of regions around a time, or why a region's could not be read."""
        clients = {region: self._client("cloudtrail", region) for region in sorted(set(regions))}
        with ThreadPoolExecutor(8) as threads:
            rings = threads.map(lambda region: _ring(clients[region], region, since, until), clients)
            return dict(zip(clients, rings, strict=True))

    def accounts(self, partition: str) -> Mapping[str, datetime]:
        """The organization's active accounts, each with when it joined; CouldNotRead when it isn't said.

        Only the management account and delegated administrators may ask; each partition has its region.
        https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html,
        https://docs.aws.amazon.com/general/latest/gr/ao.html
        """
        try:
            client = self._client("organizations", _ORGANIZATIONS.get(partition, "us-east-1"))
            pages = client.get_paginator("list_accounts").paginate()
            listed = [account for page in pages for account in page["Accounts"]]
        except AWS_ERRORS as error:
            raise CouldNotRead(
                "the organization's accounts could not be read, so one whose folder is gone is not missed: "
                f"{error}"
            ) from error
        return {
            account["Id"]: _utc(account.get("JoinedTimestamp")) or datetime.min.replace(tzinfo=UTC)
            for account in listed
            if account.get("Status") == "ACTIVE"
        }

    def event_history(
        self, region: str, names: Iterable[str], since: datetime, until: datetime
    ) -> list[Mapping[str, Any]]:
        """The records of events of some names, as the event history of the last 90 days has them.

        At most two requests a second, as many as CloudTrail answers.
        https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html

        Raises:
            CouldNotRead: it can't be asked.
        """
        client, records = self._client("cloudtrail", region), []
        try:
            for name in names:
                asked = [{"AttributeKey": "EventName", "AttributeValue": name}]
                pages = client.get_paginator("lookup_events").paginate(
                    LookupAttributes=asked, StartTime=since, EndTime=until
                )
                for page in islice(pages, MOST_PAGES):
                    records += [json.loads(event["CloudTrailEvent"]) for event in page["Events"]]
                    time.sleep(LOOKUP_SECONDS)
        except (*AWS_ERRORS, ValueError, KeyError) as error:
            raise CouldNotRead(f"the event history could not be asked: {error}") from error
        return records

    def _client(self, service: str, region: str) -> Any:
        with self._lock:  # a session is not made for threads; its clients are
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.create_client(
                    service, region_name=region, config=_CONFIG
                )
            return self._clients[service, region]


def warnings_of(trail: Trail) -> Iterator[str]:
    """What a validation of the trail has to do without, a sentence each."""
    if trail.missing:
        yield f"CloudTrail knows no {trail.arn.text}: the bucket's folders say what it covered"
    elif error := trail.could_not_read.get(Part.CONFIGURATION):
        yield f"the trail's settings could not be read; the bucket's folders say what it covers: {error}"
    if error := trail.could_not_read.get(Part.STATUS):
        yield f"the trail's status could not be read; assuming that logging is on: {error}"
    if trail.configuration and not trail.configuration.validating:
        yield "log file validation is switched off: CloudTrail makes no digests of this trail"


def _ring(client: Any, region: str, since: datetime, until: datetime) -> KeyRing | CouldNotRead:
    try:
        answer = client.list_public_keys(StartTime=since - _BEFORE, EndTime=until + _AFTER)
        return KeyRing.of(answer["PublicKeyList"])
    except (*AWS_ERRORS, UnusableKey) as error:
        return CouldNotRead(f"CloudTrail's public keys of {region} could not be read: {error}")


def _utc(moment: object) -> datetime | None:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None
