"""Build a stack on the simulated AWS: each resource of a template, created as its service would create it.

moto's own CloudFormation knows too few types and accepts too much, so every resource is created with the
boto3 calls that CloudFormation makes itself. Three promises:

- nothing is skipped: a type or a property we do not know, at any depth, is an error that names it and says
  whether CloudFormation has it, and so is one that we know and do not read;
- what AWS refuses is refused: a service's API and its types here ask the same rules (`kernel.validation`),
  and beyond them malformed ARNs, roles that cannot be assumed, a grant that nothing waits for;
- nothing is random: the same template gives the same names and ids, also after other stacks.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scenarios.cloud.cloudformation.resources.custom import checked_name, is_known, kind_of
from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Properties, Site
from scenarios.cloud.cloudformation.resources.shapes import Inert, UnknownProperty
from scenarios.cloud.cloudformation.schemas import has_property, schema_of
from scenarios.cloud.cloudformation.template import Declared, Template
from scenarios.cloud.kernel import garbage, moto_hooks
from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated, Refused
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.kernel.validation import Validators

__all__ = ["Resource", "Stack", "provision"]


def provision(
    template: Mapping[str, Any],
    *,
    region: str,
    account: str,
    parameters: Mapping[str, str],
    stack_name: str,
    session: boto3.Session,
    kinds: Mapping[str, Kind],
    validators: Validators,
    direct: Collection[str] = (),
    before: str = "",
    standing: Mapping[str, Resource] | None = None,
) -> Stack:
    """Create every resource of a plain CloudFormation template through `session`.

    The template is one that `translate` returned. The session's credentials must lead to `account`; the calls
    it makes are set-up, which should not be recorded. Use a session that has made clients before: a new one
    reads botocore's data again, which takes as long as the stack. `kinds`: every type there is, by name.
    `validators`: what each service refuses, asked before each call. `direct`: the services that may be asked
    without a request in HTTP.

    `before`: a resource's logical id; only what can stand before it is created, and the stack has no outputs.
    `standing`: what this made of the template, or of one that differs in that resource alone, and what stands
    now: it is not created again.

    Raises:
        InvalidTemplate: CloudFormation, or the service, would refuse; the message names the logical id and
            the property. What was created before stays: throw that world away.
        NotSimulated: AWS can do it and the simulated AWS cannot.
    """
    site = Site(
        stack_name=stack_name,
        account=account,
        region=region,
        partition=partition_of(region),
        session=session,
        validators=validators,
        direct=direct,
    )
    stack_id = stack_id_of(site)
    plan = Template(
        template,
        region=region,
        account=account,
        stack_name=stack_name,
        stack_id=stack_id,
        parameters=parameters,
    )
    check_types(plan, kinds)
    made = dict(standing or {})
    late = frozenset(name for name, kind in kinds.items() if kind.grants)
    order = list(plan.before(before, late=late) if before else plan.in_order(late=late))
    with garbage.is_off():
        for declared in order:
            if declared.logical_id not in made:
                made[declared.logical_id] = create_resource(
                    kind_of(kinds, declared.type), site, plan, declared, made
                )
    return Stack(
        name=stack_name,
        stack_id=stack_id,
        region=region,
        account=account,
        resources={declared.logical_id: made[declared.logical_id] for declared in order},
        outputs={} if before else plan.outputs(made),
        exports={} if before else plan.exports(made),
        template=template,
        parameters=parameters,
    )


def checked_properties(
    kind: Kind, plan: Template, declared: Declared, made: Mapping[str, Resource]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties of a resource as boto3 wants them, and those of them that have no effect here.

    Raises InvalidTemplate or NotSimulated, as `provision` does.
    """
    resolved = plan.intrinsics.resolve(declared.properties, declared.logical_id, made)
    try:
        checked = kind.shape.check(resolved, declared.logical_id)
    except UnknownProperty as unknown:
        raise _unknown_property(declared, unknown) from None
    inert = {name: part for name, part in resolved.items() if isinstance(kind.shape.fields[name], Inert)}
    return checked, inert


def create_resource(
    kind: Kind, site: Site, plan: Template, declared: Declared, made: Mapping[str, Resource]
) -> Resource:
    """Create one resource; `made`: those that it refers to, by logical id.

    Raises InvalidTemplate or NotSimulated, as `provision` does.
    """
    checked, inert = checked_properties(kind, plan, declared, made)
    # Ids that moto draws (a key's, a subscription's) must not depend on what was drawn before.
    moto_hooks.draw_ids_from(site.ids_of(declared.logical_id))
    properties = Properties(checked)
    with refusals_named(declared):
        identity = kind.create(Order(site=site, logical_id=declared.logical_id, properties=properties))
    if properties.unread:
        raise NotSimulated(declared.type, f"{declared.logical_id}.{properties.unread[0]} has no effect")
    return as_made(declared, identity, properties, inert)


def as_made(
    declared: Declared, identity: Identity, properties: Properties, inert: Mapping[str, Any]
) -> Resource:
    """A resource that stands now."""
    return Resource(
        logical_id=declared.logical_id,
        type=declared.type,
        physical_id=identity.ref,
        attributes=identity.attributes,
        properties={**properties.given, **inert},
    )


@contextmanager
def refusals_named(declared: Declared) -> Iterator[None]:
    """What a service refuses inside, and what can't be simulated, names the resource."""
    at = f"{declared.logical_id} ({declared.type})"
    try:
        yield
    except Refused as refused:
        raise InvalidTemplate(at, _with_reason(refused)) from refused
    except NotSimulated as hole:
        raise NotSimulated(hole.service, f"{declared.logical_id}: {hole.what}") from hole
    except ClientError as error:
        raise InvalidTemplate(at, str(error)) from error
    except BotoCoreError as error:
        raise InvalidTemplate(at, " ".join(str(error).split())) from error
    except NotImplementedError as error:
        raise NotSimulated(declared.type, f"{declared.logical_id}: {error or 'not in moto'}") from error


def _with_reason(refused: Refused) -> str:
    """What the service says, and the reason where it keeps that to itself."""
    reason = str(getattr(refused.__cause__, "reason", ""))
    return str(refused) if reason in refused.message else f"{refused} ({reason})"


def check_types(plan: Template, kinds: Mapping[str, Kind]) -> None:
    """Raise InvalidTemplate or NotSimulated for the first type that isn't here, or can't be called so."""
    for declared in plan.resources.values():
        if not is_known(kinds, declared.type):
            raise unknown_type(declared)
        checked_name(declared.type, declared.logical_id)


def unknown_type(declared: Declared) -> BaseException:
    """What is raised for a type that isn't here: AWS may have it or not."""
    if schema_of(declared.type) is not None:
        return NotSimulated("CloudFormation", f"{declared.logical_id}: the type {declared.type}")
    return InvalidTemplate(f"{declared.logical_id}.Type", f"CloudFormation has no type {declared.type}")


def _unknown_property(declared: Declared, unknown: UnknownProperty) -> BaseException:
    path = unknown.where.removeprefix(f"{declared.logical_id}.")
    if has_property(declared.type, path):
        return NotSimulated("CloudFormation", f"{unknown.where}: this property of {declared.type}")
    return InvalidTemplate(unknown.where, f"CloudFormation knows no such property of {declared.type}")


def stack_id_of(site: Site) -> str:
    """The ARN of a stack that stands before its world begins."""
    digest = hashlib.sha256(f"{site.account}/{site.region}/{site.stack_name}".encode()).hexdigest()
    number = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    return site.arn("cloudformation", f"stack/{site.stack_name}/{number}")
