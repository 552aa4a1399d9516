"""What a trail logs, by its event selectors: which records reach log files, log group and EventBridge."""

import gzip
import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudtrail.selectors.selectors import selects
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    function,
    heard,
    permission,
    queue,
    rule,
    trail,
    world,
)

FAR = "eu-west-1"
HEARS_ALL = {**queue(), **rule(State="ENABLED")}
OTHER = {"Other": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-data"}}}
WATCHED = {**trail(), **HEARS_ALL, **OTHER}
ALL_OBJECTS = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}


def basic(**properties):
    """One basic selector with AWS's defaults."""
    return {"ReadWriteType": "All", "IncludeManagementEvents": True, **properties}


def of_data(*resources, **properties):
    """One basic selector of nothing but data events."""
    return basic(IncludeManagementEvents=False, DataResources=list(resources), **properties)


def advanced(**fields):
    """One advanced selector; `resources_ARN` is the field `resources.ARN`."""
    named = {name.replace("__", "."): condition for name, condition in fields.items()}
    return {"FieldSelectors": [{"Field": name, **condition} for name, condition in named.items()]}


def is_(*values):
    return {"Equals": list(values)}


MANAGEMENT, DATA = is_("Management"), is_("Data")


# ---- which records are picked -------------------------------------------------------------------


def managed(source="iam.amazonaws.com", *, reads=False):
    return {"eventCategory": "Management", "eventSource": source, "eventName": "X", "readOnly": reads}


def data(kind, of, *, reads=False, name="PutObject", user="eve", **more):
    return {
        "eventCategory": "Data",
        "eventSource": "s3.amazonaws.com",
        "eventName": name,
        "readOnly": reads,
        "userIdentity": {"arn": f"arn:aws:iam::{ACCOUNT}:user/{user}"},
        "resources": [{"type": kind, "ARN": of}],
        **more,
    }


def an_object(key="b/logs/1", **more):
    return data("AWS::S3::Object", f"arn:aws:s3:::{key}", **more)


def invoked(name):
    return data("AWS::Lambda::Function", f"arn:aws:lambda:us-east-1:1:function:{name}", name="Invoke")


def item(of):
    return data("AWS::DynamoDB::Table", f"arn:aws:dynamodb:us-east-1:1:table/{of}", name="PutItem")


MANY = {
    **an_object(),
    "resources": [
        {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::b/"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"},
    ],
}


def s3(*values):
    return of_data({"Type": "AWS::S3::Object", "Values": list(values)})


def functions(*values):
    return of_data({"Type": "AWS::Lambda::Function", "Values": list(values)})


def tables(*values):
    return of_data({"Type": "AWS::DynamoDB::Table", "Values": list(values)})


TABLE = "arn:aws:dynamodb:us-east-1:1:table/t"
FUNCTION = "arn:aws:lambda:us-east-1:1:function:look"


