"""AWS::OpenSearchService: domains.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-opensearchservice-domain.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Inert,
    PolicyDocument,
    Refused,
    Shape,
    Text,
)

_MACHINES = Inert(because="no machine stands behind a simulated domain")
_ENCRYPTION = Inert(because="nothing of a simulated domain can be read")
DOMAIN = Shape(
    fields={
        "AccessPolicies": PolicyDocument(of_resource=True),
        "AdvancedOptions": _MACHINES,
        "AdvancedSecurityOptions": Refused(because="users of its own"),
        "ClusterConfig": _MACHINES,
        "CognitoOptions": Refused(because="people who sign in"),
        "DomainEndpointOptions": Inert(because="requests to a simulated domain are encrypted"),
        "DomainName": Text(pattern=r"[a-z][a-z0-9\-]{2,27}"),
        "EBSOptions": _MACHINES,
        "EncryptionAtRestOptions": _ENCRYPTION,
        "EngineVersion": Text(pattern=r"(OpenSearch|Elasticsearch)_[0-9.]+"),
        "IPAddressType": _MACHINES,
        "LogPublishingOptions": Refused(because="a domain's own logs"),
        "NodeToNodeEncryptionOptions": _ENCRYPTION,
        "OffPeakWindowOptions": _MACHINES,
        "SnapshotOptions": _MACHINES,
        "SoftwareUpdateOptions": _MACHINES,
        "Tags": TAGS,
        "VPCOptions": Refused(because="a domain in a VPC"),
    }
)


def create_domain(order: Order) -> Identity:
    """Create a domain."""
    name, properties = order.name("DomainName", 28).lower(), order.properties
    policy = properties.get("AccessPolicies")
    given = {"AccessPolicies": text_of(policy)} if policy else {}
    if "EngineVersion" in properties:
        given["EngineVersion"] = properties["EngineVersion"]
    made = order.client("opensearch").create_domain(DomainName=name, **given)["DomainStatus"]
    arn = made["ARN"]
    attributes = {"Arn": arn, "DomainArn": arn, "DomainEndpoint": made["Endpoint"], "Id": made["DomainId"]}
    return Identity(ref=name, attributes=attributes)


def delete_domain(removal: Removal) -> None:
    """Delete a domain."""
    removal.client("opensearch").delete_domain(DomainName=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::OpenSearchService::Domain": Kind(shape=DOMAIN, create=create_domain, delete=delete_domain)
}
