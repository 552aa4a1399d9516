"""The APIs that stacks declare, as resources or in a body of OpenAPI: routes, authorizers, stages.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.apigateway.apis import (
    ANY,
    DEFAULT,
    HTTP,
    IAM,
    NONE,
    REST,
    WEB_SOCKET,
    Api,
    Authorizer,
    Integration,
    Route,
    Stage,
)
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.kernel.texts import is_true, with_lowered_names

_ANY_METHOD: Final = "x-amazon-apigateway-any-method"
_INTEGRATION: Final = "x-amazon-apigateway-integration"
_FUNCTION = re.compile(r"functions/([^/]+)/invocations")
_METHODS: Final = frozenset({"delete", "get", "head", "options", "patch", "post", "put", _ANY_METHOD})


def apis_of(stacks: Iterable[Stack]) -> Iterator[Api]:
    """Every API of these stacks, in the order of their creation."""
    for stack in stacks:
        for resource in stack.of_type("AWS::ApiGateway::RestApi"):
            yield _rest(stack, resource)
        for resource in stack.of_type("AWS::ApiGatewayV2::Api"):
            if resource.properties.get("ProtocolType") != WEB_SOCKET:
                yield _http(stack, resource)


def sockets_of(stacks: Iterable[Stack]) -> Iterator[Api]:
    """Every WebSocket API of these stacks."""
    for stack in stacks:
        for resource in stack.of_type("AWS::ApiGatewayV2::Api"):
            if resource.properties.get("ProtocolType") == WEB_SOCKET:
                selection = str(resource.properties["RouteSelectionExpression"])
                yield replace(_http(stack, resource), kind=WEB_SOCKET, selection=selection)


def _rest(stack: Stack, api: Resource) -> Api:
    given = api.properties
    body = given.get("Body", {})
    named = str(given.get("Name") or body.get("info", {}).get("title") or api.physical_id)
    return Api(
        kind=REST,
        id=api.physical_id,
        name=named,
        region=stack.region,
        account=stack.account,
        routes=(*_routes_of_body(body), *_methods(stack, api)),
        stages={each.name: each for each in _rest_stages(stack, api)},
        policy=given.get("Policy") or body.get("x-amazon-apigateway-policy"),
        reachable=not is_true(given.get("DisableExecuteApiEndpoint")),
        binary=tuple(given.get("BinaryMediaTypes", body.get("x-amazon-apigateway-binary-media-types", ()))),
        key_source=str(
            given.get("ApiKeySourceType") or body.get("x-amazon-apigateway-api-key-source") or "HEADER"
        ),
    )


def _http(stack: Stack, api: Resource) -> Api:
    given = api.properties
    body = given.get("Body", {})
    cors = given.get("CorsConfiguration") or body.get("x-amazon-apigateway-cors")
    return Api(
        kind=HTTP,
        id=api.physical_id,
        name=str(given.get("Name") or body.get("info", {}).get("title") or api.physical_id),
        region=stack.region,
        account=stack.account,
        routes=(*_routes_of_body(body), *_routes(stack, api), *_quick(given)),
        stages={each.name: each for each in _http_stages(stack, api, quick="Target" in given)},
        cors=with_lowered_names(cors) if cors else None,
        reachable=not is_true(given.get("DisableExecuteApiEndpoint")),
    )


def _routes_of_body(body: Mapping[str, Any]) -> Iterator[Route]:
    """The routes of an OpenAPI definition, of either version."""
    schemes = body.get("securityDefinitions") or body.get("components", {}).get("securitySchemes", {})
    for path, methods in body.get("paths", {}).items():
        for method, definition in methods.items():
            if method not in _METHODS:
                continue
            security = definition.get("security", body.get("security", []))
            names = [name for each in security for name in each]
            kinds = {_authorization(schemes, name) for name in names}
            yield Route(
                method=ANY if method == _ANY_METHOD else method.upper(),
                path=path,
                integration=_declared(definition.get(_INTEGRATION, {})),
                authorization=next(iter(sorted(kinds - {"API key"})), NONE),
                needs_key="API key" in kinds,
                authorizer=next((one for name in names if (one := _of_scheme(schemes, name))), None),
                scopes=tuple(scope for each in security for scopes in each.values() for scope in scopes),
            )


def _of_scheme(schemes: Mapping[str, Any], name: str) -> Authorizer | None:
    """The authorizer of a security scheme; None where it is of a kind that isn't known, or none.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
    """
    scheme = schemes.get(name, {})
    given = scheme.get("x-amazon-apigateway-authorizer", {})
    kind, function = given.get("type"), _function_of(given.get("authorizerUri", ""))
    sources = given.get("identitySource", "")
    sources = [each.strip() for each in sources.split(",")] if isinstance(sources, str) else sources
    in_header = f"method.request.header.{scheme.get('name', 'Authorization')}"
    if kind == "jwt":
        configured = given.get("jwtConfiguration", {})
        return _jwt(name, configured.get("issuer", ""), configured.get("audience", ()), sources)
    if kind == "cognito_user_pools":
        pools = tuple(given.get("providerARNs", ()))
        return Authorizer(name=name, id=name, kind="pools", sources=(in_header,), pools=pools)
    if kind not in {"token", "request"} or not function:
        return None
    if kind == "token":
        sources = [in_header]
    http = "authorizerPayloadFormatVersion" in given
    return Authorizer(
        name=name,
        id=name,
        kind=kind,
        function=function,
        sources=tuple(each for each in sources if each),
        seconds=int(given.get("authorizerResultTtlInSeconds", 0 if http else 300)),
        payload=str(given.get("authorizerPayloadFormatVersion", "1.0")),
        simple=is_true(given.get("enableSimpleResponses")),
        valid=str(given.get("identityValidationExpression") or ""),
        credentials=str(given.get("authorizerCredentials") or ""),
    )


def _jwt(
    name: str, issuer: str, audience: Iterable[str], sources: Iterable[str], own_id: str = ""
) -> Authorizer:
    return Authorizer(
        name=name,
        id=own_id or name,
        kind="jwt",
        sources=tuple(each for each in sources if each) or ("$request.header.Authorization",),
        issuer=issuer,
        audience=tuple(audience),
    )


def _rest_authorizers(stack: Stack) -> Mapping[str, Authorizer]:
    """The authorizers of REST APIs that stand on their own, by id.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-authorizer.html
    """
    found = {}
    for each in stack.of_type("AWS::ApiGateway::Authorizer"):
        given = each.properties
        sources = str(given.get("IdentitySource", "")).split(",")
        kind = {"COGNITO_USER_POOLS": "pools"}.get(given["Type"], given["Type"].lower())
        found[each.physical_id] = Authorizer(
            name=str(given["Name"]),
            id=each.physical_id,
            kind=kind,
            function=_function_of(given.get("AuthorizerUri", "")),
            sources=tuple(source.strip() for source in sources if source.strip()),
            seconds=int(given.get("AuthorizerResultTtlInSeconds", 300)),
            valid=str(given.get("IdentityValidationExpression", "")),
            credentials=str(given.get("AuthorizerCredentials", "")),
            pools=tuple(given.get("ProviderARNs", ())),
        )
    return found


def _http_authorizers(stack: Stack) -> Mapping[str, Authorizer]:
    """The authorizers of HTTP and WebSocket APIs that stand on their own, by id.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-authorizer.html
    """
    found = {}
    for each in stack.of_type("AWS::ApiGatewayV2::Authorizer"):
        given = each.properties
        sources = given.get("IdentitySource", ())
        if given["AuthorizerType"] == "JWT":
            configured = given.get("JwtConfiguration", {})
            issuer, audience = configured.get("Issuer", ""), configured.get("Audience", ())
            found[each.physical_id] = _jwt(str(given["Name"]), issuer, audience, sources, each.physical_id)
            continue
        found[each.physical_id] = Authorizer(
            name=str(given["Name"]),
            id=each.physical_id,
            kind="request",
            function=_function_of(given.get("AuthorizerUri", "")),
            sources=tuple(sources),
            seconds=int(given.get("AuthorizerResultTtlInSeconds", 0)),
            payload=str(given.get("AuthorizerPayloadFormatVersion", "1.0")),
            simple=is_true(given.get("EnableSimpleResponses")),
            credentials=str(given.get("AuthorizerCredentialsArn", "")),
        )
    return found


def _authorization(schemes: Mapping[str, Any], name: str) -> str:
    scheme = schemes.get(name, {})
    if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4" or name == "sigv4":
        return IAM
    if name == "NONE":
        return NONE
    if scheme.get("name", "").lower() == "x-api-key":
        return "API key"
    return f"the authorizer {name}"


def _declared(given: Mapping[str, Any]) -> Integration:
    return Integration(
        kind=str(given.get("type", "")).lower(),
        function=_function_of(given.get("uri", "")),
        payload=str(given.get("payloadFormatVersion", "1.0")),
        seconds=float(given.get("timeoutInMillis", 29_000)) / 1000,
        credentials=str(given.get("credentials", "")),
        answers=given.get("responses", {}),
    )


def _function_of(uri: Any) -> str:
    found = _FUNCTION.search(str(uri))
    return found[1] if found else str(uri) if ":function:" in str(uri) else ""


def _methods(stack: Stack, api: Resource) -> Iterator[Route]:
    """The methods of a REST API that stand on their own."""
    paths, authorizers = _paths(stack, api), _rest_authorizers(stack)
    for each in stack.of_type("AWS::ApiGateway::Method"):
        given = each.properties
        if given["RestApiId"] != api.physical_id:
            continue
        integration = given.get("Integration", {})
        kind = given.get("AuthorizationType", NONE)
        yield Route(
            method=given["HttpMethod"],
            path=paths[given["ResourceId"]],
            integration=Integration(
                kind=str(integration.get("Type", "")).lower(),
                function=_function_of(integration.get("Uri", "")),
                seconds=float(integration.get("TimeoutInMillis", 29_000)) / 1000,
                credentials=str(integration.get("Credentials", "")),
                answers=_mocked(integration.get("IntegrationResponses", ())),
            ),
            authorization=kind if kind in {IAM, NONE} else f"an authorizer ({kind})",
            needs_key=is_true(given.get("ApiKeyRequired")),
            authorizer=authorizers.get(str(given.get("AuthorizerId"))) if kind not in {IAM, NONE} else None,
            scopes=tuple(given.get("AuthorizationScopes", ())),
        )


def _mocked(answers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The first answer of a mock, as an OpenAPI definition would have it."""
    given = answers[0] if answers else {}
    default = {
        "statusCode": given.get("StatusCode"),
        "responseParameters": given.get("ResponseParameters", {}),
        "responseTemplates": given.get("ResponseTemplates", {}),
    }
    return {"default": default}