@pytest.mark.parametrize(
    ("selector", "record", "expected"),
    [
        pytest.param(None, managed(), True, id="without selectors: management events"),
        pytest.param(None, managed(reads=True), True, id="without selectors: reads as well"),
        pytest.param(None, an_object(), False, id="without selectors: no data event"),
        pytest.param({}, managed(), True, id="what is left out of a selector has AWS's default"),
        pytest.param(basic(ReadWriteType="ReadOnly"), managed(reads=True), True, id="reads only: a read"),
        pytest.param(basic(ReadWriteType="ReadOnly"), managed(), False, id="reads only: a write"),
        pytest.param(basic(ReadWriteType="WriteOnly"), managed(), True, id="writes only: a write"),
        pytest.param(basic(ReadWriteType="WriteOnly"), managed(reads=True), False, id="writes only: a read"),
        pytest.param(
            basic(ExcludeManagementEventSources=["kms.amazonaws.com"]),
            managed("kms.amazonaws.com"),
            False,
            id="without KMS: KMS",
        ),
        pytest.param(
            basic(ExcludeManagementEventSources=["kms.amazonaws.com"]), managed(), True, id="without KMS: IAM"
        ),
        pytest.param(s3("arn:aws:s3"), managed(), False, id="data only: a management event"),
        pytest.param(s3("arn:aws:s3"), an_object(), True, id="all objects"),
        pytest.param(s3("arn:aws:s3:::b/"), an_object(), True, id="a bucket's objects"),
        pytest.param(s3("arn:aws:s3:::b/"), an_object("bb/1"), False, id="not those of a longer name"),
        pytest.param(s3("arn:aws:s3:::b"), an_object(), True, id="a bucket without a slash"),
        pytest.param(s3("arn:aws:s3:::b"), an_object("bb/1"), False, id="and not those of a longer name"),
        pytest.param(s3("arn:aws:s3:::b/logs"), an_object(), True, id="a prefix's objects"),
        pytest.param(s3("arn:aws:s3:::b/other"), an_object(), False, id="not those beside the prefix"),
        pytest.param(s3("arn:aws:s3:::b/"), MANY, True, id="a request about many objects"),
        pytest.param(s3("arn:aws:s3:::b/logs"), MANY, False, id="which is about more than a prefix"),
        pytest.param(s3(), an_object(), False, id="no values, no data event"),
        pytest.param(s3("arn:aws:s3"), invoked("look"), False, id="another type's event"),
        pytest.param(
            of_data(ALL_OBJECTS, ReadWriteType="ReadOnly"), an_object(), False, id="reads of objects: a write"
        ),
        pytest.param(functions("arn:aws:lambda"), invoked("look"), True, id="all functions"),
        pytest.param(functions(FUNCTION), invoked("look"), True, id="one function"),
        pytest.param(functions(FUNCTION), invoked("look2"), False, id="a function's ARN is exact"),
        pytest.param(tables("arn:aws:dynamodb"), item("t"), True, id="all tables"),
        pytest.param(tables(TABLE), item("t"), True, id="one table"),
        pytest.param(tables(TABLE), item("t2"), False, id="a table's ARN is exact"),
    ],
)
def test_a_basic_selector_picks(selector, record, expected):
    assert selects([] if selector is None else [selector], [], record) is expected


S3_DATA = {"eventCategory": DATA, "resources__type": is_("AWS::S3::Object")}


@pytest.mark.parametrize(
    ("fields", "record", "expected"),
    [
        pytest.param({"eventCategory": MANAGEMENT}, managed(), True, id="management events"),
        pytest.param({"eventCategory": MANAGEMENT}, an_object(), False, id="and no data events"),
        pytest.param(
            {"eventCategory": MANAGEMENT, "readOnly": is_("true")}, managed(), False, id="reads: a write"
        ),
        pytest.param(
            {"eventCategory": MANAGEMENT, "eventSource": {"NotEquals": ["kms.amazonaws.com"]}},
            managed("kms.amazonaws.com"),
            False,
            id="without KMS: KMS",
        ),
        pytest.param(S3_DATA, an_object(), True, id="objects"),
        pytest.param(S3_DATA, invoked("look"), False, id="objects: an invocation"),
        pytest.param(S3_DATA | {"readOnly": is_("false")}, an_object(), True, id="writes of objects"),
        pytest.param(
            S3_DATA | {"eventName": is_("DeleteObject", "PutObject")},
            an_object(),
            True,
            id="any of the values",
        ),
        pytest.param(
            S3_DATA | {"eventName": is_("DeleteObject")}, an_object(), False, id="every field must match"
        ),
        pytest.param(
            S3_DATA | {"eventName": {"StartsWith": ["Delete"], "EndsWith": ["Object"]}},
            an_object(),
            True,
            id="any including operator of a field",
        ),
        pytest.param(
            S3_DATA | {"eventName": {"StartsWith": ["Put"], "NotEquals": ["PutObject"]}},
            an_object(),
            False,
            id="an excluding operator wins",
        ),
        pytest.param(
            S3_DATA | {"eventName": {"NotStartsWith": ["Get", "Put"]}}, an_object(), False, id="NotStartsWith"
        ),
        pytest.param(S3_DATA | {"eventName": {"NotEndsWith": ["Acl"]}}, an_object(), True, id="NotEndsWith"),
        pytest.param(
            S3_DATA | {"resources__ARN": {"StartsWith": ["arn:aws:s3:::b/"]}},
            an_object(),
            True,
            id="a bucket",
        ),
        pytest.param(
            S3_DATA | {"resources__ARN": {"NotStartsWith": ["arn:aws:s3:::b/"]}},
            an_object(),
            False,
            id="all buckets but one",
        ),
        pytest.param(
            S3_DATA | {"resources__ARN": {"StartsWith": ["arn:aws:s3:::b/"]}}, MANY, True, id="many objects"
        ),
        pytest.param(
            S3_DATA | {"userIdentity__arn": {"NotEndsWith": ["user/eve"]}},
            an_object(),
            False,
            id="who did it",
        ),
    ],
)
def test_an_advanced_selector_picks(fields, record, expected):
    assert selects([], [advanced(**fields)], record) is expected


