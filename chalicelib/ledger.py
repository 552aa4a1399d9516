"""What was seen, planned, done and told, in one DynamoDB table; every item expires.

| pk | sk | what |
|---|---|---|
| `claim#REMEDIATION` | Powertools' hash | who handles an event now, or that it was handled |
| `finding#REMEDIATION` | `TIME#HASH` | an event's plan, what of it was done, told, and how to undo it |
| `sighting#REMEDIATION#SUBJECT` | `TIME#ID` | one thing that counts only with others, such as a login |
| `quiet#REMEDIATION` | subject | told lately; say nothing before `until`, unless it is the same event again |
| `acts#REMEDIATION` | `TIME#FINDING` | one event acted upon, for the cap on acts an hour |
| `switch` | `kill` | while it is there, nothing acts |

Counts are of items, never `ADD`ed: a duplicate delivery writes the same item again.
Expired items may linger in DynamoDB for days, so every read compares times itself.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.remediation import Event, Outcome, Plan, Quiet, Sighting

PK, SK, EXPIRES = "pk", "sk", "expires"
FINDINGS_KEPT = timedelta(days=400)

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One event as the ledger remembers it. `done` and `told` hold indexes into the plan."""

    remediation: str
    event_key: str
    account: str
    region: str
    at: datetime
    principal: str
    outcome: Outcome
    plan: Plan
    facts: str = "{}"
    done: frozenset[int] = frozenset()
    told: frozenset[int] = frozenset()

    @property
    def sort_key(self) -> str:
        """Orders findings by time; the hash tells apart what happened in the same second."""
        digest = hashlib.sha256(f"{self.account}|{self.event_key}".encode()).hexdigest()[:12]
        return f"{_stamp(self.at)}#{digest}"

    @property
    def id(self) -> str:
        """What a person types to name this finding."""
        return f"{self.remediation}:{self.sort_key.replace('#', ':')}"

    def as_json(self) -> dict[str, Any]:
        """For the HTTP side and for machines."""
        return {
            "id": self.id,
            "remediation": self.remediation,
            "event": self.event_key,
            "account": self.account,
            "region": self.region,
            "at": _stamp(self.at),
            "principal": self.principal,
            "outcome": self.outcome,
            "plan": self.plan.as_json(),
            "done": sorted(self.done),
            "told": sorted(self.told),
        }


