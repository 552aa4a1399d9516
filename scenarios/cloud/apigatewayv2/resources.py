"""AWS::ApiGatewayV2: HTTP and WebSocket APIs, as SAM makes them and as they are written by hand.

The resources stand in the stack with their properties, where a request reads them; their ids are digests of
their names. The id of a WebSocket API begins with a letter that no digest has: what belongs to one is known
by it.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
"""

from collections.abc import Mapping

from scenarios.cloud.apigateway.access_logs import deliver_logs
from scenarios.cloud.cloudformation.resources.kind import (
    Identity,
    Kind,
    Order,
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
    Refused,
    Shape,
    Table,
    Text,
    Whole,
    arn,
)

_READ = "read from the stack, where a request asks for it"
_SOCKET = "w"
_CORS = Shape(
    fields={
        "AllowCredentials": Flag(),
        "AllowHeaders": Many(of=Text()),
        "AllowMethods": Many(of=Text()),
        "AllowOrigins": Many(of=Text()),
        "ExposeHeaders": Many(of=Text()),
        "MaxAge": Whole(low=-1, high=86_400),
    }
)
API = Shape(
    fields={
        "ApiKeySelectionExpression": Refused(because="WebSocket APIs"),
        "Body": Inert(because=_READ, form=Document()),
        "BodyS3Location": Refused(because="a definition in S3"),
        "CorsConfiguration": Inert(because=_READ, form=_CORS),
        "CredentialsArn": Inert(because=_READ, form=arn("iam")),
        "Description": Inert(because=_READ, form=Text()),
        "DisableExecuteApiEndpoint": Inert(because=_READ, form=Flag()),
        "FailOnWarnings": Inert(because="there are no warnings"),
        "IpAddressType": Inert(because="no request travels"),
        "Name": Text(longest=128),
        "ProtocolType": Text(choices=("HTTP", "WEBSOCKET")),
        "RouteKey": Inert(because=_READ, form=Text()),
        "RouteSelectionExpression": Text(),
        "Tags": TAGS,
        "Target": Inert(because=_READ, form=Text()),
        "Version": Inert(because=_READ, form=Text()),
    }
)

_SETTINGS = Shape(
    fields={
        "DataTraceEnabled": Flag(),
        "DetailedMetricsEnabled": Flag(),
        "LoggingLevel": Text(choices=("ERROR", "INFO", "OFF")),
        "ThrottlingBurstLimit": Whole(),
        "ThrottlingRateLimit": Number(),
    }
)
STAGE = Shape(
    fields={
        "AccessLogSettings": Shape(fields={"DestinationArn": arn("logs", "firehose"), "Format": Text()}),
        "ApiId": Inert(because=_READ, form=Text()),
        "AutoDeploy": Inert(because="what stands in the template is what is asked", form=Flag()),
        "DefaultRouteSettings": Inert(because=_READ, form=_SETTINGS),
        "DeploymentId": Inert(because="what stands in the template is what is asked", form=Text()),
        "Description": Inert(because=_READ, form=Text()),
        "RouteSettings": Inert(because=_READ, form=Table(of=_SETTINGS)),
        "StageName": Text(pattern=r"\$default|[a-zA-Z0-9_-]{1,128}"),
        "StageVariables": Inert(because=_READ, form=Table(of=Text())),
        "Tags": TAGS,
    },
    required=("ApiId", "StageName"),
)

INTEGRATION = Shape(
    fields={
        "ApiId": Text(),
        "ConnectionType": Inert(because=_READ, form=Text(choices=("INTERNET", "VPC_LINK"))),
        "CredentialsArn": Inert(because=_READ, form=Text()),
        "Description": Inert(because=_READ, form=Text()),
        "IntegrationMethod": Inert(because="a function is always invoked", form=Text()),
        "IntegrationType": Text(choices=("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK")),
        "IntegrationUri": Inert(because=_READ, form=Text()),
        "PayloadFormatVersion": Text(choices=("1.0", "2.0")),
        "RequestParameters": Refused(because="requests that are changed on their way"),
        "ResponseParameters": Refused(because="answers that are changed on their way"),
        "TimeoutInMillis": Inert(because=_READ, form=Whole(low=50, high=30_000)),
    },
    required=("ApiId", "IntegrationType"),
)

ROUTE = Shape(
    fields={
        "ApiId": Inert(because=_READ, form=Text()),
        "ApiKeyRequired": Refused(because="WebSocket APIs"),
        "AuthorizationScopes": Inert(because=_READ, form=Many(of=Text())),
        "AuthorizationType": Inert(because=_READ, form=Text(choices=("AWS_IAM", "CUSTOM", "JWT", "NONE"))),
        "AuthorizerId": Inert(because=_READ, form=Text()),
        "OperationName": Inert(because=_READ, form=Text()),
        "RouteKey": Text(
            pattern=(
                r"\$(default|connect|disconnect)|(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /\S*|[^$\s]\S*"
            )
        ),
        "RouteResponseSelectionExpression": Inert(because=_READ, form=Text(choices=("$default",))),
        "Target": Inert(because=_READ, form=Text(pattern=r"integrations/\w+")),
    },
    required=("ApiId", "RouteKey"),
)

