"""What is weaker than it was: every setting of a trail, its bucket and its log group, in both directions."""

import json

import pytest

from chalicelib.data_events import Owner, by_type, selectors
from chalicelib.remediation import Severity
from chalicelib.trail.settings.lifecycle import comes_sooner, lifecycle_in_words
from chalicelib.trail.settings.selectors import (
    EVERY_MANAGEMENT_EVENT,
    NOISY,
    READS,
    WRITES,
    seen,
    selectors_in_words,
)
from chalicelib.trail.settings.settings import ASPECTS, TrailSettings, canonical, promised, weaker

BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
BLOCKED = canonical(dict.fromkeys(BLOCKS, True))
EVENTBRIDGE = canonical({"EventBridgeConfiguration": {"on": True}})


def basic(**selector):
    return canonical(
        [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []} | selector]
    )


def advanced(**conditions):
    fields = [{"Field": field, **condition} for field, condition in conditions.items()]
    return canonical([{"Name": "ours", "FieldSelectors": fields}])


def locked(mode="GOVERNANCE", **period):
    retention = {"Mode": mode, **(period or {"Days": 365})}
    return canonical({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}})


def rules(*rule):
    return canonical([{"Status": "Enabled", "Filter": {"Prefix": ""}, **each} for each in rule])


def to(storage, days):
    return {"Transitions": [{"StorageClass": storage, "Days": days}]}


# ---- one setting at a time ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "before", "now", "severity"),
    [
        pytest.param("trail", True, False, Severity.CRITICAL, id="deleted"),
        pytest.param("logging", True, False, Severity.CRITICAL, id="stopped"),
        pytest.param("logging", False, True, None, id="started"),
        pytest.param("bucket", "ours", "theirs", Severity.CRITICAL, id="another bucket"),
        pytest.param("prefix", "", "elsewhere", Severity.HIGH, id="another prefix"),
        pytest.param("multi_region", True, False, Severity.HIGH, id="one region"),
        pytest.param("global_events", True, False, Severity.HIGH, id="no global events"),
        pytest.param("validating", True, False, Severity.HIGH, id="no validation"),
        pytest.param("validating", False, True, None, id="validation, at last"),
        pytest.param("log_group", "arn:g", "", Severity.HIGH, id="no log group"),
        pytest.param("log_group", "", "arn:g", None, id="a log group"),
        pytest.param("log_role", "arn:r", "arn:s", Severity.HIGH, id="another role"),
        pytest.param("kms_key", "", "arn:k", Severity.HIGH, id="somebody's key"),
        pytest.param("topic", "arn:t", "", Severity.MEDIUM, id="no topic"),
        pytest.param("bucket_there", True, False, Severity.CRITICAL, id="no bucket"),
        pytest.param("policy", '{"a":1}', '{"a":2}', Severity.HIGH, id="another policy"),
        pytest.param("policy", '{"a":1}', "", Severity.HIGH, id="no policy"),
        pytest.param("versioning", "Enabled", "Suspended", Severity.HIGH, id="versions suspended"),
        pytest.param("versioning", "", "Enabled", None, id="versions, at last"),
        pytest.param("lock", locked(), "", Severity.HIGH, id="no lock"),
        pytest.param("lock", locked(Days=2), locked(Days=1), Severity.HIGH, id="a shorter lock"),
        pytest.param("lock", locked(Days=2), locked(Years=1), None, id="a longer lock, in years"),
        pytest.param("lock", locked("COMPLIANCE"), locked(), Severity.HIGH, id="a lock to get around"),
        pytest.param("lock", locked(), locked("COMPLIANCE"), None, id="a stricter lock"),
        pytest.param("notification", EVENTBRIDGE, "", Severity.HIGH, id="EventBridge off"),
        pytest.param("notification", "", EVENTBRIDGE, None, id="EventBridge on"),
        pytest.param("public_access", BLOCKED, "", Severity.HIGH, id="no block"),
        pytest.param(
            "public_access", BLOCKED, canonical({BLOCKS[0]: True}), Severity.HIGH, id="some blocks gone"
        ),
        pytest.param("public_access", "", BLOCKED, None, id="blocked"),
        pytest.param("encryption", '{"Rules":[]}', "", Severity.MEDIUM, id="no encryption"),
        pytest.param("group_there", True, False, Severity.HIGH, id="log group gone"),
        pytest.param("retention", 365, 1, Severity.MEDIUM, id="forgets sooner"),
        pytest.param("retention", 0, 365, Severity.MEDIUM, id="no longer for ever"),
        pytest.param("retention", 365, 0, None, id="for ever"),
        pytest.param("selectors", "", basic(ReadWriteType="ReadOnly"), Severity.CRITICAL, id="reads only"),
        pytest.param("selectors", "", basic(ReadWriteType="WriteOnly"), Severity.CRITICAL, id="writes only"),
        pytest.param("selectors", "", basic(), None, id="the default, spelt out"),
        pytest.param("lifecycle", rules(to("GLACIER_IR", 90)), "", Severity.LOW, id="no lifecycle"),
        pytest.param("lifecycle", "", rules({"Expiration": {"Days": 1}}), Severity.HIGH, id="gone tomorrow"),
    ],
)
def test_a_setting_is_as_grave_as_what_it_lets_happen(field, before, now, severity):
    found = weaker(TrailSettings(**{field: before}), TrailSettings(**{field: now}))

    assert [each.severity for each in found] == ([severity] if severity else [])


