"""What was seen, planned, done and told, in one DynamoDB table; every item expires.

| pk | sk | what |
|---|---|---|
| `claim#REMEDIATION` | Powertools' hash | who handles an event now, or that it was handled |
| `finding#REMEDIATION` | `TIME#HASH` | an event's plan, what of it was done, told, and how to undo it |
| `sighting#REMEDIATION#SUBJECT` | `TIME#ID` | one thing that counts only with others, such as a login |
| `quiet#REMEDIATION` | subject | told lately; say nothing before `until`, unless it is the same event again |
| `acts#REMEDIATION` | number | one of the hour's places to act: who took it, and `until` when |
| `state#REMEDIATION` | `good` | the last state that a remediation holds to be good, for restoring it |
| `switch` | `kill` | while it is there, nothing acts |

Counts are of items, never `ADD`ed: a duplicate delivery writes the same item again. What only one may have
is taken by a conditional write, so that many functions at once can't all find room.
Expired items may linger in DynamoDB for days, so every read compares times itself.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.errors import Throttled
from chalicelib.ledger.entries import LedgerEntry, Mark, entry_from, entry_of, item_of, key_of
from chalicelib.ledger.table import EXPIRES, PK, SK, Item, expiry, lost, stamp
from chalicelib.remediation import CallProgress, Event, Outcome, Plan, Quiet, Sighting

_ID = re.compile(r"([a-z0-9_]+):(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z):([0-9a-f]{12})", re.ASCII)
# Of a state: longer than any outage of whoever records it anew every hour.
STATE_KEPT = timedelta(days=400)

# How often in a row DynamoDB may leave items of a batch over before Lambda's retry is the better wait.
_PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Ledger:
    """The table, through a low-level DynamoDB client. Moments are aware UTC."""

    client: Any = field(repr=False)
    table: str

    def stored(self, remediation: str, event: Event) -> LedgerEntry | None:
        """What an earlier try at this event planned, so that a retry resumes instead of deciding again."""
        return self._read(key_of(entry_of(remediation, event, Plan.nothing(), Outcome.NOTHING)))

    def find(self, identity: str) -> LedgerEntry | None:
        """The finding with this id; None for one that isn't there, or that no finding could have."""
        named = _ID.fullmatch(identity)
        if not named:
            return None
        remediation, moment, digest = named.groups()
        return self._read({PK: {"S": f"finding#{remediation}"}, SK: {"S": f"{moment}#{digest}"}})

    def _read(self, key: Item) -> LedgerEntry | None:
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return entry_from(item) if item else None

    def store(self, entry: LedgerEntry) -> LedgerEntry:
        """Write a finding whole, before the first call it plans; returns the one that stands.

        The first stands: what was noted about an event is never overwritten by a second thought.
        """
        try:
            self.client.put_item(
                TableName=self.table, Item=item_of(entry), ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            if not lost(error):
                raise
            answer = self.client.get_item(TableName=self.table, Key=key_of(entry), ConsistentRead=True)
            return entry_from(answer["Item"])
        return entry

    def did(self, entry: LedgerEntry, index: int, progress: CallProgress) -> LedgerEntry:
        """Note how far call `index` of the plan has come."""
        self.client.update_item(
            TableName=self.table,
            Key=key_of(entry),
            UpdateExpression="SET #deeds.#index = :deed",
            ExpressionAttributeNames={"#deeds": "deeds", "#index": str(index)},
            ExpressionAttributeValues={":deed": {"S": progress}},
        )
        return replace(entry, progress={**entry.progress, index: progress})

    def mark(self, entry: LedgerEntry, what: Mark, index: int) -> LedgerEntry:
        """Note that alert `index` of the plan was told or not; noting twice changes nothing."""
        self.client.update_item(
            TableName=self.table,
            Key=key_of(entry),
            UpdateExpression="ADD #what :index",
            ExpressionAttributeNames={"#what": what},
            ExpressionAttributeValues={":index": {"NS": [str(index)]}},
        )
        changed: dict[str, Any] = {what: getattr(entry, what) | {index}}
        return replace(entry, **changed)

    def settle(self, entry: LedgerEntry, outcome: Outcome, failure: str = "") -> LedgerEntry:
        """Note what became of it in the end, or for now."""
        self.client.update_item(
            TableName=self.table,
            Key=key_of(entry),
            UpdateExpression="SET #outcome = :outcome, #failure = :failure",
            ExpressionAttributeNames={"#outcome": "outcome", "#failure": "failure"},
            ExpressionAttributeValues={":outcome": {"S": outcome}, ":failure": {"S": failure}},
        )
        return replace(entry, outcome=outcome, failure=failure)

    def newest(self, remediation: str, most: int) -> list[LedgerEntry]:
        """The newest findings of one remediation, newest first."""
        answer = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"finding#{remediation}"}},
            ScanIndexForward=False,
            Limit=most,
        )
        return [entry_from(item) for item in answer["Items"]]

    def note(self, remediation: str, sightings: Iterable[Sighting], kept: timedelta) -> None:
        """Remember sightings; the same sighting again overwrites itself.

        Raises Throttled when DynamoDB keeps leaving over what it was asked.
        """
        requests = {
            (sighting.subject, sighting.id): {
                "PutRequest": {
                    "Item": {
                        PK: {"S": f"sighting#{remediation}#{sighting.subject}"},
                        SK: {"S": f"{stamp(sighting.at)}#{sighting.id}"},
                        "detail": {"S": json.dumps(dict(sighting.detail))},
                        EXPIRES: expiry(sighting.at + kept),
                    }
                }
            }
            for sighting in sightings
        }
        waiting, patience = list(requests.values()), _PATIENCE
        while waiting:
            # 25 is BatchWriteItem's limit; what DynamoDB leaves over is asked again.
            answer = self.client.batch_write_item(RequestItems={self.table: waiting[:25]})
            left = answer.get("UnprocessedItems", {}).get(self.table, [])
            patience = patience - 1 if left else _PATIENCE
            if not patience:
                raise Throttled("BatchWriteItem left items over again and again", remediation=remediation)
            waiting = [*left, *waiting[25:]]

    def sightings(self, remediation: str, subject: str, since: datetime, until: datetime) -> list[Sighting]:
        """What was seen of `subject` in the span, oldest first; both ends belong to it."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":pk": {"S": f"sighting#{remediation}#{subject}"},
                ":since": {"S": stamp(since)},
                ":until": {"S": f"{stamp(until)}~"},
            },
            ConsistentRead=True,
        )
        return [_sighting(subject, item) for page in pages for item in page["Items"]]

    def may_speak(self, remediation: str, quiet: Quiet, event_key: str, now: datetime) -> int:
        """Take a right to tell about `quiet.subject`; the event that took it keeps it on a retry.

        Returns which of the `most` rights it is, from 1; 0 when all are taken.
        """
        for place in range(1, quiet.most + 1):
            subject = quiet.subject if place == 1 else f"{quiet.subject}#{place}"
            key = {PK: {"S": f"quiet#{remediation}"}, SK: {"S": subject}}
            if self._take(key, event_key, now, quiet.seconds):
                return place
        return 0

    def may_act(self, entry: LedgerEntry, now: datetime, most_an_hour: int) -> bool:
        """Take one of the hour's places; a finding that has one keeps it. False when all are taken."""
        pk = {"S": f"acts#{entry.remediation}"}
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": pk},
            ConsistentRead=True,
        )
        taken = {
            item[SK]["S"]: item["holder"]["S"]
            for page in pages
            for item in page["Items"]
            if int(item["until"]["N"]) > now.timestamp()
        }
        if entry.sort_key in taken.values():
            return True
        places = (f"{number:04}" for number in range(most_an_hour))
        return any(
            self._take({PK: pk, SK: {"S": place}}, entry.sort_key, now, 3600)
            for place in places
            if place not in taken
        )

    def remember(self, remediation: str, state: str, now: datetime) -> None:
        """Keep a state (any text) as the last good one of a remediation, instead of the one before."""
        expires = expiry(now + STATE_KEPT)
        item = {**state_key(remediation), "state": {"S": state}, "at": {"S": stamp(now)}, EXPIRES: expires}
        self.client.put_item(TableName=self.table, Item=item)

    def remembered(self, remediation: str) -> str:
        """The last good state of a remediation; "" where there is none."""
        answer = self.client.get_item(TableName=self.table, Key=state_key(remediation), ConsistentRead=True)
        return str(answer["Item"]["state"]["S"]) if "Item" in answer else ""

    def switched_off(self) -> bool:
        """Whether the kill switch is there: then nothing acts, whatever any mode says."""
        answer = self.client.get_item(
            TableName=self.table, Key={PK: {"S": "switch"}, SK: {"S": "kill"}}, ConsistentRead=True
        )
        return "Item" in answer

    def _take(self, key: Item, holder: str, now: datetime, seconds: int) -> bool:
        """Take what only one may have for so long; who has it may take it again."""
        try:
            self.client.put_item(
                TableName=self.table,
                Item={
                    **key,
                    "holder": {"S": holder},
                    "until": {"N": str(int(now.timestamp()) + seconds)},
                    EXPIRES: expiry(now + timedelta(seconds=seconds)),
                },
                ConditionExpression="attribute_not_exists(pk) OR #until <= :now OR #holder = :holder",
                ExpressionAttributeNames={"#until": "until", "#holder": "holder"},
                ExpressionAttributeValues={
                    ":now": {"N": str(int(now.timestamp()))},
                    ":holder": {"S": holder},
                },
            )
        except ClientError as error:
            if lost(error):
                return False
            raise
        return True


def state_key(remediation: str) -> dict[str, Any]:
    """Where a remediation's last good state lies; taking the item away forgets it."""
    return {PK: {"S": f"state#{remediation}"}, SK: {"S": "good"}}


def _sighting(subject: str, item: Item) -> Sighting:
    stamp, _, identity = item[SK]["S"].partition("#")
    return Sighting(
        subject=subject,
        id=identity,
        at=datetime.fromisoformat(stamp),
        detail=json.loads(item["detail"]["S"]),
    )