def _paths(stack: Stack, api: Resource) -> Mapping[str, str]:
    """The path of each resource of an API, by its id."""
    paths = {api.attributes["RootResourceId"]: ""}
    for each in stack.of_type("AWS::ApiGateway::Resource"):  # a parent is made before its children
        given = each.properties
        if given["RestApiId"] == api.physical_id:
            paths[each.physical_id] = f"{paths[given['ParentId']]}/{given['PathPart']}"
    return {name: path or "/" for name, path in paths.items()}


def _rest_stages(stack: Stack, api: Resource) -> Iterator[Stage]:
    for each in stack.of_type("AWS::ApiGateway::Deployment"):
        if each.properties.get("RestApiId") == api.physical_id and each.properties.get("StageName"):
            yield Stage(name=each.properties["StageName"])
    deployed = {
        each.physical_id
        for each in stack.of_type("AWS::ApiGateway::Deployment")
        if each.properties.get("RestApiId") == api.physical_id
    }
    for each in stack.of_type("AWS::ApiGateway::Stage"):
        given = each.properties
        # A stage of another API's deployment could not be made.
        if given.get("RestApiId") == api.physical_id and given.get("DeploymentId") in deployed:
            yield Stage(
                name=given["StageName"],
                variables=given.get("Variables", {}),
                limits=dict(_limits(given.get("MethodSettings", ()))),
                logs=given.get("AccessLogSetting"),
            )


