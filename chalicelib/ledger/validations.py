"""Full validations in the ledger: the request, the progress, the result.

A request is written without a seal: it asks for work, and says nothing of the trail. The plan and
the results are the validating function's own, under its seal.

Ids begin with the time they were given, so that text order is time order. The first write is kept: a message
that comes twice writes nothing new. The summary is added up from the parts whenever it is asked
for, so it can't disagree with them.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.table import EXPIRES, Kind, expiry, key, partition
from chalicelib.seal import Item

_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}", re.ASCII)
_TIMES = ("since", "until", "asked_at", "stopped_at")
VALIDATIONS_KEPT = timedelta(days=400)
# A job that isn't done after this time has lost a part to the dead-letter queue.
OVERDUE = timedelta(hours=6)
MOST_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A full validation; `regions` empty means all.

    `chains`, `parts` and `stopped_at` are known once it is planned. `stopped_at`: when logging was stopped;
    None while it is on.
    """

    id: str
    since: datetime
    until: datetime
    regions: tuple[str, ...]
    asked_at: datetime
    chains: tuple[Mapping[str, Any], ...] = ()
    parts: int | None = None
    stopped_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What is kept of one slice: findings as plain values, the heaviest first.

    `untold`: sentences about what could not be read; the ledger and HTTP use this name too.
    """

    findings: tuple[Mapping[str, Any], ...] = ()
    kinds: Mapping[str, int]
    untold: tuple[str, ...] = ()
    digests: int = 0
    logs: int = 0
    last: bool = True


def new_job(
    since: datetime, until: datetime, regions: tuple[str, ...], asked_at: datetime, nonce: str
) -> Job:
    """A job with an id of its own; the same request (`nonce`) at the same moment is the same job."""
    digest = hashlib.sha256(f"{asked_at.isoformat()}|{nonce}".encode()).hexdigest()[:12]
    return Job(
        id=f"{asked_at:%Y%m%dT%H%M%SZ}-{digest}", since=since, until=until, regions=regions, asked_at=asked_at
    )


def ask(ledger: Ledger, job: Job) -> None:
    """Note a new job."""
    _put(ledger, _request_key(job.id), asdict(job), job.asked_at)


def planned(ledger: Ledger, job: Job) -> Job:
    """Note a job's plan; returns the plan that is kept, which is the first."""
    stands = _put(ledger, _key(job.id), asdict(job), job.asked_at)
    return job if stands else found(ledger, job.id) or job


def found(ledger: Ledger, identity: str) -> Job | None:
    """The job with this id; None for one that isn't there, or that no job could have."""
    if not _ID.fullmatch(identity):
        return None
    item = ledger.rows.get(_key(identity)) or replace(ledger, seal=None).rows.get(_request_key(identity))
    return _job(item) if item else None


def newest(ledger: Ledger, most: int) -> list[Job]:
    """The newest jobs, newest first; of each its plan, if there is one by now."""
    kinds = (Kind.REQUEST, Kind.VALIDATION)
    jobs = {job.id: job for kind in kinds for job in map(_job, ledger.rows.newest(partition(kind), most))}
    return [jobs[identity] for identity in sorted(jobs, reverse=True)[:most]]


def settle_slice(ledger: Ledger, job_id: str, name: str, result: Slice, now: datetime) -> None:
    """Note what a slice came to."""
    _put(ledger, key(_slices_of(job_id), name), asdict(result), now)


def slices(ledger: Ledger, job_id: str) -> list[Slice]:
    """All slices that are done."""
    return [Slice(**json.loads(item["body"]["S"])) for item in ledger.rows.all(_slices_of(job_id))]


def complete(job: Job, done: Iterable[Slice]) -> bool:
    """Whether every part has come to its last slice."""
    return job.parts is not None and sum(one.last for one in done) >= job.parts


def summary(job: Job, done: list[Slice], now: datetime) -> dict[str, Any]:
    """What a job came to so far.

    `verdict` is "sound" or "not sound" or "could not tell" when all parts are done, else None; `state` is
    "planning", "running", "done", or "incomplete" when it isn't done after `OVERDUE`.
    """
    finished = complete(job, done)
    kinds: Counter[str] = Counter()
    for one in done:
        kinds.update(one.kinds)
    # An object's fault may stand in two parts: it is reported once, and the counts say how often it was met.
    faults = {(each["what"], each["bucket"], each["key"]): each for one in done for each in one.findings}
    findings = sorted(faults.values(), key=lambda each: (-each["weight"], each["since"] or "", each["key"]))
    untold = list(dict.fromkeys(sentence for one in done for sentence in one.untold))
    running = "planning" if job.parts is None else "running"
    waiting = "incomplete" if now > job.asked_at + OVERDUE else running
    return {
        **as_json(job),
        "state": "done" if finished else waiting,
        "parts_done": sum(one.last for one in done),
        "verdict": _verdict(findings, untold, job) if finished else None,
        "digests": sum(one.digests for one in done),
        "logs": sum(one.logs for one in done),
        "kinds": dict(sorted(kinds.items())),
        "findings": findings[:MOST_TOLD],
        "untold": untold[:MOST_TOLD],
    }


def as_json(job: Job) -> dict[str, Any]:
    """What was asked for, without what it came to."""
    return {
        "id": job.id,
        "since": _text(job.since),
        "until": _text(job.until),
        "regions": list(job.regions),
        "asked_at": _text(job.asked_at),
        "parts": job.parts,
    }


def _verdict(findings: list[Mapping[str, Any]], untold: list[str], job: Job) -> str:
    heaviest = max((each["weight"] for each in findings), default=0)
    if heaviest == 2:  # Weight.BROKEN
        return "not sound"
    return "could not tell" if heaviest or untold or not job.parts else "sound"


def _key(identity: str) -> Item:
    return key(partition(Kind.VALIDATION), identity)


def _request_key(identity: str) -> Item:
    return key(partition(Kind.REQUEST), identity)


def _slices_of(job_id: str) -> str:
    return partition(Kind.VALIDATION, job_id)


def _put(ledger: Ledger, item_key: Item, body: Mapping[str, Any], now: datetime) -> bool:
    """Write it, unless an item of that key is there already; False then."""
    return ledger.rows.put_new(
        {
            **item_key,
            "body": {"S": json.dumps(body, default=_text)},
            EXPIRES: expiry(now + VALIDATIONS_KEPT),
        }
    )


def _job(item: Mapping[str, Any]) -> Job:
    body = json.loads(item["body"]["S"])
    times = {name: datetime.fromisoformat(body[name]) for name in _TIMES if body[name]}
    return Job(**{**body, **times, "regions": tuple(body["regions"]), "chains": tuple(body["chains"])})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
