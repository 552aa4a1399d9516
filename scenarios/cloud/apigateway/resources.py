"""AWS::ApiGateway: REST APIs, as SAM makes them and as they are written by hand.

The resources stand in the stack with their properties, where a request reads them; their ids are digests of
their names.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGateway.html
"""

from collections.abc import Mapping

from scenarios.cloud.apigateway.access_logs import check_format
from scenarios.cloud.cloudformation.resources.kind import (
    Identity,
    Kind,
    Order,
    Removal,
    drawn,
    made_again,
    only_told,
)
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
        "ApiKeySourceType": Inert(because=_READ, form=Text(choices=("AUTHORIZER", "HEADER"))),
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
        "AccessLogSetting": Shape(fields={"DestinationArn": arn("logs", "firehose"), "Format": Text()}),
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
        "AuthorizationScopes": Inert(because=_READ, form=Many(of=Text())),
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

AUTHORIZER = Shape(
    fields={
        "AuthType": Inert(because="it is for humans to read", form=Text()),
        "AuthorizerCredentials": Inert(because=_READ, form=arn("iam")),
        "AuthorizerResultTtlInSeconds": Inert(because=_READ, form=Whole(high=3600)),
        "AuthorizerUri": Inert(because=_READ, form=Text()),
        "IdentitySource": Inert(because=_READ, form=Text()),
        "IdentityValidationExpression": Inert(because=_READ, form=Text()),
        "Name": Inert(because=_READ, form=Text()),
        "ProviderARNs": Inert(because=_READ, form=Many(of=arn("cognito-idp"))),
        "RestApiId": Inert(because=_READ, form=Text()),
        "Type": Text(choices=("COGNITO_USER_POOLS", "REQUEST", "TOKEN")),
    },
    required=("Name", "RestApiId", "Type"),
)
API_KEY = Shape(
    fields={
        "CustomerId": Inert(because=_READ, form=Text()),
        "Description": Inert(because=_READ, form=Text()),
        "Enabled": Inert(because=_READ, form=Flag()),
        "GenerateDistinctId": Inert(because="ids are made of names here", form=Flag()),
        "Name": Inert(because=_READ, form=Text()),
        "StageKeys": Inert(because="usage plans have taken their place"),
        "Tags": TAGS,
        "Value": Text(pattern=r"[\x21-\x7e]{20,128}"),
    }
)
_THROTTLE = Shape(fields={"BurstLimit": Whole(), "RateLimit": Number()})
USAGE_PLAN = Shape(
    fields={
        "ApiStages": Inert(
            because=_READ,
            form=Many(
                of=Shape(
                    fields={"ApiId": Text(), "Stage": Text(), "Throttle": Table(of=_THROTTLE)},
                    required=("ApiId", "Stage"),
                )
            ),
        ),
        "Description": Inert(because=_READ, form=Text()),
        "Quota": Inert(
            because=_READ,
            form=Shape(
                fields={
                    "Limit": Whole(),
                    "Offset": Whole(),
                    "Period": Text(choices=("DAY", "MONTH", "WEEK")),
                }
            ),
        ),
        "Tags": TAGS,
        "Throttle": Inert(because=_READ, form=_THROTTLE),
        "UsagePlanName": Inert(because=_READ, form=Text()),
    }
)
USAGE_PLAN_KEY = Shape(
    fields={
        "KeyId": Inert(because=_READ, form=Text()),
        "KeyType": Text(choices=("API_KEY",)),
        "UsagePlanId": Inert(because=_READ, form=Text()),
    },
    required=("KeyId", "KeyType", "UsagePlanId"),
)
ACCOUNT = Shape(fields={"CloudWatchRoleArn": Inert(because=_READ, form=arn("iam"))})

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


def create_stage(order: Order) -> Identity:
    """Name a stage."""
    if "AccessLogSetting" in order.properties:
        check_format(order, "AccessLogSetting", order.properties["AccessLogSetting"])
    return Identity(ref=order.properties["StageName"])


def create_method(order: Order) -> Identity:
    """Name a method; one without an integration can't be deployed."""
    order.pick("HttpMethod")
    return Identity(ref=order.generated_name(64))


def create_authorizer(order: Order) -> Identity:
    """Name an authorizer; one behind a user pool names the pool, any other its function."""
    kind = order.properties["Type"]
    name = order.site.suffix(order.logical_id, 6).lower()
    return Identity(ref=name, attributes={"AuthorizerId": name, "Type": kind})


def delete_account(_: Removal) -> None:
    """Nothing happens: the account keeps its role."""


_create_account = drawn("Id", 17)
_create_api_key = drawn("APIKeyId", 10, "Value")
_create_usage_plan = drawn("Id", 6)
_OF_API = {"restApiId": "RestApiId"}

KINDS: Mapping[str, Kind] = {
    "AWS::ApiGateway::Account": Kind(
        shape=ACCOUNT, create=_create_account, delete=delete_account, update=made_again(_create_account)
    ),
    "AWS::ApiGateway::ApiKey": Kind(
        shape=API_KEY,
        create=_create_api_key,
        delete=only_told("apigateway", "DeleteApiKey", "apiKey"),
        update=made_again(_create_api_key),
    ),
    "AWS::ApiGateway::Authorizer": Kind(
        shape=AUTHORIZER,
        create=create_authorizer,
        delete=only_told("apigateway", "DeleteAuthorizer", "authorizerId", **_OF_API),
        update=made_again(create_authorizer),
    ),
    "AWS::ApiGateway::Deployment": Kind(
        shape=DEPLOYMENT,
        create=drawn("DeploymentId", 6),
        delete=only_told("apigateway", "DeleteDeployment", "deploymentId", **_OF_API),
    ),
    "AWS::ApiGateway::Method": Kind(
        shape=METHOD,
        create=create_method,
        delete=only_told(
            "apigateway", "DeleteMethod", resourceId="ResourceId", httpMethod="HttpMethod", **_OF_API
        ),
        update=made_again(create_method),
    ),
    "AWS::ApiGateway::Resource": Kind(
        shape=RESOURCE,
        create=drawn("ResourceId", 6, "PathPart"),
        delete=only_told("apigateway", "DeleteResource", "resourceId", **_OF_API),
    ),
    "AWS::ApiGateway::RestApi": Kind(
        shape=REST_API,
        create=create_rest_api,
        delete=only_told("apigateway", "DeleteRestApi", "restApiId"),
        update=made_again(create_rest_api),
    ),
    "AWS::ApiGateway::Stage": Kind(
        shape=STAGE,
        create=create_stage,
        delete=only_told("apigateway", "DeleteStage", "stageName", **_OF_API),
        update=made_again(create_stage),
    ),
    "AWS::ApiGateway::UsagePlan": Kind(
        shape=USAGE_PLAN,
        create=_create_usage_plan,
        delete=only_told("apigateway", "DeleteUsagePlan", "usagePlanId"),
        update=made_again(_create_usage_plan),
    ),
    "AWS::ApiGateway::UsagePlanKey": Kind(
        shape=USAGE_PLAN_KEY,
        create=drawn("Id", 10, "KeyType"),
        delete=only_told("apigateway", "DeleteUsagePlanKey", usagePlanId="UsagePlanId", keyId="KeyId"),
    ),
}
