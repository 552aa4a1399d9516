"""The root user signed in to the console, or tried to.

Root can do everything and can't be restrained by IAM, so it should not be used from day to day. AWS records
root's sign-ins in us-east-1, wherever the stack is at home; the spoke there forwards them.

What we do: report at once who, which account, when, from which address, with which agent, whether a second
factor was used and whether it worked. A success without MFA, or where the record doesn't say, is CRITICAL, a
success with MFA HIGH, a failure MEDIUM. Beside it stands the slower path that the CIS benchmark asks for: a
metric filter for any use of root, on the trail's log group, and an alarm to the same topic.

What we leave alone: everything. Root's sessions can't be revoked by IAM, and only a person should decide to
lock the owner of an account out. What root *did* is reported by the alarm and by other remediations.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.sign_in import in_words, mfa_used, succeeded
from chalicelib.remediation import Alert, Asked, Flood, Grant, Plan, Remediation, Severity, Way
from chalicelib.settings import Settings
from chalicelib.triggers import OnEvent
from chalicelib.wording import when

PATTERN = {
    "source": ["aws.signin"],
    # Working rules use the first, AWS's list of events prints the second.
    "detail-type": ["AWS Console Sign In via CloudTrail", "AWS Console Signin via CloudTrail"],
    "detail": {
        "eventSource": ["signin.amazonaws.com"],
        "eventName": ["ConsoleLogin"],
        "userIdentity": {"type": ["Root"]},
    },
}
GRANTS: tuple[Grant, ...] = ()  # the record says it all

_AFTER_SUCCESS = """\
Ask the owner of the root credentials whether this was them.
If it was not: change root's password, delete its access keys, check its MFA devices and the account's \
e-mail address, and call AWS Support.
What root did since: aws cloudtrail lookup-events --region us-east-1 --lookup-attributes \
AttributeKey=Username,AttributeValue=root"""
_AFTER_FAILURE = """\
One failure may be a mistyped password. Several failures, or an unknown address, mean that somebody \
tries: make sure that root has MFA, no access keys, and a mailbox that only its owner reads."""


def look(_aws: Aws, _event: ApiCallEvent, _settings: Settings) -> None:
    """Read nothing: the record says it all."""


def decide(event: ApiCallEvent, _facts: None, _now: datetime, _settings: Settings) -> Plan:
    """Alert on every root sign-in; severity rises as fewer protections applied."""
    worked, mfa = succeeded(event), mfa_used(event)
    severity, title = _told(worked, mfa)
    account = event.actor.account or event.account or NOT_RECORDED
    return Plan.alert(
        Alert(
            severity=severity,
            title=f"{title} in account {account}",
            facts=(
                ("Who", event.actor.arn or event.actor.label),
                ("Account", account),
                ("When", when(event.at)),
                ("From", event.source_ip or NOT_RECORDED),
                ("Agent", event.user_agent or NOT_RECORDED),
                ("MFA used", in_words(mfa)),
                ("Succeeded", _outcome(worked, event.error_message)),
                ("Recorded in", event.region or NOT_RECORDED),
                ("CloudTrail event", event.key),
            ),
            advice=_AFTER_FAILURE if worked is False else _AFTER_SUCCESS,
            asks=(Asked("who-signed-in"),),
            # Anybody may fail to sign in, as often as they like.
            flood=Flood(subject="failed", most=3) if worked is False else None,
        )
    )


def _told(worked: bool | None, mfa: bool | None) -> tuple[Severity, str]:  # noqa: FBT001 - three-valued facts of a record
    """Where a record doesn't say, the worse case is reported."""
    if worked is False:
        return Severity.MEDIUM, "A sign-in as root failed"
    title = "Root signed in" if worked else "Root may have signed in"
    if mfa:
        return Severity.HIGH, f"{title} with MFA"
    return Severity.CRITICAL, f"{title} without MFA" if mfa is False else title


def _outcome(worked: bool | None, reason: str) -> str:  # noqa: FBT001 - likewise
    return f"{in_words(worked)} ({reason})" if reason else in_words(worked)


REMEDIATION = Remediation(
    name="root_login",
    title="Root signed in to the console",
    woken_by="root signs in to the console, anywhere",
    response="reports who, from where, with what, MFA or not; a metric filter and alarm stand beside it",
    page=__doc__ or "",
    ways=(
        Way(on=OnEvent(pattern=PATTERN, everywhere=True), parse=api_call, look=look, decide=decide),
        COUNTING,
    ),
    grants=GRANTS,
    controls=("CIS 4.3", "Security Hub CloudWatch.1", "ATT&CK T1078.004"),
)