def test_one_selector_of_several_is_enough():
    assert selects([basic(ReadWriteType="ReadOnly"), s3("arn:aws:s3")], [], an_object())


def test_each_record_and_each_selector_is_judged_by_itself():
    by_eve = advanced(**S3_DATA, userIdentity__arn={"EndsWith": ["user/eve"]})
    anybody = advanced(**S3_DATA)
    record = an_object()
    others = {**record, "userIdentity": {"arn": "arn:aws:iam::123456789012:user/bob"}}

    for _ in range(2):
        assert [selects([], [by_eve], each) for each in (record, others)] == [True, False]
        assert [selects([], [anybody], each) for each in (record, others)] == [True, True]
    anybody["FieldSelectors"].append({"Field": "userIdentity.arn", "NotEndsWith": ["user/bob"]})
    assert [selects([], [anybody], each) for each in (record, others)] == [True, False]


# ---- where they go ------------------------------------------------------------------------------


def put(cloud, *selectors, **more):
    return admin(cloud, "cloudtrail").put_event_selectors(TrailName="main", EventSelectors=selectors, **more)


def log_files(cloud):
    """The records in the trail's log files."""
    with cloud.calls.muted():
        client = admin(cloud, "s3")
        keys = client.list_objects_v2(Bucket="tw-logs", Prefix=f"AWSLogs/{ACCOUNT}/CloudTrail/")
        files = [client.get_object(Bucket="tw-logs", Key=each["Key"]) for each in keys.get("Contents", ())]
        return [each for got in files for each in json.loads(gzip.decompress(got["Body"].read()))["Records"]]


def grouped(cloud):
    """The records in the trail's log group."""
    found = admin(cloud, "logs").filter_log_events(logGroupName="trail")["events"]
    return [json.loads(each["message"]) for each in found]


def names(records):
    return [each["eventName"] for each in records]


def in_events(cloud, region=HOME):
    return [event["detail"] for event in heard(cloud, region=region)]


@pytest.mark.slow
def test_a_data_event_that_a_trail_logs_goes_to_file_group_and_bus_and_never_into_the_history():
    with world(WATCHED) as cloud:
        put(cloud, of_data({"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::tw-data/"]}))
        cloud.run(600)
        before = len(in_events(cloud))

        admin(cloud, "s3").put_object(Bucket="tw-data", Key="k", Body=b"12345")
        cloud.run(900)

        (record,) = in_events(cloud)[before:]
        assert record["eventName"] == "PutObject"
        assert (record["eventCategory"], record["managementEvent"]) == ("Data", False)
        assert record["resources"] == [
            {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::tw-data/k"},
            {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::tw-data"},
        ]
        assert record in log_files(cloud)
        assert record in grouped(cloud)
        history = admin(cloud, "cloudtrail").lookup_events()["Events"]
        assert "PutObject" not in [event["EventName"] for event in history]


@pytest.mark.slow
def test_every_read_and_write_of_objects_is_told():
    with world(WATCHED) as cloud:
        put(cloud, of_data({"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::tw-data/"]}))
        cloud.run(130)
        before = len(in_events(cloud))
        client = admin(cloud, "s3")
        client.put_object(Bucket="tw-data", Key="k", Body=b"1")
        client.get_object(Bucket="tw-data", Key="k")
        client.list_objects_v2(Bucket="tw-data")
        client.delete_object(Bucket="tw-data", Key="k")
        cloud.run(130)

        told = sorted(names(in_events(cloud)[before:]))
        assert told == ["DeleteObject", "GetObject", "ListObjects", "PutObject"]


def test_a_deletion_by_the_dozen_is_told_whole_and_object_by_object():
    with world(WATCHED) as cloud:
        put(cloud, of_data({"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::tw-data/"]}))
        objects = [{"Key": "a"}, {"Key": "b"}]
        cloud.run(130)
        before = len(in_events(cloud))
        admin(cloud, "s3").delete_objects(Bucket="tw-data", Delete={"Objects": objects, "Quiet": True})
        cloud.run(130)

        told = in_events(cloud)[before:]
        assert sorted(names(told)) == ["DeleteObject", "DeleteObject", "DeleteObjects"]
        keys = {each["requestParameters"].get("key") for each in told}
        assert keys == {None, "a", "b"}