def test_every_setting_is_judged():
    assert {aspect.field for aspect in ASPECTS} == set(TrailSettings.__dataclass_fields__)


@pytest.mark.parametrize(("before", "now"), [(True, None), (None, False)])
def test_what_is_not_known_is_neither_weaker_nor_a_yardstick(before, now):
    assert weaker(TrailSettings(logging=before), TrailSettings(logging=now)) == ()


def test_the_gravest_comes_first_and_says_what_was_and_what_became():
    before = TrailSettings(topic="arn:t", validating=True, logging=True)

    found = weaker(before, TrailSettings(topic="", validating=False, logging=False))

    assert [(each.label, each.was, each.became) for each in found] == [
        ("Logging", "on", "off"),
        ("Log file validation", "on", "off"),
        ("SNS topic", "arn:t", "none"),
    ]


def test_a_statement_changed_inside_is_told_as_such():
    allow, deny = (canonical({"Statement": [{"Sid": "a", "Effect": effect}]}) for effect in ("Allow", "Deny"))

    (found,) = weaker(TrailSettings(policy=allow), TrailSettings(policy=deny))

    assert (found.was, found.became) == ("a", "a, changed inside")


# ---- records --------------------------------------------------------------------------------------


def test_settings_read_back_as_they_were_written():
    settings = TrailSettings(trail=True, logging=False, retention=0, policy='{"a":1}', prefix="")

    assert TrailSettings.from_text(settings.as_text()) == settings


def test_a_setting_that_an_earlier_version_knew_is_forgotten():
    assert TrailSettings.from_text('{"logging":true,"phase_of_moon":"full"}') == TrailSettings(logging=True)


def test_what_is_known_lies_over_what_was():
    good = TrailSettings(logging=False, prefix="p").over(TrailSettings(logging=True, validating=True))

    assert good == TrailSettings(logging=False, validating=True, prefix="p")


def test_only_the_named_settings_are_taken_from_now():
    now = TrailSettings(logging=False, validating=False, prefix=None)

    taken = TrailSettings(logging=True, validating=True, prefix="p").with_those_of(now, ["logging", "prefix"])

    assert taken == TrailSettings(logging=False, validating=True, prefix="p")


