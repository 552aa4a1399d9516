"""When a recorder runs, what it notices and when, and how its files, messages and events look."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.config.recording_worlds import (
    BUCKET,
    files,
    history,
    ids,
    mails,
    only,
    recorder,
    recording,
)
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    bucket,
    document,
    heard,
    lets,
    may,
    noted,
    queue,
    refusal,
    role,
    rule,
    world,
)

GROUP, INTERFACE = "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkInterface"
USER = "AWS::IAM::User"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Recorder"


def group_in(each, name="web"):
    return admin(each, "ec2").create_security_group(GroupName=name, Description="d")["GroupId"]


@pytest.mark.slow
def test_a_recorder_starts_once_there_is_a_channel_and_a_channel_goes_once_it_is_stopped():
    resources = {**role("Recorder", "config", may("s3:*")), **bucket(BUCKET)}
    with world(resources) as each:
        config = admin(each, "config")
        channel = {"s3BucketName": BUCKET}

        first = refusal(config.put_delivery_channel, DeliveryChannel=channel)
        no_role = refusal(config.put_configuration_recorder, ConfigurationRecorder={"roleARN": ""})
        config.put_configuration_recorder(ConfigurationRecorder={"roleARN": ROLE})
        no_channel = refusal(config.start_configuration_recorder, ConfigurationRecorderName="default")
        no_bucket = refusal(config.put_delivery_channel, DeliveryChannel={"s3BucketName": "nobody-has-this"})
        config.put_delivery_channel(DeliveryChannel=channel)
        config.start_configuration_recorder(ConfigurationRecorderName="default")
        in_use = refusal(config.delete_delivery_channel, DeliveryChannelName="default")
        config.stop_configuration_recorder(ConfigurationRecorderName="default")
        config.delete_delivery_channel(DeliveryChannelName="default")

    assert first == "NoAvailableConfigurationRecorderException"
    assert no_role == "InvalidRoleException"
    assert no_channel == "NoAvailableDeliveryChannelException"
    assert no_bucket == "NoSuchBucketException"
    assert in_use == "LastDeliveryChannelDeleteFailedException"


@pytest.mark.slow
def test_a_channel_is_refused_where_neither_role_nor_bucket_lets_config_write():
    with world({**role("Recorder", "config"), **bucket(BUCKET)}) as each:
        config, s3 = admin(each, "config"), admin(each, "s3")
        config.put_configuration_recorder(ConfigurationRecorder={"roleARN": ROLE})
        channel = {"DeliveryChannel": {"s3BucketName": BUCKET}}

        before = refusal(config.put_delivery_channel, **channel)
        open_to = lets(
            "config",
            "s3:PutObject",
            "s3:GetBucketAcl",
            resource=[f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        )
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document(open_to)))
        config.put_delivery_channel(**channel)

    assert before == "InsufficientDeliveryPolicyException"


@pytest.mark.slow
def test_a_change_becomes_an_item_under_the_recorders_role():
    hears = {
        **queue(),
        **rule(
            pattern={
                "source": ["aws.config"],
                "detail": {"messageType": ["ConfigurationItemChangeNotification"]},
            }
        ),
    }
    with recording(hears, group=only(GROUP)) as each:
        each.run(120)
        began = each.clock.now
        group = group_in(each)
        each.run(200)
        admin(each, "ec2").authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
        )
        each.run(200)
        admin(each, "ec2").delete_security_group(GroupId=group)
        each.run(200)

        deleted, opened, made = history(each, GROUP, group)
        events = [
            event for event in heard(each) if event["detail"]["configurationItem"]["resourceId"] == group
        ]
        trail = admin(each, "cloudtrail")
        looked = trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DescribeSecurityGroups"}]
        )["Events"]

    assert [item["configurationItemStatus"] for item in (made, opened, deleted)] == [
        "ResourceDiscovered",
        "OK",
        "ResourceDeleted",
    ]
    assert 60 <= (made["configurationItemCaptureTime"] - began).total_seconds() <= 180
    permission = json.loads(opened["configuration"])["ipPermissions"][0]
    assert permission["ipv4Ranges"] == [{"cidrIp": "0.0.0.0/0"}]
    assert permission["ipRanges"] == ["0.0.0.0/0"]
    assert "configuration" not in deleted
    assert [event["detail"]["configurationItemDiff"]["changeType"] for event in events] == [
        "CREATE",
        "UPDATE",
        "DELETE",
    ]
    assert events[0]["resources"] == [made["arn"]]
    assert events[0]["detail-type"] == "Config Configuration Item Change"
    changed = events[1]["detail"]["configurationItemDiff"]["changedProperties"]
    assert list(changed) == ["Configuration.IpPermissions.0"]
    record = json.loads(looked[0]["CloudTrailEvent"])
    assert record["userIdentity"]["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Recorder/AWSConfig-Describe"
    assert record["userIdentity"]["invokedBy"] == record["sourceIPAddress"] == "config.amazonaws.com"


@pytest.mark.slow
def test_a_group_gets_an_item_when_an_interface_comes_and_when_it_leaves():
    with recording(group=only(GROUP, INTERFACE)) as each:
        ec2, group = admin(each, "ec2"), group_in(each)
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        each.run(200)
        interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
        each.run(200)
        ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
        each.run(200)
        items = history(each, GROUP, group, chronologicalOrder="Forward")

    related = [[one["relationshipName"] for one in item["relationships"]] for item in items]
    vpc = ["Is contained in Vpc"]
    assert related == [vpc, ["Is associated with NetworkInterface", *vpc], vpc]


@pytest.mark.slow
def test_a_page_of_a_history_spans_a_week():
    with recording(group=only(GROUP)) as each:
        each.run(120)
        (identity,) = ids(each, GROUP)
        items = each.setting.laws[Recorders].of(HOME).items[GROUP, identity]
        items += [replace(items[0], captured=items[0].captured + timedelta(days=days)) for days in (6, 7, 20)]
        config = admin(each, "config")
        asked = {"resourceType": GROUP, "resourceId": identity}
        forward, backward = (
            [
                len(page["configurationItems"])
                for page in config.get_paginator("get_resource_config_history").paginate(
                    chronologicalOrder=order, **asked
                )
            ]
            for order in ("Forward", "Reverse")
        )
        some = config.get_resource_config_history(limit=2, **asked)
        rest = config.get_resource_config_history(limit=2, nextToken=some["nextToken"], **asked)
        every = config.get_resource_config_history(limit=0, chronologicalOrder="Forward", **asked)

    assert (forward, backward) == ([3, 1], [1, 3])
    assert [len(each["configurationItems"]) for each in (some, rest, every)] == [1, 2, 3]


def test_the_two_forms_of_an_item_have_different_names():
    with recording(group=only(GROUP)) as each:
        each.run(120)
        (_, message), *_ = mails(each)
        (shown,) = history(each, GROUP, message["configurationItem"]["resourceId"])

    sent = message["configurationItem"]
    assert {"version", "accountId", "arn", "configurationItemMD5Hash"} <= shown.keys()
    assert shown["configurationItemMD5Hash"] == sent["configurationStateMd5Hash"] == ""
    assert {"configurationItemVersion", "awsAccountId", "ARN", "configurationStateMd5Hash"} <= sent.keys()
    assert shown["version"] == sent["configurationItemVersion"] == "1.3"
    assert json.loads(shown["configuration"]) == sent["configuration"]
    assert shown["configurationStateId"] == str(sent["configurationStateId"])
    assert shown["relatedEvents"] == sent["relatedEvents"] == []
    assert sent["relationships"][0]["name"] == shown["relationships"][0]["relationshipName"]


@pytest.mark.slow
def test_what_is_recorded_follows_the_recording_group():
    with recording(group={"AllSupported": True}) as each:
        config, iam = admin(each, "config"), admin(each, "iam")
        iam.create_user(UserName="somebody")
        each.run(1000)
        without_iam = ids(each, USER)
        put = {"roleARN": ROLE, "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}}
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", **put})
        iam.create_user(UserName="another")
        each.run(1000)
        (user,) = [
            one for one in ids(each, USER) if one == iam.get_user(UserName="another")["User"]["UserId"]
        ]
        (item,) = history(each, USER, user)

    assert without_iam == []
    assert (item["awsRegion"], item["availabilityZone"]) == ("global", "Not Applicable")
    assert item["resourceName"] == "another"


@pytest.mark.slow
def test_what_is_recorded_daily_waits_for_the_day():
    daily = {
        "RecordingFrequency": "CONTINUOUS",
        "RecordingModeOverrides": [{"RecordingFrequency": "DAILY", "ResourceTypes": [GROUP]}],
    }
    with world(recorder(only(GROUP), RecordingMode=daily)) as each:
        each.run(120)
        group = group_in(each)
        each.run(3600)
        early = ids(each, GROUP)
        each.run(24 * 3600)

        assert group not in early
        assert group in ids(each, GROUP)
        told = admin(each, "config").describe_configuration_recorders()["ConfigurationRecorders"][0]
        assert told["recordingMode"]["recordingModeOverrides"][0]["recordingFrequency"] == "DAILY"


@pytest.mark.slow
def test_a_stopped_recorder_records_nothing_more():
    with recording(group=only(GROUP)) as each:
        each.run(120)
        admin(each, "config").stop_configuration_recorder(ConfigurationRecorderName="default")
        group = group_in(each)
        each.run(1000)

        assert group not in ids(each, GROUP)


@pytest.mark.slow
def test_a_role_that_may_not_read_shows_in_the_recorders_status():
    resources = recorder(only(GROUP))
    del resources["Recorder"]["Properties"]["ManagedPolicyArns"]
    with world(resources) as each:
        each.run(120)
        (status,) = admin(each, "config").describe_configuration_recorder_status()[
            "ConfigurationRecordersStatus"
        ]
        found = ids(each, GROUP)

    assert (status["lastStatus"], status["lastErrorCode"]) == ("FAILURE", "AccessDenied")
    assert found == []
    assert any("may not look at" in words for words in noted(each, "config"))


@pytest.mark.slow
def test_every_six_hours_each_type_that_changed_gets_a_file():
    with recording(group=only(GROUP, INTERFACE)) as each:
        each.run(6 * 3600 + 5)
        first = files(each, "ConfigHistory")
        each.run(6 * 3600)
        later = files(each, "ConfigHistory")
        told = [message for subject, message in mails(each) if "History Delivery Completed" in subject]

    ((key, content),) = first.items()
    start = "20260302T030100Z"
    assert key == (
        f"AWSLogs/{ACCOUNT}/Config/{HOME}/2026/3/2/ConfigHistory/{ACCOUNT}_Config_{HOME}_ConfigHistory_"
        f"{GROUP}_{start}_{start}_1.json.gz"
    )
    assert content["fileVersion"] == "1.0"
    assert [item["resourceType"] for item in content["configurationItems"]] == [GROUP]
    assert later == first
    assert [(one["messageType"], one["s3ObjectKey"]) for one in told] == [
        ("ConfigurationHistoryDeliveryCompleted", key)
    ]


@pytest.mark.slow
def test_a_snapshot_has_everything_that_is_there():
    with recording(group=only(GROUP)) as each:
        each.run(120)
        made = admin(each, "config").deliver_config_snapshot(deliveryChannelName="default")
        each.run(60)
        ((key, content),) = files(each, "ConfigSnapshot").items()
        told = [message["messageType"] for _, message in mails(each) if "configSnapshotId" in message]

    identity = made["configSnapshotId"]
    assert key.endswith(f"_ConfigSnapshot_20260302T030220Z_{identity}.json.gz")
    assert content["configSnapshotId"] == identity
    assert len(content["configurationItems"]) == 1
    assert told == ["ConfigurationSnapshotDeliveryStarted", "ConfigurationSnapshotDeliveryCompleted"]


@pytest.mark.slow
def test_a_subject_has_a_hundred_characters_at_most():
    with recording(group=only("AWS::SNS::Topic")) as each:
        each.run(120)
        ((subject, _),) = mails(each)

    assert len(subject) == 100
    assert subject.endswith("...")


@pytest.mark.slow
def test_what_was_never_seen_has_no_history():
    with recording(group=only(GROUP)) as each:
        each.run(120)
        config = admin(each, "config")
        unknown = {"resourceType": GROUP, "resourceId": "sg-none"}
        every = config.get_discovered_resource_counts()["totalDiscoveredResources"]
        some = config.get_discovered_resource_counts(resourceTypes=[INTERFACE])
        at_once = config.select_resource_config(Expression="SELECT resourceId", Limit=0)

        assert refusal(config.get_resource_config_history, **unknown) == "ResourceNotDiscoveredException"
        assert config.batch_get_resource_config(resourceKeys=[unknown])["unprocessedResourceKeys"] == [
            unknown
        ]
        counts = config.get_discovered_resource_counts()
        assert counts["resourceCounts"] == [{"resourceType": GROUP, "count": 1}]
        assert (every, some["totalDiscoveredResources"], some["resourceCounts"]) == (1, 0, [])
        assert (len(at_once["Results"]), "NextToken" in at_once) == (1, False)
        # What moto answers with nothing is no answer.
        address = {"resourceType": "AWS::EC2::EIP", "resourceId": "eipalloc-1"}
        for call, asked in (
            (config.list_discovered_resources, {"resourceType": "AWS::EC2::EIP"}),
            (config.get_resource_config_history, address),
            (config.batch_get_resource_config, {"resourceKeys": [address]}),
            (config.get_discovered_resource_counts, {"resourceTypes": ["AWS::EC2::EIP"]}),
            (
                config.select_resource_config,
                {"Expression": "SELECT resourceId WHERE resourceType IN ('AWS::EC2::EIP')"},
            ),
            (
                config.list_aggregate_discovered_resources,
                {"ConfigurationAggregatorName": "a", "ResourceType": GROUP},
            ),
            (
                config.put_resource_config,
                {
                    "ResourceType": "Our::Own::Type",
                    "SchemaVersionId": "1",
                    "ResourceId": "r",
                    "Configuration": "{}",
                },
            ),
        ):
            with pytest.raises(NotSimulated):
                call(**asked)


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_a_new_group_is_found_under_every_fault(faults):
    with recording(group=only(GROUP), faults=PROFILES[faults]) as each:
        group = group_in(each)
        each.run(1800)

        assert group in ids(each, GROUP)


@pytest.mark.slow
def test_configs_own_role_comes_with_its_policy():
    with world(bucket(BUCKET)) as each:
        iam = admin(each, "iam")
        made = iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")["Role"]
        attached = iam.list_attached_role_policies(RoleName=made["RoleName"])["AttachedPolicies"]

    assert made["Arn"].endswith("role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")
    assert [one["PolicyName"] for one in attached] == ["AWSConfigServiceRolePolicy"]


@pytest.mark.slow
def test_a_bucket_that_is_gone_shows_in_the_channels_status():
    with recording(group=only(GROUP)) as each:
        each.run(120)
        s3, config = admin(each, "s3"), admin(each, "config")
        for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=found["Key"])
        s3.delete_bucket(Bucket=BUCKET)
        config.deliver_config_snapshot(deliveryChannelName="default")
        each.run(60)
        (status,) = config.describe_delivery_channel_status()["DeliveryChannelsStatus"]
        told = [message["messageType"] for _, message in mails(each) if "configSnapshotId" in message]

    snapshot = status["configSnapshotDeliveryInfo"]
    assert (snapshot["lastStatus"], snapshot["lastErrorCode"]) == ("FAILURE", "NoSuchBucket")
    assert "lastSuccessfulTime" not in snapshot
    assert status["configStreamDeliveryInfo"]["lastStatus"] == "SUCCESS"
    assert told[-1] == "ConfigurationSnapshotDeliveryFailed"
