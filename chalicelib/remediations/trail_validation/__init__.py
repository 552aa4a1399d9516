"""Somebody asked for a full validation of the audit trail, over any span of time.

What we do: plan it (which regions, which days), then validate one region's day after another, each as a
message of its own in a queue, so that no run meets its timeout: a day with more than 1,000 log files is read
slice by slice. Each part is judged with its neighbours, so that the parts together give the result of one
judgement over the whole span. When the last one is done, one alert reports the verdict, unless it is sound:
CRITICAL if something is not as CloudTrail left it, MEDIUM if the result is unknown. `GET /validations/{id}`
answers at any time.

What we leave alone: everything; nothing is restored. A part that fails five times goes to the dead-letter
queue, and its validation then reads "incomplete", never "sound". What the bucket's lifecycle has expired
reads as deleted: ask for no earlier time than the bucket keeps.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import MalformedEvent, Throttled
from chalicelib.events import Raw
from chalicelib.ledger.grants import ANY, on_ledger
from chalicelib.ledger.ledger import Ledger, ledger_of
from chalicelib.ledger.table import Kind
from chalicelib.ledger.validations import Job, Slice, complete, found, planned, settle_slice, slices, summary
from chalicelib.looking import Unseen
from chalicelib.references import TRAIL_ARN, TRAIL_BUCKET
from chalicelib.remediation import Alert, Grant, Plan, Quiet, Remediation, Severity, Way
from chalicelib.remediations.trail_validation.parts import (
    Part,
    PartResult,
    next_slice,
    parts_of,
    validate_part,
)
from chalicelib.seal import Seal
from chalicelib.settings import Settings
from chalicelib.trail.integrity.evidence import Window
from chalicelib.trail.integrity.findings import IntegrityFinding
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.reader import TO_READ_A_TRAIL, TrailBucket, read_trail
from chalicelib.trail.stretch import chains_of
from chalicelib.triggers import OnQueue
from chalicelib.wording import number_of

BUCKET = "TRAIL_VALIDATION_BUCKET"
TRAIL_ARN_NAME = "TRAIL_VALIDATION_TRAIL_ARN"
QUEUE = "TRAIL_VALIDATION_QUEUE"
PLAN, PART, SUM = "plan", "part", "sum"

GRANTS = (
    *TO_READ_A_TRAIL,
    *on_ledger(Kind.REQUEST, "", "GetItem"),
    *on_ledger(Kind.VALIDATION, "", "GetItem", "PutItem"),
    *on_ledger(Kind.VALIDATION, ANY, "Query", "PutItem"),
    Grant(action="sqs:SendMessage", resource="${Validations.Arn}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationStep:
    """One message of the queue: plan a job, validate a slice of one of its parts, or add it all up.

    `seal`: this function's own, of the steps that it sends to itself. A forged step has another `key`.
    """

    key: str
    at: datetime
    job: str
    step: str
    part: Part | None = None
    seal: str = ""
    account: str = ""
    region: str = ""
    principal: str = ""

    @property
    def sealed(self) -> str:
        """What the seal is of."""
        return f"{self.job}:{self.step}:{_name(self.part) if self.part else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """The facts of a step that this function has not sent: there are none."""


def parse(raw: Raw) -> Sequence[ValidationStep]:
    """SQS's records."""
    records = raw.get("Records") if isinstance(raw, Mapping) else None
    if not isinstance(records, list) or not records:
        raise MalformedEvent("Records is missing or empty")
    return [_step(record) for record in records]


def _step(record: Any) -> ValidationStep:
    try:
        body = json.loads(record["body"])
        part = body.get("part")
        sent = datetime.fromisoformat(body["at"]).astimezone(UTC)
        typed = _part(part) if part else None
        name = f"{body['step']}:{_name(typed)}" if typed else str(body["step"])
        if body["step"] not in (PLAN, PART, SUM) or (body["step"] == PART) != (typed is not None):
            raise MalformedEvent(f"there is no step {name!r}")
        seal = str(body.get("seal", ""))
        return ValidationStep(
            key=f"{body['job']}:{name}" + (f":{seal}" if seal else ""),
            at=sent,
            job=str(body["job"]),
            step=body["step"],
            part=typed,
            seal=seal,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"the message is no step of a validation ({error})") from error


