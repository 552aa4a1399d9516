"""Facts in, findings out: what a world can't be made to show, and every word that depends on a number."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.trail.description import Part, Trail, TrailArn, TrailConfiguration, TrailStatus
from chalicelib.trail.settings.selectors import READS
from chalicelib.trail.settings.selectors import WRITES as CHANGES
from scenarios.doctor.bucket_checks import check_bucket
from scenarios.doctor.examine import findings
from scenarios.doctor.facts import (
    AccountFacts,
    Alarm,
    AuditGroup,
    Brake,
    Bucket,
    EventSource,
    Missing,
    Queue,
    Region,
    StackFacts,
    Table,
    Topic,
    Unknown,
    WatchedTrail,
)
from scenarios.doctor.finding import Standing
from scenarios.doctor.report import as_text, exit_code
from scenarios.doctor.stack_checks import check_stack
from scenarios.doctor.trail_checks import check_groups, check_regions, check_trail

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ACCOUNT, HOME = "123456789012", "eu-west-1"
DENIED = Unknown("not authorized")

STACK = StackFacts(name="trailwarden", region=HOME, account=ACCOUNT, status="UPDATE_COMPLETE")
STATUS = TrailStatus(logging=True, started_at=NOW - timedelta(days=9), digest_at=NOW - timedelta(hours=1))
CONFIGURATION = TrailConfiguration(
    bucket="logs",
    multi_region=True,
    global_events=True,
    validating=True,
    log_group=f"arn:aws:logs:{HOME}:{ACCOUNT}:log-group:trail:*",
    organization=False,
)
DESCRIBED = Trail(
    arn=TrailArn.parse(f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/main"),
    configuration=CONFIGURATION,
    status=STATUS,
    selectors="",
)
TRAIL = WatchedTrail(described=DESCRIBED, group_there=True, promised_group="trail")
WRITES = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject"}
DENIES = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Condition": {}}
BUCKET = Bucket(
    name="logs",
    promised="logs",
    own=True,
    events=True,
    notification={"EventBridgeConfiguration": {}},
    versioning="Enabled",
    mfa_delete=False,
    lock=True,
    public_access_blocked=True,
    policy={"Statement": [WRITES, DENIES]},
    lifecycle=Missing(),
)
FORWARDS = frozenset({"RootLoginForward", "TableDeletedForward"})
FORWARDING = {"x-RootLoginForward-1": "ENABLED", "x-TableDeletedForward-2": "ENABLED"}
FACTS = AccountFacts(
    stack=STACK,
    trail=TRAIL,
    bucket=BUCKET,
    regions=(Region(name="us-east-1", forwards=FORWARDING),),
    promised_forwards=FORWARDS,
)


def said(found):
    """What isn't well: how it stands, and the words."""
    return [(each.standing, each.what) for each in found if each.standing is not Standing.WELL]


def trail(**changes):
    return said(check_trail(replace(TRAIL, **changes), STACK, NOW))


def described(**changes):
    return trail(described=replace(DESCRIBED, **changes))


def status(**changes):
    return described(status=replace(STATUS, **changes))


def bucket(**changes):
    return said(check_bucket(replace(BUCKET, **changes), ACCOUNT, HOME))


def test_all_as_promised_is_well():
    found = tuple(findings(FACTS, NOW))

    assert said(found) == []
    assert exit_code(found) == 0


