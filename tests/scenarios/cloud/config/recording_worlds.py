"""Worlds in which AWS Config records: a recorder with its role, a channel, a bucket, a topic that mails."""

import gzip
import json

from tests.scenarios.cloud.small_worlds import admin, bucket, may, role, topic, world

BUCKET = "tw-config"
READS = "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"
EVERYTHING = {"AllSupported": True, "IncludeGlobalResourceTypes": True}


def recorder(group=None, **properties):
    """The resources of a recorder that runs."""
    resources = {
        **role(
            "Recorder", "config", *(may(each) for each in ("s3:PutObject", "s3:GetBucketAcl", "sns:Publish"))
        ),
        **bucket(BUCKET),
        **topic(),
        "Recording": {
            "Type": "AWS::Config::ConfigurationRecorder",
            "Properties": {
                "RoleARN": {"Fn::GetAtt": ["Recorder", "Arn"]},
                "RecordingGroup": group or EVERYTHING,
                **properties,
            },
        },
        "Channel": {
            "Type": "AWS::Config::DeliveryChannel",
            "Properties": {"S3BucketName": {"Ref": "Bucket"}, "SnsTopicARN": {"Ref": "Alerts"}},
        },
    }
    resources["Recorder"]["Properties"]["ManagedPolicyArns"] = [READS]
    return resources


def recording(resources=None, *, group=None, **more):
    """A world whose recorder was just started."""
    return world({**recorder(group), **(resources or {})}, **more)


def only(*types):
    """A recording group of these types."""
    return {"AllSupported": False, "ResourceTypes": list(types)}


def history(each, kind, identity, **more):
    """The items of a resource, newest first."""
    asked = {"resourceType": kind, "resourceId": identity, **more}
    return admin(each, "config").get_resource_config_history(**asked)["configurationItems"]


def ids(each, kind):
    """The ids of the resources of a type that were recorded."""
    found = admin(each, "config").list_discovered_resources(resourceType=kind)["resourceIdentifiers"]
    return [one["resourceId"] for one in found]


def files(each, folder):
    """The files in the bucket whose key has this in it: key and content."""
    s3 = admin(each, "s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    bodies = {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys if folder in key}
    return {key: json.loads(gzip.decompress(body)) for key, body in bodies.items()}


def mails(each):
    """Subjects and messages that the topic mailed."""
    return [(mail.subject, json.loads(mail.text)) for mail in each.topics.inbox]
