"""The brakes as parameters of Parameter Store: the kill switch, and a mode for each remediation that acts."""

from collections.abc import Iterable
from typing import Any

from chalicelib.brakes import OFF, ON, kill_switch, mode_of
from chalicelib.remediation import Remediation
from chalicelib.settings import Mode
from chalicelib.template.parts import Template, logical_id


def switch() -> Template:
    """The kill switch; a deploy makes it, off, and leaves it as it is from then on."""
    what = "While it is on, none of Trailwarden's remediations acts, in any mode."
    return {"KillSwitch": _parameter(kill_switch(), OFF, (OFF, ON), what)}


def mode_now(remediation: Remediation) -> Template:
    """The mode that may be lowered: as deployed, until somebody lowers it."""
    name = logical_id(remediation.name)
    what = f"Lower it, and {remediation.name} does less at once. Only a deploy lets it do more."
    return {
        f"{name}ModeNow": _parameter(mode_of(remediation.name), {"Ref": f"{name}Mode"}, tuple(Mode), what)
    }


def _parameter(name: str, value: Any, values: Iterable[str], what: str) -> Template:
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Name": {"Fn::Sub": name},
            "Type": "String",
            "Value": value,
            "AllowedPattern": f"^({'|'.join(values)})$",
            "Description": what,
        },
    }