# ---- the trail ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digest_at", "since", "late"),
    [
        pytest.param(NOW - timedelta(hours=2), NOW - timedelta(days=1), False, id="two hours old"),
        pytest.param(NOW - timedelta(hours=2, seconds=1), NOW - timedelta(days=1), True, id="older"),
        pytest.param(None, NOW - timedelta(hours=1), False, id="none yet, logging began an hour ago"),
        pytest.param(None, NOW - timedelta(hours=3), True, id="none, logging began three hours ago"),
        pytest.param(NOW - timedelta(days=5), NOW - timedelta(hours=1), False, id="logging began anew"),
        pytest.param(None, None, False, id="AWS names no time"),
    ],
)
def test_digests_that_do_not_come_are_missed_after_two_hours(digest_at, since, late):
    told = status(digest_at=digest_at, started_at=since)

    assert [words.startswith("digests don't come") for _, words in told] == [True] * late


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ({"delivery_error": "NoSuchBucket"}, "log files can't be delivered: NoSuchBucket"),
        ({"digest_error": "AccessDenied"}, "digests can't be delivered: AccessDenied"),
        ({"log_group_error": "Access denied"}, "the log group can't be written to: Access denied"),
    ],
)
def test_what_can_not_be_delivered_is_told_as_cloudtrail_tells_it(error, says):
    assert status(**error) == [(Standing.UNWATCHED, says)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"multi_region": False}, "the trail is of one region only"),
        ({"global_events": False}, "the trail leaves out global services such as IAM"),
        (
            {"log_group": ""},
            "the trail writes to no log group: the second path of every detection is cut",
        ),
    ],
)
def test_what_a_trail_leaves_out(changes, says):
    assert described(configuration=replace(CONFIGURATION, **changes)) == [(Standing.UNWATCHED, says)]


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (Part.CONFIGURATION, "the trail's settings could not be read: GetTrail: no"),
        (Part.STATUS, "whether the trail logs: GetTrail: no"),
        (Part.SELECTORS, "what the trail selects: GetTrail: no"),
    ],
)
def test_what_could_not_be_read_of_a_trail_is_unknown_and_never_well(part, says):
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetTrail")

    assert described(**{part: None}, could_not_read={part: denied}) == [(Standing.UNKNOWN, says)]


def test_a_trail_that_is_not_there_is_all_there_is_to_say():
    found = list(check_trail(replace(TRAIL, described=Trail(arn=DESCRIBED.arn, missing=True)), STACK, NOW))

    assert [(each.standing, each.what.partition(":")[0]) for each in found] == [
        (Standing.UNWATCHED, "there is no such trail")
    ]


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        pytest.param('[{"ReadWriteType": "All"}]', [], id="all"),
        pytest.param(
            '[{"ReadWriteType": "WriteOnly"}]',
            [(Standing.UNWATCHED, "the trail's event selectors leave out management events that read")],
            id="writes only",
        ),
        pytest.param(
            '[{"ReadWriteType": "All", "IncludeManagementEvents": false}]',
            [(Standing.UNWATCHED, f"the trail's event selectors leave out {READS} and {CHANGES}")],
            id="no management events",
        ),
        pytest.param(
            '[{"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]',
            [(Standing.ADVICE, "the trail leaves out kms.amazonaws.com")],
            id="without KMS",
        ),
    ],
)
def test_selectors_that_blind_a_trail(selectors, expected):
    assert described(selectors=selectors) == expected


def test_a_trail_that_is_not_validated_has_no_digests_to_miss():
    told = described(
        configuration=replace(CONFIGURATION, validating=False),
        status=replace(STATUS, digest_at=NOW - timedelta(days=1)),
    )

    assert [words.partition(":")[0] for _, words in told] == ["log file validation is off"]


def test_a_trail_that_writes_to_another_group_is_told():
    assert trail(promised_group="other") == [
        (Standing.UNWATCHED, "the trail doesn't write to other, which the filters are on")
    ]


def test_a_log_group_that_is_gone_cuts_the_second_path():
    assert trail(group_there=False) == [
        (Standing.UNWATCHED, "the trail's log group is gone: the second path of every detection is cut")
    ]


# ---- the bucket ---------------------------------------------------------------------------------


def test_switching_eventbridge_on_keeps_what_was_configured_before():
    theirs = {"TopicConfigurations": [{"Id": "theirs"}]}
    [finding] = [
        each
        for each in check_bucket(replace(BUCKET, events=False, notification=theirs), ACCOUNT, HOME)
        if each.fix
    ]

    merged = {**theirs, "EventBridgeConfiguration": {}}
    assert finding.fix.parameters["NotificationConfiguration"] == merged
    assert "theirs" in finding.mend


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"lock": False}, [Standing.ADVICE], id="neither"),
        pytest.param({"lock": Missing()}, [Standing.ADVICE], id="no configuration"),
        pytest.param({"lock": False, "mfa_delete": True}, [], id="MFA Delete"),
        pytest.param({"lock": DENIED}, [Standing.UNKNOWN], id="not allowed to look"),
    ],
)
def test_object_lock_or_mfa_delete_keeps_the_versions(changes, expected):
    assert [standing for standing, _ in bucket(**changes)] == expected


