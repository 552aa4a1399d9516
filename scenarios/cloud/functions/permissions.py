"""IAM's rows for Lambda: functions, layers and event source mappings."""

import re

from scenarios.cloud.authorization.rows import (
    REST_JSON,
    Arn,
    Asking,
    ContextKey,
    Document,
    KeyValue,
    Permissions,
    Place,
)
from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.kernel.errors import NotSimulated

_LINES = """
ListFunctions                   =                         *
ListEventSourceMappings         =                         *
ListLayers                      =                         *
GetAccountSettings              =                         *
CreateFunction                  =                         function(FunctionName)
CreateFunction                  iam:PassRole              role(Role)
Invoke -Qualifier               lambda:InvokeFunction     function(FunctionName)
Invoke +Qualifier               lambda:InvokeFunction     function(FunctionName,Qualifier)
InvokeAsync                     lambda:InvokeFunction     function(FunctionName)
GetFunction                     =                         function(FunctionName,Qualifier=)
GetFunctionConfiguration        =                         function(FunctionName,Qualifier=)
UpdateFunctionCode              =                         function(FunctionName)
UpdateFunctionConfiguration     =                         function(FunctionName)
UpdateFunctionConfiguration +Role iam:PassRole            role(Role)
DeleteFunction                  =                         function(FunctionName,Qualifier=)
PublishVersion                  =                         function(FunctionName)
ListVersionsByFunction          =                         function(FunctionName)
CreateAlias                     =                         function(FunctionName)
UpdateAlias                     =                         function(FunctionName)
DeleteAlias                     =                         function(FunctionName)
GetAlias                        =                         function(FunctionName)
ListAliases                     =                         function(FunctionName)
AddPermission                   =                         function(FunctionName,Qualifier=)
RemovePermission                =                         function(FunctionName,Qualifier=)
GetPolicy                       =                         function(FunctionName,Qualifier=)
PutResourcePolicy               =                         given(ResourceArn)
GetResourcePolicy               =                         given(ResourceArn)
DeleteResourcePolicy            =                         given(ResourceArn)
PutFunctionConcurrency          =                         function(FunctionName)
GetFunctionConcurrency          =                         function(FunctionName)
DeleteFunctionConcurrency       =                         function(FunctionName)
PutFunctionEventInvokeConfig    =                         function(FunctionName,Qualifier=)
GetFunctionEventInvokeConfig    =                         function(FunctionName,Qualifier=)
DeleteFunctionEventInvokeConfig =                         function(FunctionName,Qualifier=)
CreateFunctionUrlConfig         =                         function(FunctionName,Qualifier=)
GetFunctionUrlConfig            =                         function(FunctionName,Qualifier=)
DeleteFunctionUrlConfig         =                         function(FunctionName,Qualifier=)
UpdateFunctionUrlConfig         =                         function(FunctionName,Qualifier=)
ListFunctionUrlConfigs          =                         function(FunctionName)
CreateEventSourceMapping        =                         *
GetEventSourceMapping           =                         eventSourceMapping(UUID)
UpdateEventSourceMapping        =                         eventSourceMapping(UUID)
DeleteEventSourceMapping        =                         eventSourceMapping(UUID)
PublishLayerVersion             =                         layer(LayerName)
ListLayerVersions               =                         *
TagResource                     =                         given(Resource)
UntagResource                   =                         given(Resource)
ListTags                        =                         given(Resource)
"""


def _function(place: Place, function: str, qualifier: str = "") -> str:
    """A function by name, `ACCOUNT:function:NAME` or ARN, each perhaps with a `:QUALIFIER` of its own."""
    found = re.fullmatch(
        r"(?:(?P<start>arn:aws:lambda:[\w-]+:\d+):function:|(?P<account>\d{12}):function:)?"
        r"(?P<name>[\w-]+)(?::(?P<qualifier>[$\w-]+))?",
        function,
    )
    if not found:
        raise NotSimulated("lambda", f"the function name {function!r}")
    start = found["start"] or f"arn:aws:lambda:{place.region}:{found['account'] or place.account}"
    asked = qualifier or found["qualifier"]
    return f"{start}:function:{found['name']}" + (f":{asked}" if asked else "")


def _function_policy(arn: Arn) -> Document | None:
    function = moto_lambda.lambda_function(arn.account, arn.region, arn.text)
    return moto_lambda.lambda_policy(function) if function is not None else None


def _function_tags(arn: Arn) -> dict[str, str] | None:
    """A function's tags; those of mappings and layers are not known here."""
    if not arn.rest.startswith("function:"):
        return None
    function = moto_lambda.lambda_function(arn.account, arn.region, arn.text)
    return dict(function.tags or {}) if function is not None else {}


def _function_arn(asking: Asking, _name: str) -> KeyValue:
    """The function of an event source mapping, which an update may name, or leave as it is."""
    given = asking.parameters
    if "FunctionName" in given:
        return _function(asking.place, given["FunctionName"])
    mappings = moto_lambda.event_source_mappings(asking.place.account, asking.place.region)
    return next((each.function_arn for each in mappings if each.uuid == given.get("UUID")), None)


def _granted_to(asking: Asking, _name: str) -> KeyValue:
    """To whom a permission is, or was, given."""
    if asking.operation == "AddPermission":
        return str(asking.parameters["Principal"])
    arn = asking.arn
    policy = _function_policy(arn) if arn is not None else None
    for statement in policy["Statement"] if policy is not None else ():
        if statement.get("Sid") == asking.parameters.get("StatementId"):
            principal = statement["Principal"]
            return principal if isinstance(principal, str) else str(next(iter(principal.values())))
    return None


def _url_auth(asking: Asking, _name: str) -> KeyValue:
    """How a function's URL is protected, as a call says it."""
    given = asking.parameters
    if asking.operation not in {"AddPermission", "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"}:
        raise NotSimulated("lambda", f"lambda:FunctionUrlAuthType of {asking.operation}")
    auth: str | None = given.get("FunctionUrlAuthType") or given.get("AuthType")
    return auth


PERMISSIONS = Permissions(
    prefix="lambda",
    denial=REST_JSON,
    lines=_LINES,
    kinds={
        "function": _function,
    },
    context=(
        ContextKey(key="lambda:FunctionArn", value=_function_arn),
        ContextKey(key="lambda:Principal", value=_granted_to),
        ContextKey(key="lambda:FunctionUrlAuthType", value=_url_auth),
        ContextKey(key="lambda:InvokedViaFunctionUrl", parameter="InvokedViaFunctionUrl", default="false"),
        ContextKey(key="lambda:EventSourceToken", parameter="EventSourceToken"),
        ContextKey(key="lambda:Layer", parameter="Layers[]"),
        ContextKey(key="lambda:CodeSigningConfigArn", parameter="CodeSigningConfigArn"),
        ContextKey(key="lambda:SecurityGroupIds", parameter="VpcConfig.SecurityGroupIds[]"),
        ContextKey(key="lambda:SubnetIds", parameter="VpcConfig.SubnetIds[]"),
    ),
    policy_of=_function_policy,
    tags_of=_function_tags,
)
