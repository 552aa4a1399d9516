"""IAM's rows for API Gateway: its actions are HTTP's verbs, and its resources the paths of its own API.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
"""

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import REST_JSON, Kind, Permissions, Place

_LINES = """
DeleteRestApi                   apigateway:DELETE         api(restApiId)
DeleteStage                     apigateway:DELETE         stage(restApiId,stageName)
DeleteDeployment                apigateway:DELETE         deployment(restApiId,deploymentId)
DeleteResource                  apigateway:DELETE         resource(restApiId,resourceId)
DeleteMethod                    apigateway:DELETE         method(restApiId,resourceId,httpMethod)
DeleteAuthorizer                apigateway:DELETE         authorizer(restApiId,authorizerId)
DeleteApiKey                    apigateway:DELETE         api_key(apiKey)
DeleteUsagePlan                 apigateway:DELETE         usage_plan(usagePlanId)
DeleteUsagePlanKey              apigateway:DELETE         usage_plan_key(usagePlanId,keyId)
CreateApiKey                    apigateway:POST           api_keys(name=)
UpdateApiKey                    apigateway:PATCH          api_key(apiKey)
GetApiKey                       apigateway:GET            api_key(apiKey)
GetApiKeys                      apigateway:GET            api_keys(nameQuery=)
CreateUsagePlanKey              apigateway:POST           usage_plan_keys(usagePlanId)
GetUsagePlanKeys                apigateway:GET            usage_plan_keys(usagePlanId)
GetUsagePlan                    apigateway:GET            usage_plan(usagePlanId)
GetUsagePlans                   apigateway:GET            usage_plans(keyId=)
GetUsage                        apigateway:GET            usage(usagePlanId)
"""

_API = "arn:aws:apigateway:{region}::/restapis/{0}"


def _collection(name: str) -> Kind:
    """All things of a name, whatever the parameter says."""

    def kind(place: Place, _: str) -> str:
        return f"arn:aws:apigateway:{place.region}::/{name}"

    return kind


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
        "authorizer": named(f"{_API}/authorizers/{{1}}"),
        "api_key": named("arn:aws:apigateway:{region}::/apikeys/{0}"),
        "api_keys": _collection("apikeys"),
        "usage_plan": named("arn:aws:apigateway:{region}::/usageplans/{0}"),
        "usage_plans": _collection("usageplans"),
        "usage_plan_key": named("arn:aws:apigateway:{region}::/usageplans/{0}/keys/{1}"),
        "usage_plan_keys": named("arn:aws:apigateway:{region}::/usageplans/{0}/keys"),
        "usage": named("arn:aws:apigateway:{region}::/usageplans/{0}/usage"),
    },
)
