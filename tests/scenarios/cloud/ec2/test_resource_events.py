"""What EventBridge hears of volumes, snapshots and tags."""

import pytest

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.small_worlds import admin, heard, queue, rule, world

HEARS = {**queue(), **rule(pattern={"source": ["aws.ec2", "aws.tag"]})}


@pytest.mark.slow
def test_a_volume_its_snapshot_and_its_end_are_told():
    with world(HEARS) as cloud:
        ec2 = admin(cloud, "ec2")
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        cloud.run(200)
        ec2.delete_volume(VolumeId=volume)
        cloud.run(10)

        made, copied, gone = heard(cloud)

    assert (made["detail-type"], gone["detail-type"]) == ("EBS Volume Notification",) * 2
    assert (made["detail"]["event"], made["detail"]["result"]) == ("createVolume", "available")
    assert (gone["detail"]["event"], gone["detail"]["result"]) == ("deleteVolume", "deleted")
    assert made["resources"] == [f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/{volume}"]
    assert copied["detail-type"] == "EBS Snapshot Notification"
    assert copied["detail"]["snapshot_id"] == f"arn:aws:ec2::us-east-1:snapshot/{snapshot}"
    assert copied["detail"]["source"] == f"arn:aws:ec2::us-east-1:volume/{volume}"
    assert copied["detail"]["result"] == "succeeded"


@pytest.mark.slow
def test_a_change_of_tags_names_the_keys_that_changed_and_tells_all_tags():
    with world(HEARS) as cloud:
        ec2 = admin(cloud, "ec2")
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        ec2.create_tags(Resources=[volume], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        ec2.create_tags(Resources=[volume], Tags=[{"Key": "a", "Value": "1"}])
        ec2.delete_tags(Resources=[volume], Tags=[{"Key": "b"}])
        cloud.run(10)

        first, second = (event for event in heard(cloud) if event["source"] == "aws.tag")

    assert first["detail-type"] == "Tag Change on Resource"
    assert first["resources"] == [f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/{volume}"]
    assert first["detail"] == {
        "changed-tag-keys": ["a", "b"],
        "service": "ec2",
        "resource-type": "volume",
        "version": 1,
        "tags": {"a": "1", "b": "2"},
    }
    assert second["detail"]["changed-tag-keys"] == ["b"]
    assert second["detail"]["tags"] == {"a": "1"}


@pytest.mark.slow
def test_a_spot_instance_is_warned_two_minutes_before_it_is_taken_back():
    with world(HEARS) as cloud:
        ran = admin(cloud, "ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)
        machine = cloud.instances.machine(ran["Instances"][0]["InstanceId"])
        cloud.run(60)
        cloud.instances.interrupt(machine, "terminate")
        cloud.run(100)
        during = cloud.instances.state(machine)
        cloud.run(100)

        assert during == "running"
        assert cloud.instances.state(machine) == "terminated"
        warning = next(event for event in heard(cloud) if "Spot" in event["detail-type"])

    assert warning["detail-type"] == "EC2 Spot Instance Interruption Warning"
    assert warning["detail"] == {"instance-id": machine.instance, "instance-action": "terminate"}
