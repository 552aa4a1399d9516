"""A Lambda function as accounts have them, which is none of the stack's: it gives an interface a group.

It runs in a world by the handler `scenarios.runner.words.own_function.handler`, from the checkout.
"""

from typing import Any

import boto3

HANDLER = "scenarios.runner.words.own_function.handler"
NAME = "gives-a-group"


def own_function(*actions: str) -> dict[str, Any]:
    """CloudFormation of the function and of its role, which may do this and log; for `before`."""
    trusts = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    may = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": [*actions, "logs:*"], "Resource": "*"}],
    }
    return {
        "OwnRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": NAME,
                "AssumeRolePolicyDocument": trusts,
                "Policies": [{"PolicyName": "may", "PolicyDocument": may}],
            },
        },
        "OwnFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": NAME,
                "Code": {"S3Bucket": "code", "S3Key": "own.zip"},
                "Handler": HANDLER,
                "Role": {"Fn::GetAtt": ["OwnRole", "Arn"]},
                "Runtime": "python3.13",
            },
        },
    }


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Give the interface the default group of its VPC."""
    ec2, interface = boto3.client("ec2"), event["resourceId"]
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    of_vpc = [{"Name": "vpc-id", "Values": [found["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    group = ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"][0]["GroupId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    return {"interface": interface, "group": group}
