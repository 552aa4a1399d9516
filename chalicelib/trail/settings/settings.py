"""The settings of a trail and its bucket, as one frozen record; and which are weaker than before.

A field that is None is not known: it was not read, or AWS refused. An unknown setting never counts as weaker,
and is never the baseline. JSON is kept as canonical text, so that equal settings are equal records.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from chalicelib.remediation import Severity
from chalicelib.trail.description import Trail, canonical
from chalicelib.trail.settings.lifecycle import comes_sooner, lifecycle_in_words
from chalicelib.trail.settings.selectors import EVERY_MANAGEMENT_EVENT, seen, selectors_in_words
from chalicelib.wording import number_of

Value = str | bool | int | None
ON, OFF = "on", "off"

_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailSettings:
    """A trail, its bucket and its log group. "" is a setting that is not made, None one that is not known.

    `trail`, `bucket_there` and `group_there`: whether they exist. `retention`: days, 0 for ever. `policy`,
    `lifecycle`, `selectors`, `notification`, `public_access`, `lock` and `encryption` are canonical JSON.
    """

    trail: bool | None = None
    logging: bool | None = None
    bucket: str | None = None
    prefix: str | None = None
    multi_region: bool | None = None
    global_events: bool | None = None
    validating: bool | None = None
    log_group: str | None = None
    log_role: str | None = None
    topic: str | None = None
    kms_key: str | None = None
    selectors: str | None = None
    bucket_there: bool | None = None
    policy: str | None = None
    versioning: str | None = None
    lock: str | None = None
    lifecycle: str | None = None
    notification: str | None = None
    public_access: str | None = None
    encryption: str | None = None
    group_there: bool | None = None
    retention: int | None = None

    def known(self) -> dict[str, Value]:
        """What is known, by field."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def over(self, other: "TrailSettings") -> "TrailSettings":
        """These settings, and where they are not known, the other's."""
        return TrailSettings(**{**other.known(), **self.known()})  # type: ignore[arg-type]  # of fields' own types

    def with_those_of(self, now: "TrailSettings", names: Iterable[str]) -> "TrailSettings":
        """These settings, with the named fields as they are now; a field that isn't known now stays."""
        known = now.known()
        return replace(self, **{name: known[name] for name in names if name in known})  # type: ignore[arg-type]  # likewise

    def as_text(self) -> str:
        """For the ledger."""
        return canonical(self.known())

    @classmethod
    def of(cls, trail: Trail) -> Self:
        """What is known of the trail itself; nothing yet of its bucket and its log group."""
        if trail.missing:
            return cls(trail=False)
        found, status = trail.configuration, trail.status
        known = cls(selectors=trail.selectors, logging=status.logging if status else None)
        if found is None:
            return known
        return replace(
            known,
            trail=True,
            bucket=found.bucket,
            prefix=found.prefix,
            multi_region=found.multi_region,
            global_events=found.global_events,
            validating=found.validating,
            log_group=found.log_group,
            log_role=found.log_role,
            topic=found.topic,
            kms_key=found.kms_key,
        )

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `as_text` wrote; a field that an earlier version knew and this doesn't is forgotten."""
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in json.loads(text or "{}").items() if name in names})


