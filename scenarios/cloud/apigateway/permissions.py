"""IAM's rows for API Gateway: its actions are HTTP's verbs, and its resources the paths of its own API.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
"""

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import REST_JSON, Permissions

_LINES = """
DeleteRestApi                   apigateway:DELETE         api(restApiId)
DeleteStage                     apigateway:DELETE         stage(restApiId,stageName)
DeleteDeployment                apigateway:DELETE         deployment(restApiId,deploymentId)
DeleteResource                  apigateway:DELETE         resource(restApiId,resourceId)
DeleteMethod                    apigateway:DELETE         method(restApiId,resourceId,httpMethod)
"""

_API = "arn:aws:apigateway:{region}::/restapis/{0}"
PERMISSIONS = Permissions(
    prefix="apigateway",
    denial=REST_JSON,
    lines=_LINES,
    kinds={
        "api": named(_API),
        "stage": named(f"{_API}/stages/{{1}}"),
        "resource": named(f"{_API}/resources/{{1}}"),
        "method": named(f"{_API}/resources/{{1}}/methods/{{2}}"),
        "deployment": named(f"{_API}/deployments/{{1}}"),
    },
)
