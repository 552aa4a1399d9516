"""Services that only CloudTrail knows: their calls are recorded, and not simulated.

moto keeps what these calls make. Where it would act later on, by itself, the call says `NotSimulated`: a
schedule that never comes due would pass in silence.

When a service gets a folder of its own, its line moves there.
"""

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.rows import QUERY, Permissions
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.service import Service
from scenarios.cloud.setting import Setting

_KNOWN = (
    Recorded(service="account", one_endpoint=True),
    Recorded(
        service="bedrock-agent-runtime",
        data_events=frozenset({"InvokeAgent", "InvokeInlineAgent", "Retrieve", "RetrieveAndGenerate"}),
    ),
    Recorded(
        service="bedrock-runtime",
        source="bedrock.amazonaws.com",
        reads=frozenset({"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"}),
    ),
    Recorded(service="budgets", one_endpoint=True),
    Recorded(service="ce", one_endpoint=True),
    Recorded(
        service="ebs",
        data_events=frozenset(
            {"GetSnapshotBlock", "ListChangedBlocks", "ListSnapshotBlocks", "PutSnapshotBlock"}
        ),
    ),
    Recorded(service="mq", source="amazonmq.amazonaws.com"),
    Recorded(service="route53domains", one_endpoint=True),
    Recorded(
        service="ses",
        source="ses.amazonaws.com",
        data_events=frozenset({"SendBulkTemplatedEmail", "SendEmail", "SendRawEmail", "SendTemplatedEmail"}),
    ),
    Recorded(
        service="sesv2", source="ses.amazonaws.com", data_events=frozenset({"SendBulkEmail", "SendEmail"})
    ),
    Recorded(service="shield", one_endpoint=True),
    Recorded(service="support", one_endpoint=True),
    Recorded(service="waf", one_endpoint=True),
    Recorded(service="xray", data_events=frozenset({"PutTraceSegments"})),
)

# What would begin to act in the account.
_WOULD_ACT = {
    "pipes": ("CreatePipe", "UpdatePipe", "StartPipe"),
}


def _refuse(asked: Asked) -> None:
    raise NotSimulated(asked.service, asked.operation)


def _acts(service: str) -> Service:
    def register(setting: Setting) -> None:
        for operation in _WOULD_ACT[service]:
            setting.calls.check(service, operation, _refuse)

    return Service(name=service, register=register)


# Whose actions are named in another way than its calls.
_S3_CONTROL = Permissions(
    prefix="s3",
    denial=QUERY,
    lines="""
GetPublicAccessBlock            s3:GetAccountPublicAccessBlock      *
PutPublicAccessBlock            s3:PutAccountPublicAccessBlock      *
DeletePublicAccessBlock         s3:PutAccountPublicAccessBlock      *
""",
)

RECORDED_ONLY = (
    Service(
        name="s3control",
        simulated="the account's public access block",
        missing="access points, batch operations, Storage Lens",
        permissions=_S3_CONTROL,
    ),
    *(Service(name=each.service, recorded=(each,)) for each in _KNOWN),
    *(_acts(service) for service in _WOULD_ACT),
)