def promised(bucket: str, *, own_bucket: bool, selectors: str = EVERY_MANAGEMENT_EVENT) -> TrailSettings:
    """What the stack promises of every trail and its bucket; it promises more of a trail it made itself."""
    trail = TrailSettings(
        trail=True,
        logging=True,
        bucket=bucket,
        multi_region=True,
        global_events=True,
        validating=True,
        selectors=selectors,
    )
    if not own_bucket:
        return trail
    return replace(
        trail,
        bucket_there=True,
        versioning="Enabled",
        notification=canonical({"EventBridgeConfiguration": {"on": True}}),
        public_access=canonical(dict.fromkeys(_BLOCKS, True)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting that is weaker than it was. `label`, `was` and `became` are for people."""

    field: str
    before: Value
    now: Value
    severity: Severity
    label: str
    was: str
    became: str


def weaker(before: TrailSettings, now: TrailSettings) -> tuple[Difference, ...]:
    """Everything that is known of both and weaker now, the gravest first.

    Of a trail or a bucket that is gone, that is all there is to say.
    """
    was, became = before.known(), now.known()
    found = [
        Difference(
            field=aspect.field,
            before=was[aspect.field],
            now=became[aspect.field],
            severity=severity,
            label=aspect.label,
            was=aspect.words(was[aspect.field]),
            became=_told_apart(aspect, was[aspect.field], became[aspect.field]),
        )
        for aspect in ASPECTS
        if aspect.field in was and aspect.field in became
        for severity in [aspect.grade(was[aspect.field], became[aspect.field])]
        if severity
    ]
    return tuple(sorted(found, key=lambda each: -list(Severity).index(each.severity)))


def _told_apart(aspect: "Aspect", before: Value, now: Value) -> str:
    """The present value in words, which two long documents may share."""
    became = aspect.words(now)
    return f"{became}, changed inside" if became == aspect.words(before) else became


# ---- how a setting is judged ------------------------------------------------------------------------


Grade = Callable[[Any, Any], Severity | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """One field: what people call it, how grave a change is (None: not weaker), how its value reads."""

    field: str
    label: str
    grade: Grade
    words: Callable[[Any], str]


def _when(worse: Callable[[Any, Any], bool], severity: Severity) -> Grade:
    return lambda before, now: severity if worse(before, now) else None


def _switched_off(before: Value, now: Value) -> bool:
    return bool(before) and not now


def _changed(before: str, now: str) -> bool:
    return before != now


def _taken_away(before: str, now: str) -> bool:
    """A setting that was never made can't be taken away; one that was made should stay as it is."""
    return bool(before) and before != now


def _sees_less(before: str, now: str) -> bool:
    return bool(seen(before) - seen(now))


def _suspended(before: str, now: str) -> bool:
    return before == "Enabled" != now


def _silent(before: str, now: str) -> bool:
    return "EventBridgeConfiguration" in before and "EventBridgeConfiguration" not in now


def _more_public(before: str, now: str) -> bool:
    was, became = _loaded(before), _loaded(now)
    return any(was.get(block) and not became.get(block) for block in _BLOCKS)


def _held_shorter(before: str, now: str) -> bool:
    """Fewer days, or a mode that more people can get around."""
    (was_mode, was_days), (mode, days) = _retention(before), _retention(now)
    return days < was_days or (was_mode == "COMPLIANCE" != mode)


def _forgets_sooner(before: int, now: int) -> bool:
    return now > 0 and (before == 0 or now < before)


def _lifecycle_grade(before: str, now: str) -> Severity | None:
    """Something goes sooner than it did: grave. A rule is gone or goes later: only what it costs changes."""
    if comes_sooner(before, now):
        return Severity.HIGH
    return Severity.LOW if _taken_away(before, now) else None


def _retention(lock: str) -> tuple[str, int]:
    """Mode and days that a new object is locked for."""
    default = _loaded(lock).get("Rule", {}).get("DefaultRetention", {})
    return default.get("Mode", ""), default.get("Days", 0) + 365 * default.get("Years", 0)


def _loaded(text: str) -> dict[str, Any]:
    loaded = json.loads(text) if text else {}
    return loaded if isinstance(loaded, dict) else {}


# ---- how a value reads ------------------------------------------------------------------------------


def _on(value: Value) -> str:
    return ON if value else OFF


def _there(value: Value) -> str:
    return "there" if value else "gone"


def _text(value: str) -> str:
    return value or "none"


def _public_words(value: str) -> str:
    blocked = [block for block in _BLOCKS if _loaded(value).get(block)]
    return "all blocked" if len(blocked) == len(_BLOCKS) else f"blocked: {', '.join(blocked) or 'nothing'}"


def _policy_words(value: str) -> str:
    statements = _loaded(value).get("Statement", [])
    named = statements if isinstance(statements, list) else [statements]
    return (
        ", ".join(each.get("Sid") or f"{each.get('Effect')} {each.get('Action')}" for each in named) or "none"
    )


def _lock_words(value: str) -> str:
    mode, days = _retention(value)
    return f"{mode.lower()}, {number_of(days, 'day')}" if days else "no default retention"


def _encryption_words(value: str) -> str:
    defaults = [
        rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in _loaded(value).get("Rules", ())
    ]
    named = [
        " ".join(filter(None, (each.get("SSEAlgorithm"), each.get("KMSMasterKeyID")))) for each in defaults
    ]
    return ", ".join(named) or "none"


def _days(value: int) -> str:
    return number_of(value, "day") if value else "for ever"


_CRITICAL, _HIGH, _MEDIUM = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM

ASPECTS: tuple[Aspect, ...] = (
    Aspect(field="trail", label="Trail", grade=_when(_switched_off, _CRITICAL), words=_there),
    Aspect(field="logging", label="Logging", grade=_when(_switched_off, _CRITICAL), words=_on),
    Aspect(
        field="selectors",
        label="Events recorded",
        grade=_when(_sees_less, _CRITICAL),
        words=selectors_in_words,
    ),
    Aspect(field="bucket_there", label="Bucket", grade=_when(_switched_off, _CRITICAL), words=_there),
    Aspect(field="bucket", label="Delivers to bucket", grade=_when(_changed, _CRITICAL), words=_text),
    Aspect(field="prefix", label="Prefix of its objects", grade=_when(_changed, _HIGH), words=_text),
    Aspect(field="multi_region", label="All regions", grade=_when(_switched_off, _HIGH), words=_on),
    Aspect(field="global_events", label="Global events", grade=_when(_switched_off, _HIGH), words=_on),
    Aspect(field="validating", label="Log file validation", grade=_when(_switched_off, _HIGH), words=_on),
    Aspect(field="log_group", label="Log group", grade=_when(_taken_away, _HIGH), words=_text),
    Aspect(field="log_role", label="Role for the log group", grade=_when(_taken_away, _HIGH), words=_text),
    # Under a key that somebody else chose, logs can be read by them and no longer by us.
    Aspect(field="kms_key", label="KMS key", grade=_when(_changed, _HIGH), words=_text),
    Aspect(field="topic", label="SNS topic", grade=_when(_taken_away, _MEDIUM), words=_text),
    Aspect(field="policy", label="Bucket policy", grade=_when(_taken_away, _HIGH), words=_policy_words),
    Aspect(field="versioning", label="Versioning", grade=_when(_suspended, _HIGH), words=_text),
    Aspect(field="lock", label="Object Lock", grade=_when(_held_shorter, _HIGH), words=_lock_words),
    Aspect(field="lifecycle", label="Lifecycle", grade=_lifecycle_grade, words=lifecycle_in_words),
    Aspect(
        field="notification",
        label="EventBridge",
        grade=_when(_silent, _HIGH),
        words=lambda value: _on("EventBridgeConfiguration" in value),
    ),
    Aspect(
        field="public_access", label="Public access", grade=_when(_more_public, _HIGH), words=_public_words
    ),
    Aspect(
        field="encryption", label="Encryption", grade=_when(_taken_away, _MEDIUM), words=_encryption_words
    ),
    Aspect(field="group_there", label="Log group", grade=_when(_switched_off, _HIGH), words=_there),
    Aspect(field="retention", label="Log group keeps", grade=_when(_forgets_sooner, _MEDIUM), words=_days),
)