def message(step: str, job: Job, part: Part | None = None, seal: Seal | None = None) -> str:
    """A step as the queue carries it."""
    told: dict[str, Any] = {"step": step, "job": job.id, "at": job.asked_at.isoformat()}
    if part:
        told["part"] = asdict(part)
    if seal:
        sent = ValidationStep(key="", at=job.asked_at, job=job.id, step=step, part=part)
        told["seal"] = seal.of_text(sent.sealed)
    return json.dumps(told, default=datetime.isoformat)


def look(
    aws: Aws, event: ValidationStep, settings: Settings
) -> Job | PartResult | Mapping[str, Any] | Forged | None:
    """The plan, a slice's result, or the sum; None for a job that the ledger no longer holds."""
    if _is_forged(event, settings):
        return Forged()
    ledger = _ledger(aws, settings)
    job = found(ledger, event.job)
    if job is None:
        return None
    if event.step == PLAN:
        return job if job.parts is not None else _planned(aws, job, settings)
    if event.part is None:
        return summary(job, slices(ledger, job.id), job.asked_at)
    window = Window(since=job.since, until=job.until, now=job.asked_at, stopped_at=job.stopped_at)
    bucket = TrailBucket(aws.client("s3"), settings.text(BUCKET))
    return validate_part(aws, bucket, event.part, window)


def _is_forged(event: ValidationStep, settings: Settings) -> bool:
    """Whether this function has not sent the step. Anybody may ask for a plan, as the HTTP side does."""
    if event.step == PLAN or settings.seal is None:
        return False
    return not compare_digest(event.seal.encode(), settings.seal.of_text(event.sealed).encode())


def _planned(aws: Aws, job: Job, settings: Settings) -> Job:
    trail = read_trail(aws, settings.text(TRAIL_ARN_NAME))
    chains, _ = chains_of(trail, TrailBucket(aws.client("s3"), settings.text(BUCKET)))
    wanted = [chain for chain in chains if not job.regions or chain.region in job.regions]
    parts = len(_parts(wanted, job))
    return replace(job, chains=tuple(map(asdict, wanted)), parts=parts, stopped_at=trail.off_since)


def blind(_event: ValidationStep, _why: Unseen, _settings: Settings) -> None:
    """Nothing: the queue shows the step again, and after five tries the dead letters' alarm tells."""


def decide(event: ValidationStep, facts: Any, _now: datetime, settings: Settings) -> Plan:
    """Only the sum says anything, and only if the trail is not sound; or a step that isn't ours."""
    if isinstance(facts, Forged):
        return Plan.alert(_forged_alert(event))
    if event.step != SUM or facts is None or facts["verdict"] == "sound":
        return Plan.nothing()
    return Plan.alert(_alert(facts, settings.text(TRAIL_ARN_NAME)))


def _alert(result: Mapping[str, Any], trail_arn: str) -> Alert:
    # A sum is sent when all parts are done. A result that isn't there any more was taken away since.
    if result["verdict"] is None:
        result = {
            **result,
            "untold": ["results of its parts have vanished from the ledger", *result["untold"]],
        }
    broken = result["verdict"] == "not sound"
    title = "is not sound" if broken else "could not be vouched for"
    looked_at = number_of(result["digests"], "digest"), number_of(result["logs"], "log file")
    return Alert(
        severity=Severity.CRITICAL if broken else Severity.MEDIUM,
        title=f"A full validation: the CloudTrail trail {title}",
        facts=(
            ("Validated", f"{result['since']} to {result['until']}"),
            *(("Found", f"{number} x {kind}") for kind, number in result["kinds"].items()),
            *(("What", each["sentence"]) for each in result["findings"][:10]),
            *(("Could not", sentence) for sentence in result["untold"][:10]),
            ("Looked at", ", ".join(looked_at)),
            ("Trail", trail_arn),
            ("Validation", result["id"]),
        ),
        advice='GET /validations/ID of the API says more, with the ID at "Validation". Keep every version of '
        "every object as it is: they are evidence.",
    )