@dataclass(frozen=True, slots=True)
class Ledger:
    """The table, through a low-level DynamoDB client. Moments are aware UTC."""

    client: Any = field(repr=False)
    table: str

    def stored(self, remediation: str, event: Event) -> Finding | None:
        """What an earlier try at this event planned, so that a retry resumes instead of deciding again."""
        wanted = finding_of(remediation, event, Plan.nothing(), Outcome.NOTHING)
        answer = self.client.get_item(TableName=self.table, Key=_key_of(wanted), ConsistentRead=True)
        item = answer.get("Item")
        return _finding(item) if item else None

    def store(self, finding: Finding) -> None:
        """Write a finding whole, before the first call it plans."""
        self.client.put_item(
            TableName=self.table,
            Item={
                **_key_of(finding),
                "remediation": {"S": finding.remediation},
                "event_key": {"S": finding.event_key},
                "account": {"S": finding.account},
                "region": {"S": finding.region},
                "at": {"S": _stamp(finding.at)},
                "principal": {"S": finding.principal},
                "outcome": {"S": finding.outcome},
                "plan": {"S": json.dumps(finding.plan.as_json())},
                "facts": {"S": finding.facts},
                EXPIRES: _expiry(finding.at + FINDINGS_KEPT),
            },
        )

    def mark(self, finding: Finding, what: str, index: int) -> Finding:
        """Note that call or alert `index` of the plan is `done` or `told`; noting twice changes nothing."""
        self.client.update_item(
            TableName=self.table,
            Key=_key_of(finding),
            UpdateExpression="ADD #what :index",
            ExpressionAttributeNames={"#what": what},
            ExpressionAttributeValues={":index": {"NS": [str(index)]}},
        )
        if what == "done":
            return replace(finding, done=finding.done | {index})
        return replace(finding, told=finding.told | {index})

    def newest(self, remediation: str, most: int) -> list[Finding]:
        """The newest findings of one remediation, newest first."""
        answer = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"finding#{remediation}"}},
            ScanIndexForward=False,
            Limit=most,
        )
        return [_finding(item) for item in answer["Items"]]

    def note(self, remediation: str, sightings: Iterable[Sighting], kept: timedelta) -> None:
        """Remember sightings; the same sighting again overwrites itself."""
        requests = {
            (sighting.subject, sighting.id): {
                "PutRequest": {
                    "Item": {
                        PK: {"S": f"sighting#{remediation}#{sighting.subject}"},
                        SK: {"S": f"{_stamp(sighting.at)}#{sighting.id}"},
                        "detail": {"S": json.dumps(dict(sighting.detail))},
                        EXPIRES: _expiry(sighting.at + kept),
                    }
                }
            }
            for sighting in sightings
        }
        waiting = list(requests.values())
        while waiting:
            # 25 is BatchWriteItem's limit; what DynamoDB leaves over is asked again.
            answer = self.client.batch_write_item(RequestItems={self.table: waiting[:25]})
            waiting = [*answer.get("UnprocessedItems", {}).get(self.table, []), *waiting[25:]]

    def sightings(self, remediation: str, subject: str, since: datetime, until: datetime) -> list[Sighting]:
        """What was seen of `subject` in the span, oldest first; both ends belong to it."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":pk": {"S": f"sighting#{remediation}#{subject}"},
                ":since": {"S": _stamp(since)},
                ":until": {"S": f"{_stamp(until)}~"},
            },
            ConsistentRead=True,
        )
        return [_sighting(subject, item) for page in pages for item in page["Items"]]

    def may_speak(self, remediation: str, quiet: Quiet, event_key: str, now: datetime) -> bool:
        """Take the right to tell about `quiet.subject`; the event that took it keeps it on a retry."""
        try:
            self.client.put_item(
                TableName=self.table,
                Item={
                    PK: {"S": f"quiet#{remediation}"},
                    SK: {"S": quiet.subject},
                    "event_key": {"S": event_key},
                    "until": {"N": str(int(now.timestamp()) + quiet.seconds)},
                    EXPIRES: _expiry(now + timedelta(seconds=quiet.seconds)),
                },
                ConditionExpression="attribute_not_exists(pk) OR #until <= :now OR event_key = :event_key",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={
                    ":now": {"N": str(int(now.timestamp()))},
                    ":event_key": {"S": event_key},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def may_act(self, finding: Finding, now: datetime, most_an_hour: int) -> bool:
        """Whether the kill switch is off and the hour still has room; takes a place in the hour."""
        answer = self.client.get_item(
            TableName=self.table, Key={PK: {"S": "switch"}, SK: {"S": "kill"}}, ConsistentRead=True
        )
        if "Item" in answer:
            return False
        mine = f"#{finding.sort_key}"
        acts = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND sk > :since",
            ExpressionAttributeValues={
                ":pk": {"S": f"acts#{finding.remediation}"},
                ":since": {"S": _stamp(now - timedelta(hours=1))},
            },
            ConsistentRead=True,
        )["Items"]
        if any(item[SK]["S"].endswith(mine) for item in acts):
            return True  # a retry of what has its place already
        if len(acts) >= most_an_hour:
            return False
        self.client.put_item(
            TableName=self.table,
            Item={
                PK: {"S": f"acts#{finding.remediation}"},
                SK: {"S": f"{_stamp(now)}{mine}"},
                EXPIRES: _expiry(now + timedelta(hours=2)),
            },
        )
        return True


def finding_of(remediation: str, event: Event, plan: Plan, outcome: Outcome, facts: str = "{}") -> Finding:
    """A fresh finding about an event: nothing done, nothing told."""
    return Finding(
        remediation=remediation,
        event_key=event.key,
        account=event.account,
        region=event.region,
        at=event.at,
        principal=event.principal,
        outcome=outcome,
        plan=plan,
        facts=facts,
    )


def _key_of(finding: Finding) -> dict[str, Any]:
    return {PK: {"S": f"finding#{finding.remediation}"}, SK: {"S": finding.sort_key}}


def _finding(item: Item) -> Finding:
    return Finding(
        remediation=item["remediation"]["S"],
        event_key=item["event_key"]["S"],
        account=item["account"]["S"],
        region=item["region"]["S"],
        at=datetime.fromisoformat(item["at"]["S"]),
        principal=item["principal"]["S"],
        outcome=Outcome(item["outcome"]["S"]),
        plan=Plan.from_json(json.loads(item["plan"]["S"])),
        facts=item["facts"]["S"],
        done=frozenset(map(int, item.get("done", {}).get("NS", ()))),
        told=frozenset(map(int, item.get("told", {}).get("NS", ()))),
    )


def _sighting(subject: str, item: Item) -> Sighting:
    stamp, _, identity = item[SK]["S"].partition("#")
    return Sighting(
        subject=subject,
        id=identity,
        at=datetime.fromisoformat(stamp),
        detail=json.loads(item["detail"]["S"]),
    )


def _stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _expiry(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}
