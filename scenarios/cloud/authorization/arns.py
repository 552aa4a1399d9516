"""ARNs that AWS asks about, made from the parameters that name a resource.

A parameter that is an ARN already stays what it is.

Source: "Resource types defined by ..." of each service in the Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Mapping
from functools import partial

from scenarios.cloud.authorization.rows import Kind, Place
from scenarios.cloud.kernel.errors import NotSimulated


def named(template: str) -> Kind:
    """A kind whose ARN is `template`: `{region}`, `{account}`, the names `{0}`, `{1}`..."""
    return partial(_named, template)


def _named(template: str, place: Place, *names: str) -> str:
    """The template filled; a first name that is an ARN takes the place of all up to and including `{0}`."""
    head, _, tail = template.partition("{0}")
    here = {"region": place.region, "account": place.account}
    start = "" if names[0].startswith("arn:") else head.format(**here)
    return start + names[0] + tail.format("", *names[1:], **here)


def _given(_place: Place, arn: str) -> str:
    """A parameter that is an ARN by its nature."""
    if not arn.startswith("arn:"):
        raise NotSimulated("iam", f"the resource {arn!r}, where AWS takes an ARN")
    return arn


GIVEN: Mapping[str, Kind] = {"given": _given}
