"""Lambda: functions, layers and event source mappings."""

import re

from scenarios.cloud.authorization.rows import REST_JSON, Arn, Document, Permissions, Place
from scenarios.cloud.kernel import moto_hooks
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
PutFunctionConcurrency          =                         function(FunctionName)
GetFunctionConcurrency          =                         function(FunctionName)
DeleteFunctionConcurrency       =                         function(FunctionName)
PutFunctionEventInvokeConfig    =                         function(FunctionName,Qualifier=)
GetFunctionEventInvokeConfig    =                         function(FunctionName,Qualifier=)
DeleteFunctionEventInvokeConfig =                         function(FunctionName,Qualifier=)
CreateFunctionUrlConfig         =                         function(FunctionName,Qualifier=)
GetFunctionUrlConfig            =                         function(FunctionName,Qualifier=)
DeleteFunctionUrlConfig         =                         function(FunctionName,Qualifier=)
CreateEventSourceMapping        =                         *
GetEventSourceMapping           =                         eventSourceMapping(UUID)
UpdateEventSourceMapping        =                         eventSourceMapping(UUID)
DeleteEventSourceMapping        =                         eventSourceMapping(UUID)
PublishLayerVersion             =                         layer(LayerName)
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
    function = moto_hooks.lambda_function(arn.account, arn.region, arn.text)
    return moto_hooks.lambda_policy(function) if function is not None else None


PERMISSIONS = Permissions(
    prefix="lambda",
    denial=REST_JSON,
    lines=_LINES,
    kinds={
        "function": _function,
    },
    policy_of=_function_policy,
)