def rule(status="Enabled", **more):
    return ({"ID": "r", "Status": status, **more},)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        pytest.param(rule(Expiration={"Days": 364}), ["deletes log files after 364 days"], id="soon gone"),
        pytest.param(rule(Expiration={"Days": 365}), [], id="gone after a year"),
        pytest.param(
            rule(Expiration={"Date": "2027-01-01"}), ["deletes log files after 2027-01-01"], id="date"
        ),
        pytest.param(
            rule(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}]),
            ["moves log files to GLACIER, out of reach"],
            id="to Glacier",
        ),
        pytest.param(
            rule(Transitions=[{"Days": 90, "StorageClass": "GLACIER_IR"}]), [], id="readable at once"
        ),
        pytest.param(
            rule(NoncurrentVersionExpiration={"NoncurrentDays": 1}),
            ["deletes old versions after 1 day"],
            id="old versions",
        ),
        pytest.param(rule("Disabled", Expiration={"Days": 1}), [], id="a rule that is switched off"),
        pytest.param(rule(Expiration={"ExpiredObjectDeleteMarker": True}), [], id="only delete markers"),
    ],
)
def test_a_lifecycle_may_not_take_log_files_out_of_reach(rules, says):
    assert [words.partition("(r) ")[2] for _, words in bucket(lifecycle=rules)] == says


@pytest.mark.parametrize(
    ("statements", "own", "expected"),
    [
        pytest.param([WRITES, DENIES], True, [], id="CloudTrail and nobody else"),
        pytest.param(
            [DENIES], True, [(Standing.UNWATCHED, "doesn't let CloudTrail write")], id="not CloudTrail"
        ),
        pytest.param([WRITES], True, [(Standing.UNWATCHED, "denies no writes")], id="no deny in our own"),
        pytest.param([WRITES], False, [(Standing.ADVICE, "denies no writes")], id="no deny in somebody's"),
        pytest.param(
            [
                WRITES,
                DENIES,
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Condition": {"Bool": {}}},
            ],
            True,
            [],
            id="everybody under a condition",
        ),
        pytest.param(
            [WRITES, DENIES, {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}],
            True,
            [(Standing.UNWATCHED, "lets everybody in")],
            id="everybody",
        ),
    ],
)
def test_who_may_write_to_the_bucket(statements, own, expected):
    told = bucket(policy={"Statement": statements}, own=own)

    assert [
        (standing, words in said) for (standing, words), (_, said) in zip(expected, told, strict=True)
    ] == [(standing, True) for standing, _ in told]


# ---- the stack, the groups, the rest of the account ---------------------------------------------


@pytest.mark.parametrize(
    ("changes", "standing", "says"),
    [
        pytest.param(
            {"status": "UPDATE_ROLLBACK_FAILED"},
            Standing.UNWATCHED,
            "the stack is UPDATE_ROLLBACK_FAILED",
            id="broken",
        ),
        pytest.param(
            {"unread": (DENIED,)},
            Standing.UNKNOWN,
            "the stack's resources could not be read: not authorized",
            id="unread",
        ),
        pytest.param(
            {"topics": (Topic(arn="arn:aws:sns:::t", confirmed=0, pending=2),)},
            Standing.UNWATCHED,
            "the topic reaches no one: no subscription is confirmed, 2 wait for the mail to be answered",
            id="unconfirmed",
        ),
        pytest.param(
            {"tables": (Table(name="t", expires=Missing(), restorable=Missing()),)},
            Standing.UNWATCHED,
            "the table is gone, though the stack has it",
            id="no ledger",
        ),
        pytest.param(
            {"brakes": (Brake(name="/t/kill-switch", value=Missing(), deployed="off"),)},
            Standing.UNWATCHED,
            "the parameter is gone, though the stack has it",
            id="no kill switch",
        ),
        pytest.param(
            {"brakes": (Brake(name="/t/kill-switch", value=DENIED, deployed="off"),)},
            Standing.UNKNOWN,
            "a parameter that may hold acts back could not be read: not authorized",
            id="a kill switch that may not be read",
        ),
        pytest.param(
            {"queues": (Queue(url="u", waiting=Missing()),)},
            Standing.UNWATCHED,
            "the queue is gone, though the stack has it",
            id="no dead-letter queue",
        ),
        pytest.param(
            {"event_sources": (EventSource(uuid="u", function="f", state="Disabled"),)},
            Standing.UNWATCHED,
            "a function reads its queue no more: the event source mapping is disabled",
            id="a queue that is not read",
        ),
        pytest.param(
            {"alarms": (Alarm(name="a", actions_enabled=False),)},
            None,
            "",
            id="an alarm that should tell nobody may be silent",
        ),
    ],
)
def test_what_is_wrong_with_the_stack(changes, standing, says):
    assert said(check_stack(replace(STACK, **changes))) == ([(standing, says)] if says else [])