DEPLOYMENT = Shape(
    fields={
        "ApiId": Inert(because=_READ, form=Text()),
        "Description": Inert(because=_READ, form=Text()),
        "StageName": Inert(because=_READ, form=Text()),
    },
    required=("ApiId",),
)
ROUTE_RESPONSE = Shape(
    fields={
        "ApiId": Inert(because=_READ, form=Text()),
        "ModelSelectionExpression": Refused(because="models"),
        "ResponseModels": Refused(because="models"),
        "ResponseParameters": Refused(because="answers that are changed on their way"),
        "RouteId": Inert(because=_READ, form=Text()),
        "RouteResponseKey": Text(choices=("$default",)),
    },
    required=("ApiId", "RouteId", "RouteResponseKey"),
)
AUTHORIZER = Shape(
    fields={
        name: Inert(because=_READ)
        for name in (
            *("ApiId", "AuthorizerCredentialsArn", "AuthorizerPayloadFormatVersion", "AuthorizerType"),
            *("AuthorizerResultTtlInSeconds", "AuthorizerUri", "EnableSimpleResponses", "IdentitySource"),
            *("IdentityValidationExpression", "JwtConfiguration", "Name"),
        )
    },
    required=("ApiId", "AuthorizerType", "Name"),
)


def create_api(order: Order) -> Identity:
    """Name an API; one with a definition has its name from there."""
    socket = order.properties.get("ProtocolType") == "WEBSOCKET"
    name = _SOCKET + _id(order)[1:] if socket else _id(order)
    if socket and "RouteSelectionExpression" not in order.properties:
        raise order.refuse("RouteSelectionExpression", "required for a WebSocket API")
    order.pick("Name", "ProtocolType", "RouteSelectionExpression")
    endpoint = f"{'wss' if socket else 'https'}://{name}.execute-api.{order.site.region}.amazonaws.com"
    return Identity(ref=name, attributes={"ApiEndpoint": endpoint, "ApiId": name})


def create_stage(order: Order) -> Identity:
    """Name a stage; one with access logs lets AWS's log delivery write to their group."""
    if "AccessLogSettings" in order.properties:
        deliver_logs(order, order.properties["AccessLogSettings"])
    return Identity(ref=order.properties["StageName"])


def create_integration(order: Order) -> Identity:
    """Name an integration; one with a function says which format its events have."""
    given = order.pick("IntegrationType", "PayloadFormatVersion")
    http = not str(order.properties["ApiId"]).startswith(_SOCKET)
    if http and given["IntegrationType"] == "AWS_PROXY" and "PayloadFormatVersion" not in given:
        raise order.refuse("PayloadFormatVersion", "required for an AWS_PROXY integration")
    return Identity(ref=_id(order), attributes={"IntegrationId": _id(order)})


def _id(order: Order) -> str:
    return order.site.suffix(order.logical_id, 10).lower()


_create_route = drawn("RouteId", 10, "RouteKey")

KINDS: Mapping[str, Kind] = {
    "AWS::ApiGatewayV2::Api": Kind(
        shape=API,
        create=create_api,
        delete=only_told("apigatewayv2", "DeleteApi", "ApiId"),
        update=made_again(create_api),
    ),
    "AWS::ApiGatewayV2::Authorizer": Kind(
        shape=AUTHORIZER,
        create=drawn("AuthorizerId", 10),
        delete=only_told("apigatewayv2", "DeleteAuthorizer", "AuthorizerId", ApiId="ApiId"),
    ),
    "AWS::ApiGatewayV2::Deployment": Kind(
        shape=DEPLOYMENT,
        create=drawn("DeploymentId", 10),
        delete=only_told("apigatewayv2", "DeleteDeployment", "DeploymentId", ApiId="ApiId"),
    ),
    "AWS::ApiGatewayV2::Integration": Kind(
        shape=INTEGRATION,
        create=create_integration,
        delete=only_told("apigatewayv2", "DeleteIntegration", "IntegrationId", ApiId="ApiId"),
        update=made_again(create_integration),
    ),
    "AWS::ApiGatewayV2::Route": Kind(
        shape=ROUTE,
        create=_create_route,
        delete=only_told("apigatewayv2", "DeleteRoute", "RouteId", ApiId="ApiId"),
        update=made_again(_create_route),
    ),
    "AWS::ApiGatewayV2::RouteResponse": Kind(
        shape=ROUTE_RESPONSE,
        create=drawn("RouteResponseId", 10, "RouteResponseKey"),
        delete=only_told(
            "apigatewayv2", "DeleteRouteResponse", "RouteResponseId", ApiId="ApiId", RouteId="RouteId"
        ),
    ),
    "AWS::ApiGatewayV2::Stage": Kind(
        shape=STAGE,
        create=create_stage,
        delete=only_told("apigatewayv2", "DeleteStage", "StageName", ApiId="ApiId"),
        update=made_again(create_stage),
    ),
}