@pytest.mark.slow
def test_a_data_event_is_told_in_the_region_of_its_bucket():
    with world(WATCHED, spoke=HEARS_ALL, regions=(HOME, FAR)) as cloud:
        with cloud.calls.muted():
            admin(cloud, "s3", FAR).create_bucket(
                Bucket="far", CreateBucketConfiguration={"LocationConstraint": FAR}
            )
        put(cloud, of_data({"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::far/"]}))
        admin(cloud, "s3", HOME).put_object(Bucket="far", Key="k", Body=b"")
        cloud.run(130)

        (record,) = in_events(cloud, FAR)
        assert record["awsRegion"] == FAR


@pytest.mark.slow
def test_an_invocation_is_a_data_event_of_its_function():
    with world({**WATCHED, **function()}) as cloud:
        put(cloud, of_data({"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}))
        cloud.run(130)
        before = len(in_events(cloud))
        admin(cloud, "lambda").invoke(FunctionName="look", InvocationType="Event", Payload=b"{}")
        cloud.run(130)

        (record,) = in_events(cloud)[before:]
        assert record["eventName"] == "Invoke"
        (touched,) = record["resources"]
        assert (touched["type"], touched["ARN"]) == ("AWS::Lambda::Function", arn("lambda", "function:look"))


@pytest.mark.slow
def test_an_invocation_by_a_service_is_one_too():
    called = {
        **rule("Calls", pattern={"source": ["tests"]}, to="look", State="ENABLED"),
        **permission("events"),
    }
    with world({**WATCHED, **function(), **called}) as cloud:
        put(cloud, of_data({"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}))
        cloud.run(130)
        before = len(in_events(cloud))
        entry = {"Source": "tests", "DetailType": "t", "Detail": "{}"}
        admin(cloud, "events").put_events(Entries=[entry])
        cloud.run(130)

        (record,) = [each for each in in_events(cloud)[before:] if each.get("eventName") == "Invoke"]
        assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "events.amazonaws.com"}
        assert record["requestParameters"] == {
            "functionName": arn("lambda", "function:look"),
            "invocationType": "Event",
        }


def test_a_denied_read_of_an_object_is_a_data_event_too():
    with world(WATCHED) as cloud:
        put(cloud, of_data(ALL_OBJECTS))
        cloud.run(130)
        mallory = cloud.client(cloud.user("mallory", policies=()), "s3")
        with pytest.raises(ClientError, match="AccessDenied"):
            mallory.get_object(Bucket="tw-data", Key="k")
        cloud.run(130)

        (denied,) = [each for each in in_events(cloud) if each["eventName"] == "GetObject"]
        assert denied["errorCode"] == "AccessDenied"


@pytest.mark.slow
def test_the_trails_own_deliveries_are_data_events_of_its_bucket():
    with world(WATCHED) as cloud:
        put(cloud, basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::tw-logs/"]}]))
        cloud.run(1200)

        own = [each for each in log_files(cloud) if each["eventName"] == "PutObject"]
        assert own
        assert own[0]["userIdentity"] == {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
        assert own[0]["sourceIPAddress"] == "cloudtrail.amazonaws.com"
        assert own[0]["requestParameters"]["key"].startswith(f"AWSLogs/{ACCOUNT}/CloudTrail")
        assert own[0]["requestParameters"]["x-amz-acl"] == "bucket-owner-full-control"


# ---- blinding -----------------------------------------------------------------------------------


def create_queue(cloud, name="q"):
    admin(cloud, "sqs").create_queue(QueueName=name)


@pytest.mark.slow
def test_a_trail_that_leaves_management_events_out_blinds_eventbridge():
    with world(WATCHED) as cloud:
        put(cloud, of_data(ALL_OBJECTS))
        create_queue(cloud)
        cloud.run(600)

        assert "CreateQueue" not in names(in_events(cloud))
        assert "CreateQueue" not in names(log_files(cloud))


def test_the_call_that_blinds_a_trail_is_the_last_it_tells_of():
    with world(WATCHED) as cloud:
        put(cloud, of_data({"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::tw-data/"]}))
        create_queue(cloud)
        cloud.run(600)

        (record,) = in_events(cloud)
        assert record["eventName"] == "PutEventSelectors"
        selector = {
            "readWriteType": "All",
            "includeManagementEvents": False,
            "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::tw-data/"]}],
        }
        assert record["requestParameters"] == {"trailName": "main", "eventSelectors": [selector]}
        assert record["responseElements"] == {
            "trailARN": arn("cloudtrail", "trail/main"),
            "eventSelectors": [selector | {"excludeManagementEventSources": []}],
        }


def test_a_second_trail_still_sees_what_the_first_does_not():
    with world(WATCHED) as cloud:
        client = admin(cloud, "cloudtrail")
        client.create_trail(Name="second", S3BucketName="tw-logs", IsMultiRegionTrail=True)
        client.start_logging(Name="second")
        put(cloud, of_data(ALL_OBJECTS))
        create_queue(cloud)
        cloud.run(130)

        assert "CreateQueue" in names(in_events(cloud))


def test_a_trail_of_writes_tells_no_read():
    with world(WATCHED) as cloud:
        put(cloud, basic(ReadWriteType="WriteOnly"))
        admin(cloud, "dynamodb").list_tables()
        create_queue(cloud)
        cloud.run(600)

        assert sorted(names(log_files(cloud))) == ["CreateQueue", "PutEventSelectors"]


# ---- put and told -------------------------------------------------------------------------------


def test_a_trail_whose_events_nobody_chose_tells_the_default():
    with world(WATCHED) as cloud:
        told = admin(cloud, "cloudtrail").get_event_selectors(TrailName="main")

        assert told["EventSelectors"] == [
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [],
                "ExcludeManagementEventSources": [],
            }
        ]
        assert admin(cloud, "cloudtrail").get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is False


def test_advanced_selectors_take_the_place_of_basic_ones_and_the_other_way_round():
    selector = advanced(eventCategory=MANAGEMENT)
    with world(WATCHED) as cloud:
        client = admin(cloud, "cloudtrail")
        put(cloud, basic(ReadWriteType="WriteOnly"))
        client.put_event_selectors(TrailName="main", AdvancedEventSelectors=[selector])
        replaced = client.get_event_selectors(TrailName=arn("cloudtrail", "trail/main"))
        put(cloud, basic(ReadWriteType="ReadOnly"))
        back = client.get_event_selectors(TrailName="main")

        assert replaced["AdvancedEventSelectors"] == [selector]
        assert "EventSelectors" not in replaced
        assert back["EventSelectors"][0]["ReadWriteType"] == "ReadOnly"
        assert "AdvancedEventSelectors" not in back
        assert client.describe_trails()["trailList"][0]["HasCustomEventSelectors"] is True


MANY_VALUES = [f"arn:aws:s3:::b/{number}" for number in range(251)]


@pytest.mark.parametrize(
    ("selectors", "why"),
    [
        pytest.param([basic()] * 6, "up to 5", id="six selectors"),
        pytest.param([basic(ReadWriteType="read-only")], "ReadWriteType", id="no such type"),
        pytest.param([s3(*MANY_VALUES)], "up to 250", id="251 data resources"),
        pytest.param([s3("arn:aws:s3:::b/", "b/")], "is invalid", id="a value that is no ARN"),
        pytest.param([functions("arn:aws:s3:::b/")], "is invalid", id="a bucket among functions"),
        pytest.param(
            [of_data({"Type": "AWS::SQS::Queue", "Values": ["arn:aws:sqs"]})],
            "not valid for event selectors",
            id="a type for advanced selectors only",
        ),
        pytest.param(
            [basic(ExcludeManagementEventSources=["iam.amazonaws.com"])],
            "can't be excluded",
            id="a source that can't be left out",
        ),
        pytest.param([basic(IncludeManagementEvents=False)], "must include", id="nothing at all"),
        pytest.param([], "at least one", id="no selector"),
    ],
)
def test_basic_selectors_that_aws_refuses(selectors, why):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="InvalidEventSelectors") as refused:
        put(cloud, *selectors)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"readOnly": is_("true")}, "must have eventCategory", id="no category"),
        pytest.param({"eventCategory": is_("Insight")}, "not valid for a trail", id="a category of Lake's"),
        pytest.param(
            {"eventCategory": MANAGEMENT, "eventName": is_("CreateUser")},
            "not valid in a selector of Management",
            id="management events by name",
        ),
        pytest.param(
            {"eventCategory": MANAGEMENT, "eventSource": is_("iam.amazonaws.com")},
            "takes NotEquals",
            id="management events of one source",
        ),
        pytest.param({"eventCategory": DATA}, "must have resources.type", id="data events of no type"),
        pytest.param(
            S3_DATA | {"readOnly": {"NotEquals": ["true"]}}, "takes Equals only", id="readOnly by NotEquals"
        ),
        pytest.param(S3_DATA | {"readOnly": is_("yes")}, "true or false", id="readOnly by another word"),
        pytest.param(S3_DATA | {"eventName": {}}, "must have an operator", id="a field without operator"),
        pytest.param(
            S3_DATA | {"eventName": is_(*map(str, range(500)))}, "up to 500 values", id="more than 500 values"
        ),
    ],
)
def test_advanced_selectors_that_aws_refuses(fields, why):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="InvalidEventSelectors") as refused:
        admin(cloud, "cloudtrail").put_event_selectors(
            TrailName="main", AdvancedEventSelectors=[advanced(**fields)]
        )
    assert why in str(refused.value)


