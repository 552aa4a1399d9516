"""How CloudTrail records Lambda.

Source: https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
"""

from scenarios.cloud.cloudtrail.records.resources import arn_of, prefixed, typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style

_DATA_EVENTS = frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"})


def _function(call: ApiCall) -> list[Resource]:
    name: str | None = call.parameters.get("FunctionName")
    if name is None or call.operation not in _DATA_EVENTS:
        return []
    return [typed(call, "AWS::Lambda::Function", arn_of(call, "lambda", prefixed("function:", name)))]


RECORDED = Recorded(
    service="lambda",
    names={
        "AddPermission": "AddPermission20150331v2",
        "CreateAlias": "CreateAlias20150331",
        "CreateEventSourceMapping": "CreateEventSourceMapping20150331",
        "CreateFunction": "CreateFunction20150331",
        "DeleteAlias": "DeleteAlias20150331",
        "DeleteEventSourceMapping": "DeleteEventSourceMapping20150331",
        "DeleteFunction": "DeleteFunction20150331",
        "DeleteLayerVersion": "DeleteLayerVersion20181031",
        "DeleteFunctionConcurrency": "DeleteFunctionConcurrency20171031",
        "GetAlias": "GetAlias20150331",
        "GetEventSourceMapping": "GetEventSourceMapping20150331",
        "GetFunction": "GetFunction20150331v2",
        "GetFunctionConfiguration": "GetFunctionConfiguration20150331v2",
        "GetLayerVersion": "GetLayerVersion20181031",
        "GetPolicy": "GetPolicy20150331v2",
        "ListAliases": "ListAliases20150331",
        "ListEventSourceMappings": "ListEventSourceMappings20150331",
        "ListFunctions": "ListFunctions20150331",
        "ListTags": "ListTags20170331",
        "ListVersionsByFunction": "ListVersionsByFunction20150331",
        "PublishLayerVersion": "PublishLayerVersion20181031",
        "PublishVersion": "PublishVersion20150331",
        "PutFunctionConcurrency": "PutFunctionConcurrency20171031",
        "RemovePermission": "RemovePermission20150331v2",
        "TagResource": "TagResource20170331v2",
        "UntagResource": "UntagResource20170331v2",
        "UpdateAlias": "UpdateAlias20150331",
        "UpdateEventSourceMapping": "UpdateEventSourceMapping20150331",
        "UpdateFunctionCode": "UpdateFunctionCode20150331v2",
        "UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
    },
    data_events=_DATA_EVENTS,
    unanswered_writes=frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream"}),
    style=Style(mask=""),
    resources=_function,
    history={"functionName": "AWS::Lambda::Function"},
)
