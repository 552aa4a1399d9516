"""The stack's parameters, and the conditions made from them."""

from collections.abc import Iterable, Iterator

from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import Remediation
from chalicelib.stack import NO_OPERATOR, OPERATORS, PRINCIPALS, PRINCIPALS_ARE, Parameter
from chalicelib.template.bucket import LOCK_PARAMETERS
from chalicelib.template.channels import CONDITIONS as CHANNEL_CONDITIONS
from chalicelib.template.channels import PARAMETERS as CHANNEL_PARAMETERS
from chalicelib.template.heartbeat import CONDITION as HEARTBEAT_CONDITION
from chalicelib.template.heartbeat import SEND
from chalicelib.template.parts import Template, logical_id
from chalicelib.template.second_way import CONDITIONS as PLAIN_CONDITIONS
from chalicelib.template.second_way import PLAIN_EMAIL
from chalicelib.template.watch import CONDITION as WATCH_CONDITION
from chalicelib.template.watch import WATCH_BUS

APPROVALS, APPROVAL_HOURS = "ApprovalsNeeded", "ApprovalHours"
RESERVED = "ReservedConcurrency"
HAS_RULES = "HasConfigRules"  # the condition under which there are rules of AWS Config

# Those that belong to no single remediation.
PARAMETERS = (
    Parameter(
        name="AlertEmail",
        default="",
        description="Where alerts go by e-mail; the address must confirm. Empty: subscribe yourself.",
    ),
    PLAIN_EMAIL,
    SEND,
    Parameter(
        name="ExistingTrailArn",
        default="",
        description="A trail that is there already. Empty: the stack makes one, with bucket and group.",
    ),
    # Not empty, even without such a trail: cfn-lint checks default names too, used or not.
    Parameter(
        name="ExistingTrailBucket",
        default="none",
        description="That trail's bucket; EventBridge must be switched on for it.",
    ),
    Parameter(
        name="ExistingTrailGroup",
        default="none",
        description="That trail's log group, by name.",
    ),
    Parameter(
        name="ExistingTrailRole",
        default="none",
        description="The role, by name, under which that trail writes to its log group.",
    ),
    Parameter(
        name="ArchiveBucket",
        default="none",
        description="Another account's bucket that the stack's trail delivers to; archive.json makes one.",
    ),
    WATCH_BUS,
    Parameter(
        name="RecordDataEvents",
        default="yes",
        allowed=("yes", "no"),
        description="Whether the stack's trail records who else writes to its ledger, queues and topics.",
    ),
    Parameter(
        name="RecordInsights",
        default="no",
        allowed=("no", "yes"),
        description="Whether CloudTrail Insights looks for unusual activity in the stack's trail; it costs.",
    ),
    *LOCK_PARAMETERS,
    Parameter(
        name="AuditGroups",
        default="no",
        allowed=("no", "yes"),
        description="Whether to make two IAM groups: one may administer trails, one may read them.",
    ),
    *CHANNEL_PARAMETERS,
    Parameter(
        name="ApiAccessLogs",
        default="no",
        allowed=("no", "yes"),
        description="Whether requests to the API are logged; the account must let API Gateway write logs.",
    ),
    EXPECTED_PRINCIPALS,
    EXPECTED_TAG,
    TRUSTED_ACCOUNTS,
    Parameter(
        name=APPROVALS,
        type="Number",
        default="1",
        minimum=1,
        maximum=5,
        description="So many different people must approve a plan, or ask for an undo.",
    ),
    Parameter(
        name=APPROVAL_HOURS,
        type="Number",
        default="24",
        minimum=1,
        maximum=168,
        description="So many hours an approval holds, if another one is needed or nothing may act just then.",
    ),
    Parameter(
        name=RESERVED,
        type="Number",
        default="0",
        # Five of its queue's batches at once are what trail_validation may be handed.
        allowed=("0", "5", "10", "20", "50"),
        description="So many concurrent runs are kept for each function; 0: none. 100 must stay unreserved.",
    ),
    Parameter(
        name=OPERATORS,
        type="CommaDelimitedList",
        default=NO_OPERATOR,
        description="ARNs that may use functions, queues, topics and ledger directly; wildcards allowed.",
        pattern=f"{NO_OPERATOR}|{PRINCIPALS}",
        constraint=PRINCIPALS_ARE,
    ),
)

CONDITIONS: Template = {
    "HasAlertEmail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlertEmail"}, ""]}]},
    **CHANNEL_CONDITIONS,
    "OwnTrail": {"Fn::Equals": [{"Ref": "ExistingTrailArn"}, ""]},
    "OwnBucket": {"Fn::And": [{"Condition": "OwnTrail"}, {"Fn::Equals": [{"Ref": "ArchiveBucket"}, "none"]}]},
    "RecordsDataEvents": {
        "Fn::And": [{"Condition": "OwnTrail"}, {"Fn::Equals": [{"Ref": "RecordDataEvents"}, "yes"]}]
    },
    "RecordsInsights": {
        "Fn::And": [{"Condition": "OwnTrail"}, {"Fn::Equals": [{"Ref": "RecordInsights"}, "yes"]}]
    },
    **PLAIN_CONDITIONS,
    **HEARTBEAT_CONDITION,
    "HasReservedConcurrency": {"Fn::Not": [{"Fn::Equals": [{"Ref": RESERVED}, "0"]}]},
    "HasApiAccessLogs": {"Fn::Equals": [{"Ref": "ApiAccessLogs"}, "yes"]},
    **WATCH_CONDITION,
    "HasAuditGroups": {"Fn::Equals": [{"Ref": "AuditGroups"}, "yes"]},
}


def parameters(remediations: Iterable[Remediation]) -> Iterator[Parameter]:
    """The stack's own, then each remediation's: its mode, if it can act, before the rest."""
    yield from PARAMETERS
    for each in remediations:
        if each.acts:
            yield _mode(each)
        yield from each.parameters


def mode_conditions(remediations: Iterable[Remediation]) -> Template:
    """Whether each remediation that can act may: not where it only observes."""
    return {f"{logical_id(each.name)}Acts": _mode(each).isnt("observe") for each in remediations if each.acts}


def _mode(remediation: Remediation) -> Parameter:
    return mode(remediation.name, "plan and alert, wait for approval, or act")


def mode(name: str, steps: str) -> Parameter:
    """How far a remediation, or a rule of AWS Config, may go; `steps`: in words. A fresh deploy observes."""
    return Parameter(
        name=f"{logical_id(name)}Mode",
        default="observe",
        allowed=("observe", "approve", "enforce"),
        description=f"How far {name} may go: {steps}.",
    )