def _forged_alert(event: ValidationStep) -> Alert:
    return Alert(
        severity=Severity.CRITICAL,
        title="Somebody sent a forged step of a validation",
        facts=(
            ("Step", event.step),
            ("Validation", event.job),
            ("So", "it was not done, and what it says counts for nothing"),
        ),
        advice=(
            "Only Trailwarden's functions send to the queue Validations. Look for SendMessage in CloudTrail "
            "(a data event), take the permission away, and stop the principal that had it."
        ),
        quiet=Quiet(subject="forged steps", seconds=3600),
    )


def records(aws: Aws, event: ValidationStep, facts: Any, settings: Settings) -> None:
    """Write a step's result, and send the steps after it; a second time changes nothing."""
    ledger = _ledger(aws, settings)
    if facts is None or isinstance(facts, Forged) or event.step == SUM:
        return
    seal = settings.seal
    if event.step == PLAN:
        job = planned(ledger, facts)
        chains = [Chain(**dict(chain)) for chain in job.chains]
        steps = [message(PART, job, part, seal) for part in _parts(chains, job)]
        _send(aws, settings, steps or [message(SUM, job, seal=seal)])
        return
    assert event.part is not None
    settle_slice(ledger, event.job, _name(event.part), _slice(facts), event.at)
    job = found(ledger, event.job) or Job(
        id=event.job, since=event.at, until=event.at, regions=(), asked_at=event.at
    )
    if not facts.last:
        _send(aws, settings, [message(PART, job, next_slice(event.part), seal)])
    elif complete(job, slices(ledger, event.job)):
        _send(aws, settings, [message(SUM, job, seal=seal)])


def _send(aws: Aws, settings: Settings, bodies: Sequence[str]) -> None:
    sqs, url = aws.client("sqs"), settings.text(QUEUE)
    for start in range(0, len(bodies), 10):  # SendMessageBatch takes ten
        entries = [
            {"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies[start : start + 10])
        ]
        if sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed"):
            raise Throttled("SQS took not all of a validation's steps", remediation="trail_validation")


def _parts(chains: Iterable[Chain], job: Job) -> list[Part]:
    return [part for chain in chains for part in parts_of(chain, job.since, job.until)]


def _slice(result: PartResult) -> Slice:
    return Slice(
        findings=tuple(_plain(finding) for finding in result.findings),
        kinds={what.value: number for what, number in result.kinds.items()},
        untold=tuple(map(str, result.could_not_read)),
        digests=result.digests,
        logs=result.logs,
        last=result.last,
    )


def _plain(finding: IntegrityFinding) -> Mapping[str, Any]:
    return {
        "what": finding.what.value,
        "weight": int(finding.weight),
        "bucket": finding.bucket,
        "key": finding.key,
        "since": finding.since.isoformat() if finding.since else None,
        "until": finding.until.isoformat() if finding.until else None,
        "sentence": finding.sentence[:2000],
    }


def _part(body: Mapping[str, Any]) -> Part:
    return Part(
        chain=Chain(**body["chain"]),
        since=datetime.fromisoformat(body["since"]),
        until=datetime.fromisoformat(body["until"]),
        slice=int(body["slice"]),
    )


def _name(part: Part) -> str:
    chain = part.chain
    return f"{chain.account}/{chain.region}#{part.since:%Y%m%dT%H%M%S}#{part.slice:06}"


def _ledger(aws: Aws, settings: Settings) -> Ledger:
    return ledger_of(aws, settings)


REMEDIATION = Remediation(
    name="trail_validation",
    title="A full validation of the audit trail was asked for",
    woken_by="somebody asks for it: `POST /validations`",
    response=(
        "validates up to 92 days of the trail, every region, part by part; sends one alert if it is not "
        "sound or its soundness is unknown"
    ),
    page=__doc__ or "",
    ways=(
        Way(
            # Each part asks CloudTrail for keys; a few at once leave room for the account's other calls.
            on=OnQueue(queue="Validations", at_once=5),
            parse=parse,
            look=look,
            decide=decide,
            records=records,
            blind=blind,
        ),
    ),
    grants=GRANTS,
    settings={BUCKET: TRAIL_BUCKET, TRAIL_ARN_NAME: TRAIL_ARN, QUEUE: {"Ref": "Validations"}},
    controls=("CIS 3.2", "ATT&CK T1070"),
)