def test_both_kinds_at_once_are_refused():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="can't specify both"):
        put(cloud, basic(), AdvancedEventSelectors=[advanced(eventCategory=MANAGEMENT)])


@pytest.mark.slow
def test_selectors_are_put_in_the_trails_home_region():
    with (
        world(WATCHED, spoke={}, regions=(HOME, FAR)) as cloud,
        pytest.raises(ClientError, match="InvalidHomeRegionException"),
    ):
        admin(cloud, "cloudtrail", FAR).put_event_selectors(TrailName="main", EventSelectors=[basic()])


@pytest.mark.parametrize("operation", ["start_logging", "stop_logging", "delete_trail", "update_trail"])
def test_a_trail_is_changed_in_its_home_region(operation):
    with (
        world(WATCHED, spoke={}, regions=(HOME, FAR)) as cloud,
        pytest.raises(ClientError, match="InvalidHomeRegionException"),
    ):
        getattr(admin(cloud, "cloudtrail", FAR), operation)(Name="main")


def test_a_trail_is_deleted_by_its_arn_as_well():
    with world(WATCHED) as cloud:
        admin(cloud, "cloudtrail").delete_trail(Name=arn("cloudtrail", "trail/main"))
        create_queue(cloud)
        cloud.run(130)

        assert names(in_events(cloud)) == ["DeleteTrail"]
        assert admin(cloud, "cloudtrail").describe_trails()["trailList"] == []


