"""Rows that ask IAM for a decision: a principal, a request, and every policy that bears on it."""

from typing import Any

from scenarios.cloud.authorization.policy import Decision, Limits, Principal, Request, decide
from tests.case_forms.judging import Verdict

Row = dict[str, Any]


def takes(row: Row) -> bool:
    """Whether the row holds a request."""
    return isinstance(row["input"], dict) and {"principal", "request"} <= set(row["input"])


def judge(row: Row) -> Verdict:
    """Decide about each of the request's actions; one that is denied denies the request."""
    asked = row["input"]["request"]["action"]
    decisions = [_decided(row["input"], action) for action in ([asked] if isinstance(asked, str) else asked)]
    decision = next((each for each in decisions if not each.allowed), decisions[0])
    got = {"decision": "allow" if decision.allowed else "deny"}
    if "why" in row["expected"]:
        got["why"] = "explicit" if decision.explicit else "implicit"
    expected = {name: value for name, value in row["expected"].items() if name in {"decision", "why"}}
    return Verdict(got == expected, f"{got}, because {decision.because}")


def _decided(given: Row, action: str) -> Decision:
    request = given["request"]
    return decide(
        Request(
            principal=_principal(given["principal"]),
            action=action,
            resource=request["resource"],
            resource_account=request.get("resource_account", ""),
            context=request.get("context", {}),
            complete=True,
        ),
        given.get("identity_policies", ()),
        given.get("resource_policy"),
        limits=Limits(
            boundary=given.get("permissions_boundary"),
            session=given.get("session_policies"),
            scps=given.get("scps_by_level", ()),
            rcps=given.get("rcps_by_level", ()),
            management_account=given.get("management_account", ""),
        ),
    )


def _principal(given: Row) -> Principal:
    if given["form"] == "service":
        return Principal(services=(given["arn"],))
    return Principal(
        account=given.get("account", ""),
        arn=given["arn"],
        role_arn=given.get("role_arn", ""),
        user_arn=given.get("user_arn", ""),
    )
