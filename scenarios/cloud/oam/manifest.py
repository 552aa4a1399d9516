"""Observability Access Manager as one value: which account shows which other one its log groups.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_oam.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account-Setup.html
"""

from scenarios.cloud.authorization.rows import REST_JSON, ContextKey, Permissions, Place
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.kernel.validation import Validation
from scenarios.cloud.oam.laws import register
from scenarios.cloud.service import Service

_LINES = """
CreateSink                      =                         *
ListSinks                       =                         *
GetSink                         =                         given(Identifier)
DeleteSink                      =                         given(Identifier)
PutSinkPolicy                   =                         given(SinkIdentifier)
GetSinkPolicy                   =                         given(SinkIdentifier)
ListAttachedLinks               =                         given(SinkIdentifier)
CreateLink                      =                         given(SinkIdentifier)
UpdateLink                      =                         oam_link(Identifier)
ListLinks                       =                         *
GetLink                         =                         oam_link(Identifier)
DeleteLink                      =                         oam_link(Identifier)
"""


def _link(_: Place, arn: str) -> str:
    return arn


SERVICE = Service(
    name="oam",
    simulated=(
        "sinks, their policies, and links to them, in every account; what Logs Insights, FilterLogEvents and "
        "GetLogEvents read of a source account's log groups in a monitoring account, as far as the link's "
        "filter lets them"
    ),
    missing="what links share of metrics, traces, applications; accounts' names in labels; tags; templates",
    permissions=Permissions(
        prefix="oam",
        denial=REST_JSON,
        lines=_LINES,
        kinds={"oam_link": _link},
        context=(ContextKey(key="oam:ResourceTypes", parameter="ResourceTypes[]"),),
    ),
    recorded=(Recorded(service="oam"),),
    validation=Validation(code="InvalidParameterException"),
    register=register,
)