@pytest.mark.parametrize(
    ("groups", "promised", "standing"),
    [
        pytest.param(("auditors",), True, [], id="there"),
        pytest.param((), True, [Standing.UNWATCHED], id="promised and gone"),
        pytest.param((), False, [Standing.ADVICE], id="nobody promised one"),
        pytest.param(DENIED, False, [Standing.UNKNOWN], id="not allowed to look"),
    ],
)
def test_the_groups_of_the_audit(groups, promised, standing):
    group = AuditGroup(policy="AWSCloudTrail_ReadOnlyAccess", groups=groups, promised=promised)

    assert [each for each, _ in said(check_groups((group,)))] == standing


@pytest.mark.parametrize(
    ("forwards", "says"),
    [
        pytest.param({}, ["r forwards nothing: rules don't see what happens there"], id="no spoke"),
        pytest.param(
            {"x-RootLoginForward-1": "ENABLED"},
            ["r forwards not TableDeletedForward: rules don't see what happens there"],
            id="an old spoke",
        ),
        pytest.param(
            {**FORWARDING, "x-RootLoginForward-1": "DISABLED"},
            ["a rule that forwards from r is disabled"],
            id="disabled",
        ),
        pytest.param({**FORWARDING, "somebody's": "DISABLED"}, [], id="somebody else's rule"),
        pytest.param(DENIED, ["whether r forwards: not authorized"], id="not allowed to look"),
    ],
)
def test_what_happens_in_another_region_is_seen_only_where_it_forwards(forwards, says):
    facts = replace(FACTS, regions=(Region(name="r", forwards=forwards),))

    assert [words for _, words in said(check_regions(facts))] == says


CUT = "watch-in-production-spoke-DatabaseSnapshotSharedFor-409A2C79A53E"


@pytest.mark.parametrize(
    ("state", "more"),
    [("ENABLED", []), ("DISABLED", ["a rule that forwards from r is disabled"])],
)
def test_a_rule_whose_name_cloudformation_cut_forwards_but_is_not_guarded(state, more):
    facts = replace(
        FACTS,
        promised_forwards=FORWARDS | {"DatabaseSnapshotSharedForward"},
        regions=(Region(name="r", forwards={**FORWARDING, CUT: state}),),
    )

    assert [words for _, words in said(check_regions(facts))] == [
        "names of rules that forward from r are cut short: who disables them is not told",
        *more,
    ]


def test_a_second_rule_is_not_the_first_one_cut_short():
    promised = frozenset({"AdministratorMadeForward"})
    forwards = {"x-AdministratorMadeForward2-1": "ENABLED", "x-AdministratorMade-1": "ENABLED"}
    facts = replace(FACTS, promised_forwards=promised, regions=(Region(name="r", forwards=forwards),))

    assert [words for _, words in said(check_regions(facts))] == [
        "r forwards nothing: rules don't see what happens there"
    ]


def test_an_organization_s_other_accounts_wake_no_rule():
    [(standing, words)] = said(check_regions(replace(FACTS, members=("111122223333", "444455556666"))))

    assert standing is Standing.UNWATCHED
    assert words.startswith("the trail is an organization's: what happens in 2 other accounts")


# ---- telling ------------------------------------------------------------------------------------