def test_more_is_promised_of_a_bucket_of_the_stacks_own():
    own, other = promised("logs", own_bucket=True), promised("logs", own_bucket=False)

    assert (own.versioning, own.public_access) == ("Enabled", BLOCKED)
    assert (other.versioning, other.public_access) == (None, None)
    assert (own.logging, other.logging, other.bucket) == (True, True, "logs")


# ---- selectors ------------------------------------------------------------------------------------

MANAGEMENT = {"Equals": ["Management"]}


@pytest.mark.parametrize(
    ("selectors", "managed"),
    [
        pytest.param(EVERY_MANAGEMENT_EVENT, {READS, WRITES, *NOISY}, id="default"),
        pytest.param(basic(), {READS, WRITES, *NOISY}, id="all"),
        pytest.param(basic(ReadWriteType="WriteOnly"), {WRITES, *NOISY}, id="writes"),
        pytest.param(basic(IncludeManagementEvents=False), set(), id="none"),
        pytest.param(
            basic(ExcludeManagementEventSources=["kms.amazonaws.com"]),
            {READS, WRITES, "rdsdata.amazonaws.com"},
            id="without KMS",
        ),
        pytest.param(advanced(eventCategory=MANAGEMENT), {READS, WRITES, *NOISY}, id="advanced, all"),
        pytest.param(
            advanced(eventCategory=MANAGEMENT, readOnly={"Equals": ["false"]}),
            {WRITES, *NOISY},
            id="advanced, writes",
        ),
        pytest.param(
            advanced(eventCategory=MANAGEMENT, eventSource={"NotEquals": ["kms.amazonaws.com"]}),
            {READS, WRITES, "rdsdata.amazonaws.com"},
            id="advanced, without KMS",
        ),
        pytest.param(
            advanced(eventCategory=MANAGEMENT, eventSource={"Equals": ["kms.amazonaws.com"]}),
            set(),
            id="advanced, KMS alone",
        ),
        pytest.param(
            advanced(eventCategory=MANAGEMENT, eventSource={"NotEquals": ["iam.amazonaws.com"]}),
            set(),
            id="advanced, without IAM",
        ),
        pytest.param(
            advanced(eventCategory=MANAGEMENT, eventName={"NotEquals": ["CreateUser"]}),
            set(),
            id="advanced, a name",
        ),
        pytest.param(
            advanced(eventCategory=MANAGEMENT, readOnly={"NotEquals": ["true"]}),
            set(),
            id="advanced, not reads",
        ),
        pytest.param(advanced(eventCategory={"Equals": ["Data"]}), set(), id="advanced, data"),
    ],
)
def test_selectors_see_what_they_do_not_leave_out(selectors, managed):
    assert seen(selectors) & {READS, WRITES, *NOISY} == managed


def test_a_narrowed_selector_counts_for_itself():
    narrowed = advanced(eventCategory=MANAGEMENT, eventName={"NotEquals": ["CreateUser"]})

    assert weaker(TrailSettings(selectors=narrowed), TrailSettings(selectors=narrowed)) == ()
    assert weaker(
        TrailSettings(selectors=narrowed), TrailSettings(selectors=basic(IncludeManagementEvents=False))
    )


def test_a_bucket_whose_objects_are_no_longer_recorded_is_missed():
    data = basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::logs/"]}])

    (found,) = weaker(TrailSettings(selectors=data), TrailSettings(selectors=basic()))

    assert "reads of AWS::S3::Object arn:aws:s3:::logs/" in found.was


@pytest.mark.parametrize(
    ("selectors", "words"),
    [
        ("", "all management events"),
        (basic(ReadWriteType="ReadOnly"), "management events that read"),
        (
            basic(ExcludeManagementEventSources=["kms.amazonaws.com"]),
            "all management events, without kms.amazonaws.com",
        ),
        (basic(IncludeManagementEvents=False), "nothing"),
    ],
)
def test_selectors_read_as_a_sentence(selectors, words):
    assert selectors_in_words(selectors) == words


