"""IAM's rows for HTTP APIs: its actions are HTTP's verbs, and its resources the paths of its own API.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
"""

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import REST_JSON, Permissions

_LINES = """
DeleteApi                       apigateway:DELETE         httpapi(ApiId)
DeleteStage                     apigateway:DELETE         httpstage(ApiId,StageName)
DeleteDeployment                apigateway:DELETE         httpdeployment(ApiId,DeploymentId)
DeleteAuthorizer                apigateway:DELETE         httpauthorizer(ApiId,AuthorizerId)
DeleteIntegration               apigateway:DELETE         httpintegration(ApiId,IntegrationId)
DeleteRouteResponse             apigateway:DELETE         httpresponse(ApiId,RouteId,RouteResponseId)
DeleteRoute                     apigateway:DELETE         httproute(ApiId,RouteId)
"""

_API = "arn:aws:apigateway:{region}::/apis/{0}"
# Both APIs of API Gateway have one prefix, so no kind of theirs has the name of another.
PERMISSIONS = Permissions(
    prefix="apigateway",
    denial=REST_JSON,
    lines=_LINES,
    kinds={
        "httpapi": named(_API),
        "httpstage": named(f"{_API}/stages/{{1}}"),
        "httpdeployment": named(f"{_API}/deployments/{{1}}"),
        "httpauthorizer": named(f"{_API}/authorizers/{{1}}"),
        "httpintegration": named(f"{_API}/integrations/{{1}}"),
        "httproute": named(f"{_API}/routes/{{1}}"),
        "httpresponse": named(f"{_API}/routes/{{1}}/routeresponses/{{2}}"),
    },
)
