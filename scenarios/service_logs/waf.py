"""AWS WAF's logs: JSON, and destinations whose names AWS asks to begin with `aws-waf-logs-`.

Sources: https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html,
https://docs.aws.amazon.com/waf/latest/developerguide/logging-s3.html,
https://docs.aws.amazon.com/athena/latest/ug/create-waf-table-partition-projection.html
"""

from typing import Final

from scenarios.service_logs.fields import Field, Format, Shape, Type

PREFIX: Final = "aws-waf-logs-"
_MATCH = (
    "array<struct<conditiontype:string,sensitivitylevel:string,location:string,matcheddata:array<string>>>"
)
_RULE = f"ruleid:string,action:string,rulematchdetails:{_MATCH}"
_GROUP = (
    f"array<struct<rulegroupid:string,terminatingrule:struct<{_RULE}>,"
    f"nonterminatingmatchingrules:array<struct<{_RULE}>>,excludedrules:string>>"
)
_RATES = "array<struct<ratebasedruleid:string,limitkey:string,maxrateallowed:int>>"

WAF: Final = Format(
    name="waf_logs",
    title="AWS WAF's logs",
    shape=Shape.JSON,
    fields=(
        Field(name="timestamp", type=Type.LONG),
        Field(name="formatVersion", type=Type.INTEGER),
        *(Field(name=each) for each in ("webaclId", "terminatingRuleId", "terminatingRuleType", "action")),
        Field(name="terminatingRuleMatchDetails", type=Type.TEXTS, holds=_MATCH),
        *(Field(name=each) for each in ("httpSourceName", "httpSourceId")),
        Field(name="ruleGroupList", type=Type.TEXTS, holds=_GROUP),
        Field(name="rateBasedRuleList", type=Type.TEXTS, holds=_RATES),
        Field(name="nonTerminatingMatchingRules", type=Type.TEXTS, holds=f"array<struct<{_RULE}>>"),
        Field(
            name="requestHeadersInserted", type=Type.TEXTS, holds="array<struct<name:string,value:string>>"
        ),
        Field(name="responseCodeSent", type=Type.INTEGER),
        Field(
            name="httpRequest",
            type=Type.MAP,
            holds=(
                "struct<clientip:string,country:string,headers:array<struct<name:string,value:string>>,"
                "uri:string,args:string,httpversion:string,httpmethod:string,requestid:string>"
            ),
        ),
        Field(name="labels", type=Type.TEXTS, holds="array<struct<name:string>>"),
    ),
    required=6,
    source="https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html",
)


def may_be_destination(name: str) -> bool:
    """Whether a bucket, a stream or a log group of this name may be what WAF logs to."""
    return name.startswith(PREFIX) and name != PREFIX