def _limits(settings: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[float, int]]]:
    for each in settings:
        if "ThrottlingRateLimit" in each or "ThrottlingBurstLimit" in each:
            everything = each.get("HttpMethod") == "*" and each.get("ResourcePath") == "/*"
            path = str(each.get("ResourcePath", "")).replace("~1", "/")
            yield "" if everything else f"{each.get('HttpMethod')} {path}", _limit(each)


def _limit(given: Mapping[str, Any]) -> tuple[float, int]:
    return float(given.get("ThrottlingRateLimit", 10_000)), int(given.get("ThrottlingBurstLimit", 5_000))


def _routes(stack: Stack, api: Resource) -> Iterator[Route]:
    """The routes of an HTTP API that stand on their own."""
    behind = {each.physical_id: each.properties for each in stack.of_type("AWS::ApiGatewayV2::Integration")}
    authorizers = _http_authorizers(stack)
    for each in stack.of_type("AWS::ApiGatewayV2::Route"):
        given = each.properties
        if given["ApiId"] != api.physical_id:
            continue
        kind = given.get("AuthorizationType", NONE)
        integration = behind.get(str(given.get("Target", "")).rpartition("/")[2], {})
        route = _keyed(
            given["RouteKey"],
            Integration(
                kind=str(integration.get("IntegrationType", "")).lower(),
                function=_function_of(integration.get("IntegrationUri", "")),
                payload=str(integration.get("PayloadFormatVersion", "1.0")),
                seconds=float(integration.get("TimeoutInMillis", 30_000)) / 1000,
                credentials=str(integration.get("CredentialsArn", "")),
            ),
            kind if kind in {IAM, NONE} else f"an authorizer ({kind})",
            authorizers.get(str(given.get("AuthorizerId"))) if kind not in {IAM, NONE} else None,
            tuple(given.get("AuthorizationScopes", ())),
        )
        yield replace(route, responds="RouteResponseSelectionExpression" in given)


