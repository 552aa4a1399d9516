"""The runbooks that AWS owns, as far as they are written down here: those that remediations use most.

Each file of `runbooks/` is written from the page that its first line names, which documents parameters,
permissions and steps. Where a step is a script there, one of `SCRIPTS` makes the calls that the page lists.
The names of steps, where the page tells none, are ours.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from scenarios.cloud.ssm.automation.documents import Runbook, read
from scenarios.cloud.ssm.automation.steps import Doing, Script, StepFailed

PREFIXES: Final = ("AWS-", "AWSConfigRemediation-", "AWSEC2-", "AWSSupport-", "AWSDocs-", "AWSIncidents-")
_FOLDER: Final = Path(__file__).parent / "runbooks"
_ALL: Final = ("0.0.0.0/0", "::/0")


def is_owned(name: str) -> bool:
    """Whether a document of this name is AWS's own."""
    return name.startswith(PREFIXES)


@cache
def names() -> tuple[str, ...]:
    """The runbooks that are known here."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def content(name: str) -> str:
    """The text of one of them."""
    return (_FOLDER / f"{name}.yaml").read_text()


@cache
def runbook(name: str) -> Runbook:
    """One of them, read."""
    return read(content(name))


# ---- scripts ------------------------------------------------------------------------------------


def _group(doing: Doing) -> dict[str, Any]:
    answer = doing.call("ec2", "DescribeSecurityGroups", {"GroupIds": [_group_id(doing)]})
    group: dict[str, Any] = answer["SecurityGroups"][0]
    return group


def _group_id(doing: Doing) -> str:
    return str(doing.inputs["InputPayload"]["SecurityGroupId"])


def _remove_unrestricted_ingress(doing: Doing) -> dict[str, Any]:
    found = [_unrestricted(each) for each in _group(doing)["IpPermissions"]]
    removed = [each for each in found if each["IpRanges"] or each["Ipv6Ranges"]]
    if removed:
        doing.call(
            "ec2", "RevokeSecurityGroupIngress", {"GroupId": _group_id(doing), "IpPermissions": removed}
        )
    return {}


def _unrestricted(permission: Mapping[str, Any]) -> dict[str, Any]:
    """What of a permission is open to all addresses."""
    ports = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
    four = [{"CidrIp": each["CidrIp"]} for each in permission.get("IpRanges", ()) if each["CidrIp"] in _ALL]
    six = [
        {"CidrIpv6": each["CidrIpv6"]}
        for each in permission.get("Ipv6Ranges", ())
        if each["CidrIpv6"] in _ALL
    ]
    return {**ports, "IpRanges": four, "Ipv6Ranges": six}


def _close_security_group(doing: Doing) -> dict[str, Any]:
    group = _group(doing)
    for permissions, operation in (
        ("IpPermissions", "RevokeSecurityGroupIngress"),
        ("IpPermissionsEgress", "RevokeSecurityGroupEgress"),
    ):
        if group[permissions]:
            given = {"GroupId": _group_id(doing), "IpPermissions": group[permissions]}
            doing.call("ec2", operation, given)
    return {}


def _security_group_is_gone(doing: Doing) -> dict[str, Any]:
    asked = {"Filters": [{"Name": "group-id", "Values": [_group_id(doing)]}]}
    if doing.call("ec2", "DescribeSecurityGroups", asked)["SecurityGroups"]:
        raise StepFailed(f"The security group {_group_id(doing)} is still there.")
    return {}


SCRIPTS: Final[Mapping[str, Script]] = {
    "close_security_group": _close_security_group,
    "remove_unrestricted_ingress": _remove_unrestricted_ingress,
    "security_group_is_gone": _security_group_is_gone,
}
