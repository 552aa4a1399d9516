"""AWS::ApiGateway: what the SAM transform makes of a REST API.

The resources stand in the stack with their properties, so that the routes, their authorisation and the
functions behind them can be read from `Body`; their ids are digests of their names.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGateway.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, made_again
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Document,
    Flag,
    Inert,
    Many,
    Number,
    PolicyDocument,
    Shape,
    Table,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.kernel.errors import InvalidTemplate

_READ = "read from the stack, where it is wanted"

REST_API = Shape(
    fields={
        "Body": Document(),
        "Description": Inert(because=_READ, form=Text()),
        "DisableExecuteApiEndpoint": Inert(because=_READ, form=Flag()),
        "EndpointConfiguration": Inert(
            because=_READ,
            form=Shape(
                fields={
                    "Types": Many(of=Text(choices=("EDGE", "PRIVATE", "REGIONAL"))),
                    "VpcEndpointIds": Many(of=Text()),
                }
            ),
        ),
        "MinimumCompressionSize": Inert(because="no response travels"),
        "Name": Inert(because=_READ, form=Text()),
        "Parameters": Inert(because="SAM repeats the endpoint type here"),
        "Policy": Inert(because=_READ, form=PolicyDocument(of_resource=True)),
        "Tags": TAGS,
    },
    required=("Body",),
)

DEPLOYMENT = Shape(
    fields={
        "Description": Inert(because=_READ, form=Text()),
        "RestApiId": Inert(because=_READ, form=Text()),
        "StageName": Inert(because=_READ, form=Text()),
    },
    required=("RestApiId",),
)

_ASKED = "no request reaches a stage here"
STAGE = Shape(
    fields={
        "AccessLogSetting": Inert(
            because=_ASKED, form=Shape(fields={"DestinationArn": arn("logs", "firehose"), "Format": Text()})
        ),
        "DeploymentId": Inert(because=_READ, form=Text()),
        "Description": Inert(because=_READ, form=Text()),
        "MethodSettings": Inert(
            because=_ASKED,
            form=Many(
                of=Shape(
                    fields={
                        "HttpMethod": Text(),
                        "ResourcePath": Text(),
                        "ThrottlingBurstLimit": Whole(),
                        "ThrottlingRateLimit": Number(),
                    }
                )
            ),
        ),
        "RestApiId": Inert(because=_READ, form=Text()),
        "StageName": Text(pattern=r"[a-zA-Z0-9_-]{1,128}"),
        "Tags": TAGS,
        "TracingEnabled": Inert(because=_READ, form=Flag()),
        "Variables": Inert(because=_READ, form=Table(of=Text())),
    },
    required=("RestApiId", "StageName"),
)

_METHODS = frozenset(
    {"delete", "get", "head", "options", "patch", "post", "put", "x-amazon-apigateway-any-method"}
)


def create_rest_api(order: Order) -> Identity:
    """Name an API, once its routes read like routes."""
    body = order.properties["Body"]
    paths = body.get("paths")
    if not isinstance(paths, dict):
        raise order.refuse("Body.paths", "an API's definition has paths")
    for path, methods in paths.items():
        at = f"{order.logical_id}.Body.paths.{path}"
        if not path.startswith("/") or not isinstance(methods, dict):
            raise InvalidTemplate(at, "a path starts with a slash and holds methods")
        for method, definition in methods.items():
            _check_method(at, method, definition)
    name = order.site.suffix(order.logical_id, 10).lower()
    root = order.site.suffix(f"{order.logical_id}/", 10).lower()
    return Identity(ref=name, attributes={"RestApiId": name, "RootResourceId": root})


def _check_method(at: str, method: str, definition: object) -> None:
    if method not in _METHODS:
        raise InvalidTemplate(f"{at}.{method}", "no method of HTTP's")
    if not isinstance(definition, dict) or "x-amazon-apigateway-integration" not in definition:
        raise InvalidTemplate(f"{at}.{method}", "No integration defined for method")


def create_deployment(order: Order) -> Identity:
    """Name a deployment."""
    name = order.site.suffix(order.logical_id, 6).lower()
    return Identity(ref=name, attributes={"DeploymentId": name})


def create_stage(order: Order) -> Identity:
    """Name a stage."""
    return Identity(ref=order.properties["StageName"])


def delete_rest_api(removal: Removal) -> None:
    """Delete an API, which has nothing in moto."""
    removal.told("apigateway", "DeleteRestApi", {"restApiId": removal.ref})


def delete_deployment(removal: Removal) -> None:
    """Delete a deployment."""
    api = removal.properties["RestApiId"]
    removal.told("apigateway", "DeleteDeployment", {"restApiId": api, "deploymentId": removal.ref})


def delete_stage(removal: Removal) -> None:
    """Delete a stage."""
    api = removal.properties["RestApiId"]
    removal.told("apigateway", "DeleteStage", {"restApiId": api, "stageName": removal.ref})


KINDS: Mapping[str, Kind] = {
    "AWS::ApiGateway::Deployment": Kind(shape=DEPLOYMENT, create=create_deployment, delete=delete_deployment),
    "AWS::ApiGateway::RestApi": Kind(
        shape=REST_API, create=create_rest_api, delete=delete_rest_api, update=made_again(create_rest_api)
    ),
    "AWS::ApiGateway::Stage": Kind(
        shape=STAGE, create=create_stage, delete=delete_stage, update=made_again(create_stage)
    ),
}