def test_a_trail_nobody_made_cannot_be_deleted():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="TrailNotFoundException"):
        admin(cloud, "cloudtrail").delete_trail(Name="another")


def test_a_trail_nobody_made_has_no_selectors():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="TrailNotFoundException"):
        admin(cloud, "cloudtrail").get_event_selectors(TrailName="another")


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        pytest.param({"eventCategory": is_("NetworkActivity")}, "network activity", id="network activity"),
        pytest.param(
            {"eventCategory": DATA, "resources__type": is_("AWS::Cognito::IdentityPool")},
            "AWS::Cognito::IdentityPool",
            id="a type whose events are not recorded here",
        ),
    ],
)
def test_what_selectors_do_beyond_this_is_not_simulated(fields, what):
    with world(WATCHED) as cloud, pytest.raises(NotSimulated, match=what):
        admin(cloud, "cloudtrail").put_event_selectors(
            TrailName="main", AdvancedEventSelectors=[advanced(**fields)]
        )


# ---- in a template ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"EventSelectors": [of_data(ALL_OBJECTS)]}, id="basic"),
        pytest.param({"AdvancedEventSelectors": [advanced(**S3_DATA)]}, id="advanced"),
    ],
)
def test_a_template_chooses_a_trails_events(properties):
    with world({**trail(**properties), **HEARS_ALL, **OTHER}) as cloud:
        create_queue(cloud)
        admin(cloud, "s3").put_object(Bucket="tw-data", Key="k", Body=b"")
        cloud.run(130)

        assert names(in_events(cloud)) == ["PutObject"]


