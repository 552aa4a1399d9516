"""The data events that a trail leaves out, and the one command that adds them and keeps what is there."""

import json
import shlex

import pytest

from chalicelib.data_events import Owner, by_type, selectors
from chalicelib.trail.settings.selectors import seen
from scenarios.doctor.finding import Standing
from scenarios.doctor.selectors import as_advanced, extended, unrecorded, values_of
from tests.sample import in_turn
from tests.scenarios.doctor.test_examination import HOME, Patient, deployed, of, words

COMPANY = "company"
OWNER = Owner(partition="aws", region=HOME, account="123456789012", stack="trailwarden")
OURS = by_type(OWNER)
MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
OBJECTS = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::payroll/", "arn:aws:s3:::plans"]}
EVERY = "table, functions, topics, queues"
SAYS = "the trail records no data events of the stack's own "


def data(kind, **conditions):
    fields = {"eventCategory": ["Data"], "resources.type": [kind]}
    equal = [{"Field": field, "Equals": values} for field, values in fields.items()]
    return {"FieldSelectors": [*equal, *({"Field": field, **each} for field, each in conditions.items())]}


def every(kind):
    return data(kind)


LEDGER = OURS["AWS::DynamoDB::Table"]
BASIC = {
    "ReadWriteType": "WriteOnly",
    "IncludeManagementEvents": True,
    "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    "DataResources": [OBJECTS],
}
TRAILS = [
    pytest.param({}, EVERY, id="none"),
    pytest.param({"EventSelectors": [{**BASIC, "ReadWriteType": "All"}]}, EVERY, id="basic"),
    pytest.param(
        {
            "EventSelectors": [
                {
                    "ReadWriteType": "All",
                    "IncludeManagementEvents": True,
                    "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}],
                }
            ]
        },
        "table, topics, queues",
        id="basic, every function",
    ),
    pytest.param(
        {"AdvancedEventSelectors": [MANAGEMENT, LEDGER, every("AWS::SNS::Topic")]},
        "functions, queues",
        id="advanced, some of them",
    ),
    pytest.param({"AdvancedEventSelectors": selectors(OWNER)}, "", id="advanced, all of them"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("has", "lacks"), in_turn(TRAILS, of=3))
def test_what_an_existing_trail_lacks_is_named_and_added_by_the_command(has, lacks):
    with deployed(existing=True) as world:
        patient = Patient(world)
        cloudtrail = patient.client("cloudtrail")
        if has:
            cloudtrail.put_event_selectors(TrailName=COMPANY, **has)
        before = recorded(cloudtrail)
        found = patient.examined()
        assert words(found) == (
            [f"{SAYS}{lacks}: who else writes to them, or invokes them, is not heard of"] if lacks else []
        )
        for finding in of(found):
            carry_out(finding.mend, cloudtrail)

        assert before <= recorded(cloudtrail)
        after = patient.examined()
        assert words(after) == words(after, Standing.UNKNOWN) == []
        assert "the trail records the data events of the stack's own parts" in words(after, Standing.WELL)


def recorded(cloudtrail):
    reply = cloudtrail.get_event_selectors(TrailName=COMPANY)
    return seen(json.dumps(reply.get("AdvancedEventSelectors") or reply.get("EventSelectors")))


def carry_out(command, cloudtrail):
    """What the AWS CLI would make of it."""
    program, service, operation, *options = shlex.split(command)
    assert (program, service, operation) == ("aws", "cloudtrail", "put-event-selectors")
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given.pop("--region") == HOME
    cloudtrail.put_event_selectors(
        TrailName=given.pop("--trail-name"),
        AdvancedEventSelectors=json.loads(given.pop("--advanced-event-selectors")),
    )
    assert given == {}


@pytest.mark.slow
def test_one_command_adds_lost_management_events_and_data_events():
    with deployed(existing=True) as world:
        patient = Patient(world)
        cloudtrail = patient.client("cloudtrail")
        cloudtrail.put_event_selectors(TrailName=COMPANY, EventSelectors=[BASIC])
        before = recorded(cloudtrail)
        lost, unheard = of(patient.examined())
        assert lost.what == "the trail's event selectors leave out management events that read"
        assert lost.mend == unheard.mend

        carry_out(lost.mend, cloudtrail)
        assert words(patient.examined()) == []
        assert before <= recorded(cloudtrail)


# ---- basic selectors as advanced ones -------------------------------------------------------------


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param(BASIC, id="writes, without KMS, objects"),
        pytest.param({"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}, id="reads"),
        pytest.param(
            {"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": [OBJECTS]},
            id="objects alone",
        ),
        pytest.param(
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [
                    {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]},
                    {"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb:eu-west-1:1:table/orders"]},
                    {"Type": "AWS::Lambda::Function", "Values": []},
                ],
            },
            id="every object, one table",
        ),
    ],
)
def test_basic_selectors_record_the_same_as_advanced_ones(selector):
    assert seen(json.dumps(list(as_advanced(selector)))) == seen(json.dumps([selector]))


def test_a_bucket_named_without_a_slash_is_not_another_whose_name_begins_so():
    [_, objects] = as_advanced(BASIC)

    assert objects["FieldSelectors"][-1] == {
        "Field": "resources.ARN",
        "StartsWith": ["arn:aws:s3:::payroll/", "arn:aws:s3:::plans/"],
    }


# ---- what counts as recorded ----------------------------------------------------------------------

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/trailwarden-Ledger-1"
STRANGER = "arn:aws:sts::123456789012:assumed-role/ci/"


@pytest.mark.parametrize(
    ("conditions", "enough"),
    [
        pytest.param({}, True, id="every table"),
        pytest.param({"resources.ARN": {"Equals": [TABLE]}}, True, id="the very table"),
        pytest.param({"resources.ARN": {"StartsWith": [TABLE[:-3]]}}, True, id="what begins like it"),
        pytest.param({"resources.ARN": {"StartsWith": [f"{TABLE}0"]}}, False, id="another one"),
        pytest.param({"resources.ARN": {"NotStartsWith": [TABLE]}}, False, id="all but ours"),
        pytest.param({"readOnly": {"Equals": ["false"]}}, True, id="writes"),
        pytest.param({"readOnly": {"Equals": ["true"]}}, False, id="reads"),
        pytest.param({"eventName": {"Equals": ["PutItem"]}}, False, id="one call"),
        pytest.param({"userIdentity.arn": {"NotStartsWith": [OWNER.roles]}}, True, id="not by our roles"),
        pytest.param(
            {"userIdentity.arn": {"NotStartsWith": [OWNER.roles, STRANGER]}}, False, id="not by another role"
        ),
        pytest.param({"userIdentity.arn": {"StartsWith": [STRANGER]}}, False, id="by one role alone"),
    ],
)
def test_a_selector_is_enough_if_nobody_elses_write_escapes_it(conditions, enough):
    kind = "AWS::DynamoDB::Table"

    assert unrecorded([data(kind, **conditions)], OWNER, {kind: [TABLE]}) == ([] if enough else [kind])


def test_each_part_has_to_be_recorded():
    kind = "AWS::DynamoDB::Table"
    one = data(kind, **{"resources.ARN": {"Equals": [TABLE]}})

    assert unrecorded([one], OWNER, {kind: [TABLE, f"{TABLE}0"]}) == [kind]


def test_values_are_counted_as_cloudtrail_limits_them():
    assert values_of(extended([], OWNER, OURS)) == 5 * len(OURS)