# ---- the selectors of the stack's own data events ---------------------------------------------------

OWNER = Owner(partition="aws", region="eu-west-1", account="123456789012", stack="watch")
LEDGER_WRITES = "writes of AWS::DynamoDB::Table arn:aws:dynamodb:eu-west-1:123456789012:table/watch-*"
NOT_BY_US = ", but not by arn:aws:sts::123456789012:assumed-role/watch-*"


def test_the_selectors_of_our_own_parts_are_understood_and_said_in_one_sentence():
    ours = canonical(selectors(OWNER))

    assert {READS, WRITES, *NOISY, LEDGER_WRITES + NOT_BY_US} < seen(ours)
    words = selectors_in_words(ours)
    assert words.startswith(f"all management events, and {LEDGER_WRITES}, and ")
    assert words.endswith(NOT_BY_US)
    assert words.count(NOT_BY_US) == 1


@pytest.mark.parametrize("kind", by_type(OWNER))
def test_a_type_of_our_parts_that_is_taken_out_makes_the_trail_weaker(kind):
    left = [each for each in selectors(OWNER) if each != by_type(OWNER)[kind]]

    (found,) = weaker(
        TrailSettings(selectors=canonical(selectors(OWNER))), TrailSettings(selectors=canonical(left))
    )

    assert kind in found.was
    assert kind not in found.now


def test_more_callers_left_out_make_the_trail_weaker():
    narrowed = json.loads(canonical(selectors(OWNER)).replace("assumed-role/watch-", "assumed-role/"))

    assert weaker(
        TrailSettings(selectors=canonical(selectors(OWNER))), TrailSettings(selectors=canonical(narrowed))
    )


# ---- lifecycle ------------------------------------------------------------------------------------

ARCHIVE = rules(to("GLACIER_IR", 90))
EXPIRE = rules({"Expiration": {"Days": 90}})


@pytest.mark.parametrize(
    ("before", "now", "sooner"),
    [
        pytest.param("", EXPIRE, True, id="expires"),
        pytest.param(EXPIRE, rules({"Expiration": {"Days": 30}}), True, id="expires sooner"),
        pytest.param(EXPIRE, rules({"Expiration": {"Days": 120}}), False, id="expires later"),
        pytest.param(EXPIRE, "", False, id="no longer expires"),
        pytest.param(ARCHIVE, rules(to("GLACIER_IR", 1)), False, id="a class that is read at once"),
        pytest.param(ARCHIVE, rules(to("DEEP_ARCHIVE", 90)), True, id="a class to restore from"),
        pytest.param(EXPIRE, rules({"Expiration": {"Date": "2026-03-02"}}), True, id="at a date"),
        pytest.param(
            EXPIRE, rules({"Expiration": {"Days": 90}, "Filter": {"Prefix": "A"}}), False, id="less"
        ),
        pytest.param(
            rules({"Expiration": {"Days": 90}, "Filter": {"Prefix": "A"}}), EXPIRE, True, id="more of them"
        ),
        pytest.param(EXPIRE, rules({"Expiration": {"Days": 1}, "Status": "Disabled"}), False, id="disabled"),
        pytest.param(
            "", rules({"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}), True, id="old versions expire"
        ),
        pytest.param(
            "",
            rules({"NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "NoncurrentDays": 1}]}),
            True,
            id="old versions are archived",
        ),
    ],
)
def test_sooner_is_weaker(before, now, sooner):
    assert comes_sooner(before, now) == sooner


def test_a_lifecycle_reads_as_what_it_does():
    read = lifecycle_in_words(rules(to("GLACIER_IR", 90) | {"Filter": {"Prefix": "AWSLogs/"}}))

    assert read == f"to GLACIER_IR after 90 days where {json.dumps({'Prefix': 'AWSLogs/'})}"
    assert lifecycle_in_words("") == "none"
