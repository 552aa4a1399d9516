"""Types that only stand: the stack has them, their names and ARNs, and nothing more is simulated of them.

One entry for all of them: a line says what `Ref` gives, and which attributes there are. What the properties
are called is CloudFormation's own schema's to say. Whoever asks more of such a resource gets `NotSimulated`:
an attribute that has no line, or a call of any service that names it (`OnlyStanding`).

Source: what `Ref` and `Fn::GetAtt` give, in
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import Shape
from scenarios.cloud.cloudformation.schemas import Schema, schema_of
from scenarios.cloud.kernel.errors import NotSimulated

# Type, what `Ref` gives, attributes. `{17}`: so many hexadecimal digits, `{u13}` in capitals; `[Name]`: the
# property of that name, or else a name as CloudFormation makes them.
_LINES: Final = """
AWS::ApiGateway::BasePathMapping         {17}
AWS::ApiGateway::DomainName              [DomainName]
AWS::ApiGateway::Model                   [Name]
AWS::ApiGatewayV2::ApiMapping            {6}
AWS::ApiGatewayV2::DomainName            [DomainName]
AWS::ApiGatewayV2::VpcLink               {6}                 VpcLinkId={ref}
AWS::CDK::Metadata                       {17}
AWS::CertificateManager::Certificate     {arn:acm}certificate/{uuid}
AWS::CloudFront::CloudFrontOriginAccessIdentity {u14}        Id={ref}
AWS::CloudFront::Distribution            {u14}               Id={ref} DomainName={13}.cloudfront.net
AWS::CloudFront::OriginAccessControl     {u14}               Id={ref}
AWS::CodeDeploy::Application             [ApplicationName]
AWS::CodeDeploy::DeploymentGroup         [DeploymentGroupName]
AWS::Cognito::IdentityPool               {region}:{uuid}     Name=[IdentityPoolName]
AWS::Cognito::IdentityPoolRoleAttachment {17}
AWS::Cognito::UserPoolDomain             [Domain]
AWS::Cognito::UserPoolResourceServer     [Identifier]
AWS::EC2::EIP                            203.0.113.{octet}   PublicIp={ref} AllocationId=eipalloc-{17}
AWS::EC2::FlowLog                        fl-{17}             Id={ref}
AWS::EC2::InternetGateway                igw-{17}            InternetGatewayId={ref}
AWS::EC2::LaunchTemplate                 lt-{17}             LaunchTemplateId={ref} LatestVersionNumber=1
AWS::EC2::NatGateway                     nat-{17}            NatGatewayId={ref}
AWS::EC2::NetworkAcl                     acl-{17}            Id={ref}
AWS::EC2::NetworkAclEntry                {17}                Id={ref}
AWS::EC2::Route                          {17}
AWS::EC2::RouteTable                     rtb-{17}            RouteTableId={ref}
AWS::EC2::SecurityGroupEgress            sgr-{17}            Id={ref}
AWS::EC2::SecurityGroupIngress           sgr-{17}            Id={ref}
AWS::EC2::SubnetRouteTableAssociation    rtbassoc-{17}       Id={ref}
AWS::EC2::VPCEndpoint                    vpce-{17}           Id={ref}
AWS::EC2::VPCGatewayAttachment           {17}
AWS::ECR::Repository                     [RepositoryName]    Arn={arn:ecr}repository/{ref}
AWS::ECS::Cluster                        [ClusterName]       Arn={arn:ecs}cluster/{ref}
AWS::EFS::AccessPoint                    fsap-{17}           AccessPointId={ref}
AWS::EFS::FileSystem                     fs-{17}             FileSystemId={ref}
AWS::EFS::MountTarget                    fsmt-{17}           Id={ref}
AWS::IAM::InstanceProfile                [InstanceProfileName]
AWS::IAM::ServiceLinkedRole              [AWSServiceName]
AWS::Lambda::CodeSigningConfig           {arn:lambda}code-signing-config:csc-{17}
AWS::OpenSearchServerless::AccessPolicy  [Name]
AWS::OpenSearchServerless::Collection    {20}                Id={ref} Arn={arn:aoss}collection/{ref}
AWS::OpenSearchServerless::SecurityPolicy [Name]
AWS::RDS::DBSubnetGroup                  [DBSubnetGroupName]
AWS::ResourceGroups::Group               [Name]
AWS::Route53::HostedZone                 Z{u13}              Id={ref}
AWS::Route53::RecordSet                  [Name]
AWS::WAFv2::WebACL                       {uuid}              Id={ref}
AWS::WAFv2::WebACLAssociation            {17}
AWS::XRay::Group                         {arn:xray}group/{17}
AWS::XRay::SamplingRule                  {arn:xray}sampling-rule/{17}
"""


@dataclass(frozen=True, slots=True)
class _Line:
    type: str
    ref: str
    attributes: Mapping[str, str]


def _lines() -> Iterator[_Line]:
    for line in _LINES.strip().splitlines():
        name, ref, *attributes = line.split()
        yield _Line(name, ref, dict(each.split("=", 1) for each in attributes))


class _Kept:
    """A property that stands in the stack as the template has it."""

    def check(self, value: Any, at: str) -> Any:
        """Return it."""
        del at
        return value


class _Published(Mapping[str, _Kept]):
    """The properties that a template may give a type, by its schema, which is read when it is asked first."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def _names(self) -> list[str]:
        schema = _schema(self._kind)
        given_back = {each.removeprefix("/properties/") for each in schema.get("readOnlyProperties", ())}
        return [name for name in schema.get("properties", {}) if name not in given_back]

    def __getitem__(self, name: str) -> _Kept:
        if name not in self._names():
            raise KeyError(name)
        return _Kept()

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())


