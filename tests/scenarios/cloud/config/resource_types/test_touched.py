"""Which types of EC2 a call may have changed."""

import pytest

from scenarios.cloud.config.resource_types.ec2 import GROUP, INSTANCE, INTERFACE, VOLUME, touched

SG, MACHINE, ENI = "sg-0123456789abcdef0", "i-0123456789abcdef0", "eni-0123456789abcdef0"


@pytest.mark.parametrize(
    ("operation", "texts", "types"),
    [
        pytest.param("AuthorizeSecurityGroupIngress", {SG, "tcp"}, {GROUP}, id="a group's rules"),
        pytest.param("CreateTags", {MACHINE, "app"}, {INSTANCE}, id="tags"),
        pytest.param("StopInstances", {MACHINE}, {INSTANCE, INTERFACE, GROUP, VOLUME}, id="an instance"),
        pytest.param(
            "ModifyNetworkInterfaceAttribute", {ENI, SG}, {INTERFACE, INSTANCE, GROUP}, id="an interface"
        ),
        pytest.param("CreateSecurityGroup", {SG}, None, id="what makes something may change all"),
        pytest.param("RunInstances", {MACHINE, SG}, None, id="a launch"),
        pytest.param("ModifyVpcEndpoint", {"vpce-0123456789abcdef0"}, None, id="an unknown id"),
        pytest.param("EnableEbsEncryptionByDefault", set(), None, id="no id"),
    ],
)
def test_the_types_that_a_call_may_have_changed(operation, texts, types):
    assert touched(operation, texts) == types
