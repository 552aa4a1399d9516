"""An image (AMI) was shared with everybody, or with an account that isn't ours.

Whoever may launch an image has its disks: code, keys, histories of shells.

What we do: after ModifyImageAttribute report with whom the image is shared now who was added by this call
and is neither this account nor one of `TrustedAccounts`: HIGH. In mode enforce that is taken back, for each
stranger by a call of its own; the undo shares it again. An organization or a unit of one is known by the
account that manages it.

What we leave alone: whom it was shared with before; copies that were made meanwhile, which are out of
reach; what else the call may change, such as the description; an image that is gone by the time we look;
refused attempts. An image with the tag of the parameter `ExpectedTag` is told as LOW.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharing-amis.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.evidence.outsiders import trusted
from chalicelib.evidence.seen import Seen, blind, see, tags_of
from chalicelib.looking import answer
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG, TRUSTED_ACCOUNTS
from chalicelib.remediation import Call, DeclaredCall, Grant, Plan, Proof, ProvenBy, Remediation, Undoing, Way
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.sharing import EVERYBODY, Shared, added_by, decide_on_sharing, moved, shared
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command

NAME = "image_shared"
PATTERN = successful_calls(("ec2",), ("ModifyImageAttribute",))
_IMAGES = "arn:${AWS::Partition}:ec2:*::image/*"
_ANY = "which image is shared, and in which region, isn't known before"
GRANTS = (
    Grant(action="ec2:DescribeImageAttribute", resource=_IMAGES, because=_ANY),
    Grant(action="ec2:DescribeImages", resource="*", because="EC2's describe calls take no resource"),
    *LATELY,
    Grant(action="ec2:ModifyImageAttribute", resource=_IMAGES, because=_ANY, acting=True),
)
DECLARED_CALLS = (
    DeclaredCall(
        operation="ec2.modify_image_attribute",
        needs=(("ec2:ModifyImageAttribute", "arn:{partition}:ec2:{region}::image/{ImageId}"),),
        fits=lambda call: set(call.parameters) == {"ImageId", "LaunchPermission"},
    ),
)
_PERMISSION = "launchPermission"
_GONE = "InvalidAMIID.NotFound"
# The names of one whom it is shared with.
_GROUP, _USER = "Group", "UserId"
_ORGANIZATION, _UNIT = "OrganizationArn", "OrganizationalUnitArn"


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Shared]:
    """The strangers that the call has added, as far as they still have it."""
    ec2, image = aws.client("ec2", event.region), _image(event)

    def read() -> Shared | None:
        return shared(_users(ec2, image), added_by(event, _PERMISSION), (event.account, *trusted(settings)))

    def tags(_: Shared) -> Mapping[str, str]:
        (found,) = ec2.describe_images(ImageIds=[image])["Images"]
        return tags_of(found.get("Tags", ()))

    return see(aws, event, settings, remediation=NAME, about=image, read=read, tags=tags)


def _users(ec2: Any, image: str) -> list[str]:
    """Who may launch it; nobody, where it is gone."""
    found = answer(
        lambda: ec2.describe_image_attribute(ImageId=image, Attribute=_PERMISSION),
        unless=(_GONE,),
        otherwise={"LaunchPermissions": ()},
    )
    return [str(value) for each in found["LaunchPermissions"] for value in each.values()]


def _image(event: ApiCallEvent) -> str:
    return str(event.parameters.get("imageId") or NOT_RECORDED)


def decide(event: ApiCallEvent, facts: Seen[Shared], _now: datetime, _settings: Settings) -> Plan:
    """Tell with whom it is shared, and take it back."""
    image = _image(event)
    asked = {"--image-id": image, "--attribute": _PERMISSION, "--region": event.region}
    return decide_on_sharing(
        event,
        facts,
        what=f"Image {image}",
        look_again=aws_command("ec2", "describe-image-attribute", asked),
        change=lambda whom, add: _change(event, whom, add=add),
    )


def _change(event: ApiCallEvent, whom: str, *, add: bool) -> Call:
    """Share it with one, or take that back."""
    permission = {"Add" if add else "Remove": [{_kind(whom): whom}]}
    return Call(
        service="ec2",
        operation="modify_image_attribute",
        parameters={"ImageId": _image(event), "LaunchPermission": permission},
        account=event.account,
        region=event.region,
        already=(_GONE,),
        undo=None if add else _change(event, whom, add=True),
    )


def _kind(whom: str) -> str:
    """EC2's name of what it is."""
    if whom == EVERYBODY:
        return _GROUP
    if not whom.startswith("arn:"):
        return _USER
    return _UNIT if ":ou/" in whom else _ORGANIZATION


def _names(call: Call) -> Mapping[str, Any]:
    """Whom a call is about, in a list."""
    changes = call.parameters["LaunchPermission"].values()
    return {"whom": [value for each in changes for one in each for value in one.values()]}


UNDOING = Undoing(
    calls=DECLARED_CALLS,
    moved=lambda aws, call, _settings: moved(
        _names(call), _users(aws.client("ec2", call.region), call.parameters["ImageId"])
    ),
)

REMEDIATION = Remediation(
    name=NAME,
    title="An image was shared with strangers",
    woken_by="`ModifyImageAttribute` of EC2, anywhere",
    response="reports with whom it is shared; takes that back where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=api_call,
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(by=ProvenBy.STATE, because="a stranger who has it has it, whoever said so"),
        ),
        COUNTING,
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=UNDOING,
    settings={
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        TRUSTED: TRUSTED_ACCOUNTS.joined,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    controls=("ATT&CK T1537",),
)