def _quick(given: Mapping[str, Any]) -> Iterator[Route]:
    """The route that a quick create makes: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html."""
    if "Target" in given:
        integration = Integration(
            kind="aws_proxy",
            function=_function_of(given["Target"]),
            payload="2.0",
            seconds=30,
            credentials=str(given.get("CredentialsArn", "")),
        )
        yield _keyed(given.get("RouteKey", DEFAULT), integration, NONE)


def _keyed(
    key: str,
    integration: Integration,
    authorization: str,
    authorizer: Authorizer | None = None,
    scopes: tuple[str, ...] = (),
) -> Route:
    method, _, path = key.partition(" ")
    return Route(
        method=method if path else ANY,
        path=path or key,
        integration=integration,
        authorization=authorization,
        authorizer=authorizer,
        scopes=scopes,
    )


def _http_stages(stack: Stack, api: Resource, *, quick: bool) -> Iterator[Stage]:
    if quick:
        yield Stage(name=DEFAULT)
    for each in stack.of_type("AWS::ApiGatewayV2::Stage"):
        given = each.properties
        if given["ApiId"] == api.physical_id:
            routes = given.get("RouteSettings", {})
            named = {"": given.get("DefaultRouteSettings", {}), **routes}
            yield Stage(
                name=given["StageName"],
                variables=given.get("StageVariables", {}),
                limits={key: _limit(one) for key, one in named.items() if "ThrottlingRateLimit" in one},
                logs=given.get("AccessLogSettings"),
            )
