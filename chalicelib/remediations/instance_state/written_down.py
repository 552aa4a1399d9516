"""Where EC2's changes of state are written down: a log group that a rule fills by itself.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

import json

from chalicelib.stack import CloudFormation, log_group

EVERY_CHANGE = {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}

_GROUP_ARN = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${InstanceStateEvents}"
_RULES_WRITE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{_GROUP_ARN}:*",
        }
    ],
}

# The log group, the rule, and the permission that EventBridge needs to write.
WRITTEN_DOWN: dict[str, CloudFormation] = {
    "InstanceStateEvents": log_group({"Fn::Sub": "/aws/events/${AWS::StackName}/instance-states"}),
    "InstanceStateEventsPolicy": {
        "Type": "AWS::Logs::ResourcePolicy",
        "Properties": {
            "PolicyName": {"Fn::Sub": "${AWS::StackName}-instance-states"},
            "PolicyDocument": {"Fn::Sub": json.dumps(_RULES_WRITE)},
        },
    },
    "InstanceStateRule": {
        "Type": "AWS::Events::Rule",
        "DependsOn": ["InstanceStateEventsPolicy"],
        "Properties": {
            "EventPattern": EVERY_CHANGE,
            "Targets": [{"Id": "log", "Arn": {"Fn::Sub": _GROUP_ARN}}],
        },
    },
}
