"""What CloudFormation looks up in the account for a template's parameters.

An account in which a CDK app is deployed was bootstrapped: where nobody put its parameter, `cdk bootstrap`
is taken to have put it. What AWS publishes below `/aws/service/` is there as far as moto has it.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html,
https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html (the parameter with the version)
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scenarios.cloud.kernel import moto_ec2, moto_state
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated

_BOOTSTRAPPED = re.compile(r"/cdk-bootstrap/[a-z0-9]+/version")
_VERSION_OF_BOOTSTRAP: Final = "30"


@dataclass(frozen=True, slots=True)
class AccountValues:
    """One account in one region.

    `standing`: the template's stack is there, and what it looked up may be gone.
    """

    account: str
    region: str
    standing: bool = False

    def of_parameter(self, name: str, at: str) -> str:
        """The value of a parameter of Systems Manager.

        Raises:
            InvalidTemplate: there is none, or its value is secret.
            NotSimulated: AWS publishes it, and moto hasn't got it.
        """
        found = moto_state.parameter(self.account, self.region, name)
        if found is None:
            return self._missing(name, at)
        if found.parameter_type == "SecureString":
            why = f"Parameters [{name}] referenced by template have types not supported by CloudFormation."
            raise InvalidTemplate(at, why)
        return str(found.value)

    def _missing(self, name: str, at: str) -> str:
        if _BOOTSTRAPPED.fullmatch(name):
            return _VERSION_OF_BOOTSTRAP
        if name.startswith("/aws/service/"):
            raise NotSimulated("CloudFormation", f"the parameter {name}, which AWS publishes ({at})")
        if self.standing:
            return name
        raise InvalidTemplate(
            at, f"Unable to fetch parameters [{name}] from parameter store for this account."
        )

    def require(self, kind: str, value: str, at: str) -> None:
        """Refuse what isn't there, of a type such as `AWS::EC2::VPC::Id`; raises InvalidTemplate."""
        if not self.standing and not _THERE[kind](self, value):
            why = (
                f"Parameter validation failed: parameter value {value} for parameter name {at} does not exist"
            )
            raise InvalidTemplate(f"Parameters.{at}", why)

    def zones(self) -> list[str]:
        """The names of the region's availability zones."""
        return moto_ec2.zones(self.account, self.region)


def _in_ec2(kind: str) -> Callable[[AccountValues, str], bool]:
    return lambda here, value: value in moto_ec2.network_names(here.account, here.region, kind)


def _is_parameter(here: AccountValues, value: str) -> bool:
    return moto_state.parameter(here.account, here.region, value) is not None


# What `Ref` gives is the value itself; AWS looks whether it is there. An image is anybody's.
_THERE: Mapping[str, Callable[[AccountValues, str], bool]] = {
    "AWS::EC2::AvailabilityZone::Name": lambda here, value: value in here.zones(),
    "AWS::EC2::Image::Id": lambda _, value: re.fullmatch("ami-[0-9a-f]{8,17}", value) is not None,
    "AWS::EC2::Instance::Id": _in_ec2("instance"),
    "AWS::EC2::KeyPair::KeyName": _in_ec2("key pair"),
    "AWS::EC2::SecurityGroup::GroupName": _in_ec2("group name"),
    "AWS::EC2::SecurityGroup::Id": _in_ec2("group"),
    "AWS::EC2::Subnet::Id": _in_ec2("subnet"),
    "AWS::EC2::VPC::Id": _in_ec2("vpc"),
    "AWS::EC2::Volume::Id": _in_ec2("volume"),
    "AWS::Route53::HostedZone::Id": lambda here, value: value in moto_state.hosted_zones(here.account),
    "AWS::SSM::Parameter::Name": _is_parameter,
}
SUPPLIED = frozenset(_THERE)