class _Required:
    """The properties that a template must give a type."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __iter__(self) -> Iterator[str]:
        return iter(_schema(self._kind).get("required", ()))

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __len__(self) -> int:
        return len(list(self))


class _Attributes(dict[str, str]):
    """What `Fn::GetAtt` gives; loud about an attribute that AWS has and no line."""

    def __init__(self, kind: str, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self._kind = kind

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        if f"/properties/{str(name).replace('.', '/')}" in _schema(self._kind).get("readOnlyProperties", ()):
            raise NotSimulated("CloudFormation", f"the attribute {name} of {self._kind}, which only stands")
        return False


def _schema(kind: str) -> Schema:
    found = schema_of(kind)
    assert found is not None, kind
    return found


def _create(line: _Line) -> Any:
    def create(order: Order) -> Identity:
        given = dict(order.properties)  # all of them are kept
        ref = _filled(line.ref, order, given)
        attributes = {name: _filled(form, order, given, ref) for name, form in line.attributes.items()}
        return Identity(ref=ref, attributes=_Attributes(line.type, attributes))

    return create


def _filled(form: str, order: Order, given: Mapping[str, Any], ref: str = "") -> str:
    """A form with its places filled; the same ones every time."""
    digits = order.site.suffix(order.logical_id, 64).lower()
    known = {
        "octet": str(1 + int(digits[:4], 16) % 254),
        "ref": ref,
        "region": order.site.region,
        "uuid": "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32])),
    }

    def fill(match: re.Match[str]) -> str:
        place = match[1] or match[2]
        if match[2]:
            return str(given[place]) if place in given else order.generated_name(64)
        if place.startswith("arn:"):
            return order.site.arn(place.removeprefix("arn:"), "")
        if place in known:
            return known[place]
        return digits[: int(place[1:])].upper() if place.startswith("u") else digits[: int(place)]

    return re.sub(r"\{([\w:-]+)\}|\[(\w+)\]", fill, form)


def _delete(_: Removal) -> None:
    """Nothing is there but what the stack has."""


def _update(line: _Line) -> Any:
    def update(order: Order, before: Any) -> Identity:
        _create(line)(order)
        return Identity(ref=before.physical_id, attributes=before.attributes)

    return update


KINDS: Mapping[str, Kind] = {
    line.type: Kind(
        shape=Shape(fields=_Published(line.type), required=_Required(line.type)),
        create=_create(line),
        delete=_delete,
        update=_update(line),
    )
    for line in _lines()
}
