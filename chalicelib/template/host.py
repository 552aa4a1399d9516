"""The template for one watched host: its alarms, deployed once for each instance.

**Pressure**: CPU above 70 % and the disk above 85 % at once, a composite alarm; either alone stays silent.
**Idle**: CPU below a few percent for hours stops the instance, if a parameter of its stack says so.
CPU is EC2's own metric; the disk's comes from the CloudWatch agent, as `AGENT` configures it: the main stack
keeps that configuration in Parameter Store, and installs and starts the agent on the instances that bear the
tag `Trailwarden: watched`.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
"""

import json
from typing import Any

from chalicelib.references import HOST_PRESSURE
from chalicelib.template.parts import Template

TAG, WATCHED = "Trailwarden", "watched"
# A name that CloudWatchAgentServerPolicy lets every instance read: AmazonCloudWatch-*.
AGENT_PARAMETER = "AmazonCloudWatch-${AWS::StackName}"

_INSTANCE = {"Name": "InstanceId", "Value": {"Ref": "InstanceId"}}


def agent_configuration() -> str:
    """The agent's configuration as JSON text for Fn::Sub: logins to the secure group, disk and memory.

    `drop_device` and the one appended dimension make a disk's metric the same on every host but for its
    instance, path and file system.
    """
    configuration = {
        "agent": {"metrics_collection_interval": 60, "run_as_user": "root"},
        "metrics": {
            "namespace": "CWAgent",
            "append_dimensions": {"InstanceId": "${!aws:InstanceId}"},
            "metrics_collected": {
                "disk": {"measurement": ["used_percent"], "resources": ["/"], "drop_device": True},
                "mem": {"measurement": ["mem_used_percent"]},
            },
        },
        "logs": {
            "logs_collected": {
                "files": {
                    "collect_list": [
                        {
                            "file_path": "/var/log/secure",
                            "log_group_name": "${SecureGroup}",
                            "log_stream_name": "{instance_id}",
                            "timestamp_format": "%b %d %H:%M:%S",
                            "timezone": "UTC",
                        }
                    ]
                }
            },
            "force_flush_interval": 5,
        },
    }
    return json.dumps(configuration)


def agents() -> Template:
    """Part of the main stack: the configuration, and what installs and starts the agent by it.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/installing-cloudwatch-agent-ssm.html
    """
    targets = [{"Key": f"tag:{TAG}", "Values": [WATCHED]}]
    return {
        "AgentConfiguration": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": {"Fn::Sub": AGENT_PARAMETER},
                "Type": "String",
                "Description": "What the CloudWatch agent of a watched host collects",
                "Value": {"Fn::Sub": agent_configuration()},
            },
        },
        "AgentInstalled": {
            "Type": "AWS::SSM::Association",
            "Properties": {
                "Name": "AWS-ConfigureAWSPackage",
                "Targets": targets,
                "Parameters": {"action": ["Install"], "name": ["AmazonCloudWatchAgent"]},
            },
        },
        "AgentStarted": {
            "Type": "AWS::SSM::Association",
            "DependsOn": ["AgentInstalled"],
            "Properties": {
                "Name": "AmazonCloudWatch-ManageAgent",
                "Targets": targets,
                "Parameters": {
                    "action": ["configure"],
                    "mode": ["ec2"],
                    "optionalConfigurationSource": ["ssm"],
                    "optionalConfigurationLocation": [{"Ref": "AgentConfiguration"}],
                    "optionalRestart": ["yes"],
                },
                # The package may not be there when the instance first comes; the next day it is.
                "ScheduleExpression": "rate(1 day)",
            },
        },
    }


def host() -> dict[str, Any]:
    """Plain CloudFormation for one instance; the main stack is told of its alarm by the alarm's name."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Trailwarden: the alarms of one watched host",
        "Parameters": _PARAMETERS,
        "Conditions": {"StopsWhenIdle": {"Fn::Equals": [{"Ref": "StopWhenIdle"}, "yes"]}},
        "Resources": {
            "Cpu": _alarm(
                description="The host's CPU is busy; HostPressure asks for the disk too.",
                metric={"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Dimensions": [_INSTANCE]},
                threshold="CpuPercent",
            ),
            "Disk": _alarm(
                description="The host's disk is full; HostPressure asks for the CPU too.",
                metric={
                    "Namespace": "CWAgent",
                    "MetricName": "disk_used_percent",
                    "Dimensions": [
                        _INSTANCE,
                        {"Name": "path", "Value": {"Ref": "DiskPath"}},
                        {"Name": "fstype", "Value": {"Ref": "DiskFileSystem"}},
                    ],
                },
                threshold="DiskPercent",
            ),
            "HostPressure": {
                "Type": "AWS::CloudWatch::CompositeAlarm",
                "Properties": {
                    "AlarmName": {"Fn::Sub": "${MainStack}" + HOST_PRESSURE + "${InstanceId}"},
                    "AlarmDescription": "CPU and disk of this host at once; host_pressure sends the alert.",
                    "AlarmRule": {"Fn::Sub": 'ALARM("${Cpu}") AND ALARM("${Disk}")'},
                },
            },
            "Idle": {
                "Type": "AWS::CloudWatch::Alarm",
                "Condition": "StopsWhenIdle",
                "Properties": {
                    "AlarmDescription": "The host is idle; the alarm stops it, instance_state reports it.",
                    "Namespace": "AWS/EC2",
                    "MetricName": "CPUUtilization",
                    "Dimensions": [_INSTANCE],
                    "Statistic": "Maximum",
                    "Period": 300,
                    "EvaluationPeriods": {"Ref": "IdlePeriods"},
                    "Threshold": {"Ref": "IdlePercent"},
                    "ComparisonOperator": "LessThanThreshold",
                    # A host that sends nothing is not idle: it is off, or its metrics are late.
                    "TreatMissingData": "missing",
                    "AlarmActions": [{"Fn::Sub": "arn:${AWS::Partition}:automate:${AWS::Region}:ec2:stop"}],
                },
            },
        },
    }


def _alarm(*, description: str, metric: Template, threshold: str) -> Template:
    """A part of the pressure: two periods of five minutes, and no action of its own."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            **metric,
            "Statistic": "Average",
            "Period": 300,
            "EvaluationPeriods": 2,
            "Threshold": {"Ref": threshold},
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "missing",
        },
    }


_PARAMETERS: Template = {
    "InstanceId": {
        "Type": "String",
        "AllowedPattern": "i-[0-9a-f]{8,17}",
        "Description": "The host.",
    },
    "MainStack": {
        "Type": "String",
        "Default": "trailwarden",
        "Description": "The name of the main stack, which tells what this one notices.",
    },
    "CpuPercent": {"Type": "Number", "Default": "70", "Description": "CPU above this, and the disk full."},
    "DiskPercent": {"Type": "Number", "Default": "85", "Description": "Disk above this, and the CPU busy."},
    "DiskPath": {"Type": "String", "Default": "/", "Description": "Which disk: where it is mounted."},
    "DiskFileSystem": {"Type": "String", "Default": "xfs", "Description": "Its file system."},
    "StopWhenIdle": {
        "Type": "String",
        "Default": "no",
        "AllowedValues": ["no", "yes"],
        "Description": "Whether an idle host is stopped.",
    },
    "IdlePercent": {
        "Type": "Number",
        "Default": "2",
        "Description": "CPU that stays below this is idle.",
    },
    "IdlePeriods": {
        "Type": "Number",
        "Default": "24",
        "MinValue": 1,
        "MaxValue": 288,
        "Description": "For so many periods of five minutes; 24 are two hours.",
    },
}