def test_the_text_groups_what_was_found_and_quotes_the_commands():
    broken = replace(
        FACTS, trail=replace(TRAIL, described=replace(DESCRIBED, status=replace(STATUS, logging=False)))
    )
    lines = list(as_text(tuple(findings(replace(broken, regions=DENIED), NOW))))

    assert [line for line in lines if line and not line.startswith(" ")] == [
        "OK (8)",
        "Unwatched (1)",
        "Could not tell (1)",
        "1 unwatched, 1 could not be read, 8 well",
    ]
    told = lines[lines.index("Unwatched (1)") + 1 :]
    assert told[0] == (
        "  CRITICAL the trail doesn't log: nothing is written down, and no rule hears of any call "
        f"[{TRAIL.arn}] (CIS 3.1, Security Hub CloudTrail.1)"
    )
    assert told[1] == (
        f"      aws cloudtrail start-logging --name {TRAIL.arn} --region {HOME}  (--fix does it)"
    )


@pytest.mark.parametrize(
    ("standings", "code"),
    [
        ([], 0),
        ([Standing.WELL, Standing.ADVICE], 0),
        ([Standing.WELL, Standing.UNKNOWN], 2),
        ([Standing.UNKNOWN, Standing.UNWATCHED], 1),
    ],
)
def test_the_exit_code_is_of_the_worst_that_is_sure(standings, code):
    [any_finding, *_] = findings(FACTS, NOW)

    assert exit_code([replace(any_finding, standing=each) for each in standings]) == code


def test_a_stack_whose_name_is_cut_short_is_not_watched_as_a_whole():
    found = list(check_stack(replace(STACK, name="trailwarden-of-the-whole-company")))

    assert any("cut short" in each.what for each in found)
    assert not any("cut short" in each.what for each in check_stack(STACK))


@pytest.mark.parametrize(
    ("parameter", "good", "wide"),
    [
        ("IgnoredPrincipals", "arn:aws:iam::123456789012:user/deploy-*", "arn:aws:iam::*:role/*"),
        ("StackChangedDeployers", "arn:aws:iam::123456789012:user/x", "arn:aws:iam::123456789012:user/*-*"),
        ("CisExpectedSources", "198.51.100.*", "*.amazonaws.com"),
    ],
)
def test_a_pattern_that_others_may_fit_is_named(parameter, good, wide):
    given = {parameter: f"{good},{wide}"}

    assert unwell(given) == [f"{parameter} is too wide: {wide} is not obeyed"]


def unwell(parameters):
    return [each for _, each in said(check_stack(replace(STACK, parameters=parameters)))]


@pytest.mark.parametrize("wide", ["*", "arn:aws:iam::123456789012:role/service-role/*"])
def test_operators_who_may_be_anybody_are_grave(wide):
    parameters = {"Operators": f"arn:aws:iam::123456789012:role/on-call,{wide}"}

    assert unwell(parameters) == [f"Operators is too wide: {wide} lets in others than you have thought of"]
    assert unwell({"Operators": "none"}) == []


NEVER = [
    ("sts::123456789012:assumed-role/deploy/*", "role, arn:aws:iam::123456789012:role/deploy with", True),
    ("sts::123456789012:federated-user/ann", "by the user who made the session", False),
    ("iam::123456789012:assumed-role/deploy/x", "that have assumed-role begin with arn:aws:sts:", True),
    ("sts::123456789012:role/deploy", "that have role begin with arn:aws:iam:", True),
]


@pytest.mark.parametrize(("arn", "says", "operators"), NEVER)
@pytest.mark.parametrize("parameter", ["IgnoredPrincipals", "StackChangedDeployers", "Operators"])
def test_a_pattern_that_can_never_match_is_named_with_the_reason(parameter, arn, says, operators):
    told = unwell({parameter: f"arn:aws:iam::123456789012:role/ok,arn:aws:{arn}"})

    if parameter == "Operators" and not operators:
        assert told == []  # IAM knows a federated user by its own ARN
        return
    [words] = told
    assert words.startswith(f"this pattern of {parameter} can never match: arn:aws:{arn}; ")
    assert says in words


