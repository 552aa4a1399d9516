"""Instances to set worlds on: with a role, with the agent and its configuration, or with nothing at all."""

import json

from scenarios.cloud.deployment import START
from tests.scenarios.cloud.small_worlds import admin, document, may

PARAMETER = "AmazonCloudWatch-tw"
TAG = [{"Key": "Watched", "Value": "yes"}]
MANAGED = may("ssm:UpdateInstanceInformation")
READS = may("ssm:GetParameter")
MEASURES = may("cloudwatch:PutMetricData")
WRITES = may(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:PutRetentionPolicy"])
EVERYTHING = (MANAGED, READS, MEASURES, WRITES)
TAILED = {
    "file_path": "/var/log/secure",
    "log_group_name": "secure",
    "log_stream_name": "{instance_id}",
    "timestamp_format": "%b %d %H:%M:%S",
}


def configuration(*files, **sections):
    """The agent's configuration, which tails these files."""
    logs = {"logs": {"logs_collected": {"files": {"collect_list": list(files)}}}} if files else {}
    return logs | sections


def agent(said, *, installed=True):
    """The parameter with a configuration, and the associations that install and start the agent by it."""
    text = said if isinstance(said, str) else json.dumps(said)
    targets = [{"Key": "tag:Watched", "Values": ["yes"]}]
    install = {
        "Name": "AWS-ConfigureAWSPackage",
        "Targets": targets,
        "Parameters": {"action": ["Install"], "name": ["AmazonCloudWatchAgent"]},
    }
    manage = {
        "Name": "AmazonCloudWatch-ManageAgent",
        "Targets": targets,
        "Parameters": {
            "action": ["configure"],
            "mode": ["ec2"],
            "optionalConfigurationSource": ["ssm"],
            "optionalConfigurationLocation": [{"Ref": "Said"}],
        },
    }
    resources = {
        "Said": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": PARAMETER, "Type": "String", "Value": text},
        },
        "Started": {"Type": "AWS::SSM::Association", "Properties": manage},
    }
    if installed:
        resources["Installed"] = {"Type": "AWS::SSM::Association", "Properties": install}
    return resources


def let(cloud, action):
    """Let the instance's role do this from now on."""
    policy = json.dumps(document(may(action)))
    admin(cloud, "iam").put_role_policy(RoleName="host", PolicyName="more", PolicyDocument=policy)


def launch(cloud, *statements, tags=TAG, detailed=False, seconds=60):
    """Launch an instance whose role says this, have it come up, and tell its inside."""
    profile = {}
    if statements:
        with cloud.calls.muted():
            iam = admin(cloud, "iam")
            trust = {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "ec2.amazonaws.com"},
            }
            iam.create_role(RoleName="host", AssumeRolePolicyDocument=json.dumps(document(trust)))
            iam.put_role_policy(
                RoleName="host", PolicyName="p", PolicyDocument=json.dumps(document(*statements))
            )
            iam.create_instance_profile(InstanceProfileName="host")
            iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="host")
        profile = {"IamInstanceProfile": {"Name": "host"}}
    asked = {
        "ImageId": "ami-12c6146b",
        "MinCount": 1,
        "MaxCount": 1,
        "Monitoring": {"Enabled": detailed},
        **({"TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]} if tags else {}),
    }
    if profile:  # to pass a role to an instance is not simulated; it was there before
        with cloud.calls.muted():
            answer = admin(cloud, "ec2").run_instances(**asked, **profile)
        machine = cloud.instances.adopt(cloud.deployment.home, answer["Instances"][0]["InstanceId"])
    else:
        answer = admin(cloud, "ec2").run_instances(**asked)
        machine = cloud.instances.machine(answer["Instances"][0]["InstanceId"])
    cloud.run(seconds)
    return machine


def measured(cloud, metric, namespace="AWS/EC2", *, stat="Average", **dimensions):
    """The (second of the world, value) pairs of a metric, in order."""
    answer = admin(cloud, "cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {
                        "Namespace": namespace,
                        "MetricName": metric,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                    },
                    "Period": 60,
                    "Stat": stat,
                },
            }
        ],
        StartTime=START.replace(hour=0),
        EndTime=cloud.clock.now,
        ScanBy="TimestampAscending",
    )
    (found,) = answer["MetricDataResults"]
    seconds = [round((at - START).total_seconds()) for at in found["Timestamps"]]
    return list(zip(seconds, found["Values"], strict=True))


def tailed(cloud, group="secure"):
    """(stream, second of the world, message) of every event of a group; none where it isn't there."""
    logs = admin(cloud, "logs")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    return [
        (event["logStreamName"], event["timestamp"] // 1000 - int(START.timestamp()), event["message"])
        for event in logs.filter_log_events(logGroupName=group)["events"]
    ]
