"""AWS::ApiGateway: REST APIs, as SAM makes them and as they are written by hand.

The resources stand in the stack with their properties, where a request reads them; their ids are digests of
their names.

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
    Refused,
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
        "ApiKeySourceType": Inert(because="no request brings an API key", form=Text()),
        "BinaryMediaTypes": Inert(because=_READ, form=Many(of=Text())),
        "Body": Document(),
        "BodyS3Location": Refused(because="a definition in S3"),
        "CloneFrom": Refused(because="a copy of an API"),
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
        "FailOnWarnings": Inert(because="there are no warnings"),
        "MinimumCompressionSize": Inert(because="no response travels"),
        "Name": Inert(because=_READ, form=Text()),
        "Parameters": Inert(because="SAM repeats the endpoint type here"),
        "Policy": Inert(because=_READ, form=PolicyDocument(of_resource=True)),
        "Tags": TAGS,
    },
)

DEPLOYMENT = Shape(
    fields={
        "Description": Inert(because=_READ, form=Text()),
        "RestApiId": Inert(because=_READ, form=Text()),
        "StageName": Inert(because=_READ, form=Text()),
    },
    required=("RestApiId",),
)

_SETTING = Shape(
    fields={
        "CacheDataEncrypted": Inert(because="there is no cache"),
        "CacheTtlInSeconds": Inert(because="there is no cache"),
        "CachingEnabled": Inert(because="there is no cache", form=Flag()),
        "DataTraceEnabled": Inert(because="there are no execution logs", form=Flag()),
        "HttpMethod": Text(),
        "LoggingLevel": Inert(because="there are no execution logs", form=Text()),
        "MetricsEnabled": Inert(because="metrics by method are not kept", form=Flag()),
        "ResourcePath": Text(),
        "ThrottlingBurstLimit": Whole(),
        "ThrottlingRateLimit": Number(),
    }
)
STAGE = Shape(
    fields={
        "AccessLogSetting": Inert(
            because=_READ, form=Shape(fields={"DestinationArn": arn("logs", "firehose"), "Format": Text()})
        ),
        "DeploymentId": Inert(because=_READ, form=Text()),
        "Description": Inert(because=_READ, form=Text()),
        "MethodSettings": Inert(because=_READ, form=Many(of=_SETTING)),
        "RestApiId": Inert(because=_READ, form=Text()),
        "StageName": Text(pattern=r"[a-zA-Z0-9_-]{1,128}"),
        "Tags": TAGS,
        "TracingEnabled": Inert(because=_READ, form=Flag()),
        "Variables": Inert(because=_READ, form=Table(of=Text())),
    },
    required=("RestApiId", "StageName"),
)

RESOURCE = Shape(
    fields={
        "ParentId": Inert(because=_READ, form=Text()),
        "PathPart": Text(pattern=r"[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\}"),
        "RestApiId": Inert(because=_READ, form=Text()),
    },
    required=("ParentId", "PathPart", "RestApiId"),
)

_INTEGRATION = Shape(
    fields={
        "CacheKeyParameters": Inert(because="there is no cache"),
        "CacheNamespace": Inert(because="there is no cache"),
        "ConnectionId": Text(),
        "ConnectionType": Text(),
        "ContentHandling": Text(),
        "Credentials": Text(),
        "IntegrationHttpMethod": Text(),
        "IntegrationResponses": Many(
            of=Shape(
                fields={
                    "ContentHandling": Text(),
                    "ResponseParameters": Document(),
                    "ResponseTemplates": Document(),
                    "SelectionPattern": Text(),
                    "StatusCode": Text(),
                },
                required=("StatusCode",),
            )
        ),
        "PassthroughBehavior": Text(),
        "RequestParameters": Document(),
        "RequestTemplates": Document(),
        "TimeoutInMillis": Whole(low=50),
        "Type": Text(choices=("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")),
        "Uri": Text(),
    },
    required=("Type",),
)
METHOD = Shape(
    fields={
        "ApiKeyRequired": Inert(because=_READ, form=Flag()),
        "AuthorizationScopes": Inert(because="an authorizer would ask for it"),
        "AuthorizationType": Inert(
            because=_READ, form=Text(choices=("AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM", "NONE"))
        ),
        "AuthorizerId": Inert(because=_READ, form=Text()),
        "HttpMethod": Text(choices=("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")),
        "Integration": Inert(because=_READ, form=_INTEGRATION),
        "MethodResponses": Inert(because="a proxy's answer is not looked at"),
        "OperationName": Inert(because=_READ, form=Text()),
        "RequestModels": Inert(because="no model is asked"),
        "RequestParameters": Inert(because="no request is validated"),
        "RequestValidatorId": Refused(because="requests that are validated"),
        "ResourceId": Inert(because=_READ, form=Text()),
        "RestApiId": Inert(because=_READ, form=Text()),
    },
    required=("HttpMethod", "ResourceId", "RestApiId"),
)

_METHODS = frozenset(
    {"delete", "get", "head", "options", "patch", "post", "put", "x-amazon-apigateway-any-method"}
)


def create_rest_api(order: Order) -> Identity:
    """Name an API, once its routes read like routes."""
    body = order.properties.get("Body")
    if body is None:
        return _rest_api(order)
    paths = body.get("paths")
    if not isinstance(paths, dict):
        raise order.refuse("Body.paths", "an API's definition has paths")
    for path, methods in paths.items():
        at = f"{order.logical_id}.Body.paths.{path}"
        if not path.startswith("/") or not isinstance(methods, dict):
            raise InvalidTemplate(at, "a path starts with a slash and holds methods")
        for method, definition in methods.items():
            _check_method(at, method, definition)
            _check_uri(f"{at}.{method}", definition["x-amazon-apigateway-integration"], order)
    return _rest_api(order)


def _rest_api(order: Order) -> Identity:
    name = order.site.suffix(order.logical_id, 10).lower()
    root = order.site.suffix(f"{order.logical_id}/", 10).lower()
    return Identity(ref=name, attributes={"RestApiId": name, "RootResourceId": root})


def _check_method(at: str, method: str, definition: object) -> None:
    if method not in _METHODS:
        raise InvalidTemplate(f"{at}.{method}", "no method of HTTP's")
    if not isinstance(definition, dict) or "x-amazon-apigateway-integration" not in definition:
        raise InvalidTemplate(f"{at}.{method}", "No integration defined for method")


def _check_uri(at: str, integration: object, order: Order) -> None:
    """The address of a function is API Gateway's own, in the API's region.

    https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html#apigw-Type-Integration-uri
    """
    if not isinstance(integration, dict) or integration.get("type") != "aws_proxy":
        return
    start = f"arn:{order.site.partition}:apigateway:{order.site.region}:lambda:path/"
    if not str(integration.get("uri", "")).startswith(start):
        raise InvalidTemplate(
            at, "Errors found during import: Unable to put integration: Invalid ARN specified in the request"
        )


def create_deployment(order: Order) -> Identity:
    """Name a deployment."""
    name = order.site.suffix(order.logical_id, 6).lower()
    return Identity(ref=name, attributes={"DeploymentId": name})


def create_stage(order: Order) -> Identity:
    """Name a stage."""
    return Identity(ref=order.properties["StageName"])


def create_resource(order: Order) -> Identity:
    """Name a part of a path."""
    order.pick("PathPart")
    name = order.site.suffix(order.logical_id, 6).lower()
    return Identity(ref=name, attributes={"ResourceId": name})


def create_method(order: Order) -> Identity:
    """Name a method; one without an integration can't be deployed."""
    order.pick("HttpMethod")
    return Identity(ref=order.generated_name(64))


def delete_resource(removal: Removal) -> None:
    """Delete a part of a path."""
    api = removal.properties["RestApiId"]
    removal.told("apigateway", "DeleteResource", {"restApiId": api, "resourceId": removal.ref})


def delete_method(removal: Removal) -> None:
    """Delete a method."""
    given = removal.properties
    named = {"restApiId": given["RestApiId"], "resourceId": given["ResourceId"]}
    removal.told("apigateway", "DeleteMethod", {**named, "httpMethod": given["HttpMethod"]})


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
    "AWS::ApiGateway::Method": Kind(
        shape=METHOD, create=create_method, delete=delete_method, update=made_again(create_method)
    ),
    "AWS::ApiGateway::Resource": Kind(shape=RESOURCE, create=create_resource, delete=delete_resource),
    "AWS::ApiGateway::RestApi": Kind(
        shape=REST_API, create=create_rest_api, delete=delete_rest_api, update=made_again(create_rest_api)
    ),
    "AWS::ApiGateway::Stage": Kind(
        shape=STAGE, create=create_stage, delete=delete_stage, update=made_again(create_stage)
    ),
}