@pytest.mark.slow
def test_a_template_whose_selectors_cloudtrail_would_refuse_is_refused():
    broken = trail(AdvancedEventSelectors=[advanced(readOnly=is_("true"))])
    with pytest.raises(InvalidTemplate, match="eventCategory"), world(broken):
        pass


ALL_TABLES = {"Type": "AWS::DynamoDB::Table", "Values": ["arn:aws:dynamodb"]}
STORED = {
    "Items": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "items",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    }
}


@pytest.mark.slow
def test_of_an_item_a_record_has_the_key_and_the_names_of_its_attributes():
    with world({**WATCHED, **STORED}) as cloud:
        put(cloud, of_data(ALL_TABLES))
        cloud.run(130)
        before = len(in_events(cloud))
        item = {"pk": {"S": "k"}, "amount": {"N": "17"}}
        admin(cloud, "dynamodb").put_item(TableName="items", Item=item)
        nobody = cloud.client(cloud.user("mallory", policies=()), "dynamodb")
        with pytest.raises(ClientError, match="AccessDenied"):
            nobody.put_item(TableName="items", Item=item)
        cloud.run(130)

        done, denied = sorted(in_events(cloud)[before:], key=lambda each: each.get("errorCode", ""))
        assert done["requestParameters"] == {
            "tableName": "items",
            "key": {"pk": "k"},
            "item": ["pk", "amount"],
        }
        assert (done["eventCategory"], done["managementEvent"]) == ("Data", False)
        assert (denied["errorCode"], denied["requestParameters"]) == ("AccessDenied", None)
        assert denied["resources"] == done["resources"]


def test_a_batch_and_a_transaction_are_data_events_of_each_table_they_name():
    with world({**WATCHED, **STORED}) as cloud:
        put(cloud, of_data(ALL_TABLES))
        cloud.run(130)
        before = len(in_events(cloud))
        one = {"Item": {"pk": {"S": "k"}}}
        admin(cloud, "dynamodb").batch_write_item(RequestItems={"items": [{"PutRequest": one}]})
        two = {"Put": {"TableName": "items", **one}}
        admin(cloud, "dynamodb").transact_write_items(TransactItems=[two])
        cloud.run(130)

        found = in_events(cloud)[before:]
        assert {each["eventName"] for each in found} == {"BatchWriteItem", "TransactWriteItems"}
        assert {touched["ARN"] for each in found for touched in each["resources"]} == {
            arn("dynamodb", "table/items")
        }


def test_a_statement_whose_table_a_record_could_not_tell_is_not_simulated():
    with world({**WATCHED, **STORED}) as cloud:
        put(cloud, of_data(ALL_TABLES))
        with pytest.raises(NotSimulated, match="ExecuteStatement"):
            admin(cloud, "dynamodb").execute_statement(Statement="SELECT * FROM items")