@pytest.mark.parametrize(
    ("parameter", "pattern", "says"),
    [
        ("IgnoredPrincipals", "arn:aws-cn:iam::123456789012:user/x", "eu-west-1 begin with arn:aws:"),
        ("Operators", "arn:aws:iam::999999999999:user/x", "nobody of another account is turned away"),
    ],
)
def test_a_principal_of_elsewhere_is_named_where_nobody_of_there_is_looked_up(parameter, pattern, says):
    [words] = unwell({parameter: pattern})

    assert words.startswith(f"this pattern of {parameter} can never match: {pattern}; ")
    assert says in words


def test_another_accounts_principal_may_be_expected():
    assert unwell({"IgnoredPrincipals": "arn:aws:iam::999999999999:user/x"}) == []


@pytest.mark.parametrize("parameter", ["IgnoredPrincipals", "StackChangedDeployers", "Operators"])
def test_the_root_user_is_advised_against(parameter):
    [(standing, words)] = said(
        check_stack(replace(STACK, parameters={parameter: "arn:aws:iam::123456789012:root"}))
    )

    assert standing is Standing.ADVICE
    assert words.startswith(f"{parameter} names the root user")


# ---- data events of the stack's own parts -----------------------------------------------------------

PARTS = {"AWS::SQS::Queue": (f"arn:aws:sqs:{HOME}:{ACCOUNT}:trailwarden-Queue-1",)}
NOT_RECORDED = "the trail records no data events of the stack's own queues"


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        pytest.param(
            {"own": False},
            (
                Standing.UNWATCHED,
                f"{NOT_RECORDED}: who else writes to them, or invokes them, is not heard of",
            ),
            id="wanted",
        ),
        pytest.param(
            {"own": False, "asked": False},
            (Standing.ADVICE, f"{NOT_RECORDED}: RecordDataEvents is no"),
            id="not wanted",
        ),
    ],
)
def test_data_events_that_are_not_recorded_are_missed_where_they_are_wanted(facts, says):
    assert trail(parts=PARTS, **facts) == [says]


def test_the_command_for_another_accounts_trail_is_for_that_account():
    arn = TrailArn.parse(f"arn:aws:cloudtrail:{HOME}:999999999999:trail/organization")
    changed = replace(TRAIL, described=replace(DESCRIBED, arn=arn), parts=PARTS)
    [found] = [each for each in check_trail(changed, STACK, NOW) if each.standing is Standing.UNWATCHED]

    assert found.mend.startswith(
        "in account 999999999999, which owns the trail: aws cloudtrail put-event-selectors"
    )


def test_a_trail_that_would_have_too_many_values_gets_no_command():
    many = [f"arn:aws:s3:::bucket-{number}/" for number in range(250)]
    selectors = json.dumps(
        [{"DataResources": [{"Type": "AWS::S3::Object", "Values": many}]} for _ in range(2)]
    )
    changed = replace(TRAIL, described=replace(DESCRIBED, selectors=selectors), parts=PARTS)
    [found] = [each for each in check_trail(changed, STACK, NOW) if each.standing is Standing.UNWATCHED]

    assert found.mend.startswith("no command: with what the trail selects now it would have more than 500")


def test_words_of_others_tell_a_terminal_nothing():
    error = replace(STATUS, delivery_error="\x1b]0;owned\x07\x1b[2J")
    changed = replace(TRAIL, described=replace(DESCRIBED, status=error))
    lines = list(as_text(list(check_trail(changed, STACK, NOW))))

    assert any(r"\x1b]0;owned" in line for line in lines)
    assert all(line.isprintable() for line in lines)


def test_a_spoke_is_deployed_for_this_stack_and_its_trails_role():
    stack = replace(STACK, name="watch", parameters={"ExistingTrailRole": "delivery"})
    facts = replace(FACTS, stack=stack, regions=(Region(name="us-east-1", forwards={}),))
    [found] = [each for each in check_regions(facts) if each.standing is Standing.UNWATCHED]

    assert found.mend == (
        "aws cloudformation deploy --parameter-overrides HomeRegion=eu-west-1 HomeStack=watch "
        "ExistingTrailRole=delivery --stack-name watch-spoke --template-file spoke.json "
        "--capabilities CAPABILITY_IAM --region us-east-1"
    )
