"""How CloudTrail records EC2."""

from scenarios.cloud.ec2 import record_forms
from scenarios.cloud.kernel.recorded import Forms, Recorded

RECORDED = Recorded(
    service="ec2",
    shows_what_was_denied=True,
    forms=Forms(
        request=record_forms.request_parameters,
        response=record_forms.response_elements,
        error_code=record_forms.error_code,
    ),
    history={
        "groupId": "AWS::EC2::SecurityGroup",
        "groupName": "AWS::EC2::SecurityGroup",
        "instanceId": "AWS::EC2::Instance",
        "networkInterfaceId": "AWS::EC2::NetworkInterface",
        "vpcId": "AWS::EC2::VPC",
    },
)
