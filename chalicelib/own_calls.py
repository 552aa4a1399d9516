"""The way by which a remediation hears of calls of its own role that its other ways don't hear of.

The runtime holds each of them against the plans (`chalicelib.runtime.own`); the way itself has nothing to
look at and nothing to decide.
"""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.remediation import Plan, Proof, ProvenBy, Way
from chalicelib.settings import Settings
from chalicelib.triggers import OnEvent


def look(_aws: Aws, _event: ApiCallEvent, _settings: Settings) -> None:
    """Read nothing."""


def decide(_event: ApiCallEvent, _facts: None, _now: datetime, _settings: Settings) -> Plan:
    """A call is nothing to tell of by itself."""
    return Plan.nothing()


def own_calls(role: str, sources: Iterable[str], names: Iterable[str]) -> Way[ApiCallEvent, None]:
    """Calls of these names, of these services (`cloudtrail`), by this role (a logical id), in any region."""
    calls = {
        "source": [f"aws.{each}" for each in sources],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"managementEvent": [True], "eventName": list(names)},
    }
    issuer = {"sessionContext": {"sessionIssuer": {"arn": [{"Fn::GetAtt": [role, "Arn"]}]}}}
    ours = {**calls, "detail": {**calls["detail"], "userIdentity": issuer}}  # type: ignore[dict-item]  # a mapping
    return Way(
        # A spoke doesn't know the role: it forwards such calls by anybody.
        on=OnEvent(pattern=ours, everywhere=True, forwards=calls),
        parse=api_call,
        look=look,
        decide=decide,
        proof=Proof(by=ProvenBy.STATE, because="it never acts"),
    )
