"""What the function that creates a type of resource gets, and what it returns.

A `Kind` is one CloudFormation type: the shape of its properties and functions that make the boto3 calls. The
one that creates gets an `Order` and returns the resource's `Identity`: what `Ref` and `Fn::GetAtt` give. The
one that deletes gets a `Removal`.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from scenarios.cloud.cloudformation.resources.shapes import Shape
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.moto_direct import asked_directly, taken_by_botocore
from scenarios.cloud.kernel.stack import Resource
from scenarios.cloud.kernel.validation import Request, Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a created resource answers to references."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


class Clients(Protocol):
    """What makes boto3 clients: a session, or what stands for one."""

    def client(self, service_name: Any, region_name: Any) -> Any:
        """A client of a service in a region."""


class AskingClient:
    """A boto3 client that asks what the service refuses before each call, as its API does.

    A stack is set up by muted calls, which reach moto alone: by the direct way, where the site says so.
    """

    def __init__(self, client: Any, service: str, site: "Site") -> None:
        self._client = client
        self._service = service
        self._site = site

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        operation = self._client.meta.method_to_api_mapping.get(name)
        if operation is None:
            return attribute

        def call(**parameters: Any) -> Any:
            self._site.validators.check(
                Request(
                    service=self._service,
                    operation=operation,
                    parameters=parameters,
                    account=self._site.account,
                    region=self._site.region,
                )
            )
            directly = self._service in self._site.direct and taken_by_botocore(
                self._client, operation, parameters
            )
            answer = asked_directly(self._client, operation, parameters) if directly else None
            return answer or attribute(**parameters)

        return call


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a stack is being built: one account, one region, one client for each service.

    `session`: makes the clients, as a boto3 session does. `direct`: services that are asked by the direct way
    to moto, see `kernel.moto_direct`. `uploaded`: whether what the template says to be in S3, such as
    functions' code, is there.
    """

    stack_name: str
    account: str
    region: str
    partition: str
    session: Clients
    validators: Validators
    direct: Collection[str] = ()
    uploaded: bool = False
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the client of a service; each is made once, since making one costs more than using it."""
        if service not in self.clients:
            client = self.session.client(service, region_name=self.region)
            self.clients[service] = AskingClient(client, service, self)
        return self.clients[service]

    def suffix(self, logical_id: str, length: int = 12) -> str:
        """Return the part of a generated name that CloudFormation draws at random; here it is a digest."""
        key = f"{self.account}\n{self.region}\n{self.stack_name}\n{logical_id}"
        return hashlib.sha256(key.encode()).hexdigest()[:length].upper()

    def ids_of(self, logical_id: str) -> str:
        """Return what the ids that moto draws for a resource are drawn from."""
        return f"{self.account}/{self.region}/{self.stack_name}/{logical_id}"

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """Return the ARN of a resource of this account."""
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account}:{resource}"


class Properties(Mapping[str, Any]):
    """Properties that remember which of them were read: none may be accepted and then ignored."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = self._given[name]
        self._read.add(name)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._given

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)

    @property
    def given(self) -> Mapping[str, Any]:
        """All of them, as they were given."""
        return self._given

    @property
    def unread(self) -> list[str]:
        """The names of those that were not read."""
        return sorted(self._given.keys() - self._read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One resource to create: `properties` are resolved, checked, and without the inert ones."""

    site: Site
    logical_id: str
    properties: Properties

    def client(self, service: str) -> Any:
        """Return the site's client of a service."""
        return self.site.client(service)

    def name(self, given: str, longest: int) -> str:
        """Return the name the template gives in the property `given`, or a generated one."""
        return str(self.properties[given]) if given in self.properties else self.generated_name(longest)

    def generated_name(self, longest: int) -> str:
        """Return a name as CloudFormation makes them: stack, logical id, suffix."""
        suffix = self.site.suffix(self.logical_id)
        room = longest - len(suffix) - 2
        own = self.logical_id[: max(room // 2, room - len(self.site.stack_name))]  # keep some of both
        return f"{self.site.stack_name[: room - len(own)]}-{own}-{suffix}"

    def pick(self, *names: str) -> dict[str, Any]:
        """Return those of the named properties that were given."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def refuse(self, name: str, why: str) -> InvalidTemplate:
        """Return the error that AWS would answer for one property."""
        return InvalidTemplate(f"{self.logical_id}.{name}", why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One resource to delete, as it was created.

    `client`: a boto3 client of a service, which signs in the name of whoever deletes the stack. `told`:
    service, operation and parameters of a call that changes nothing in moto; it is judged and recorded like
    any other. `quietly`: calls inside are neither, for what moto keeps in another way than AWS.
    """

    resource: Resource
    client: Callable[[str], Any]
    told: Callable[[str, str, Mapping[str, Any]], None]
    quietly: Callable[[], AbstractContextManager[None]]

    @property
    def ref(self) -> str:
        """What `Ref` gives."""
        return self.resource.physical_id

    @property
    def properties(self) -> Mapping[str, Any]:
        """What the template says."""
        return self.resource.properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One CloudFormation type.

    `update`: changes one in place, given the order as it is wanted now and the resource as it stands; None
    where no change in place is known. `grants`: it only gives access. Such resources come last among those
    that are ready, see `Template.in_order`.
    """

    shape: Shape
    create: Callable[[Order], Identity]
    delete: Callable[[Removal], None]
    update: Callable[[Order, Resource], Identity] | None = None
    grants: bool = False


def text_of(document: Mapping[str, Any]) -> str:
    """Return a document as the JSON text that AWS's calls take."""
    return json.dumps(document, separators=(",", ":"))


def made_again(create: Callable[[Order], Identity]) -> Callable[[Order, Resource], Identity]:
    """Return the update of a type whose create call replaces what is there under the same name."""

    def update(order: Order, _: Resource) -> Identity:
        return create(order)

    return update


def drawn(attribute: str, length: int, *read: str) -> Callable[[Order], Identity]:
    """Return the creation of a type that only its stack keeps, under a drawn id that is an attribute too.

    `read`: those of its properties, beside the inert ones, that are read from the stack.
    """

    def create(order: Order) -> Identity:
        order.pick(*read)
        name = order.site.suffix(order.logical_id, length).lower()
        return Identity(ref=name, attributes={attribute: name})

    return create


def only_told(service: str, operation: str, own: str = "", **others: str) -> Callable[[Removal], None]:
    """Return the deletion of a type of which moto keeps nothing: a call that is judged and recorded.

    `own`: the parameter that `Ref` fills, if one does; `others`: by parameter, the property that fills it.
    """

    def delete(removal: Removal) -> None:
        named = {name: removal.properties[given] for name, given in others.items()}
        removal.told(service, operation, {**named, **({own: removal.ref} if own else {})})

    return delete


def changed(order: Order, before: Resource) -> set[str]:
    """Return the names of the properties that differ; all of the new ones count as read."""
    now = {name: order.properties[name] for name in order.properties}
    names = now.keys() | before.properties.keys()
    return {name for name in names if now.get(name) != before.properties.get(name)}


def only(order: Order, before: Resource, *known: str) -> set[str]:
    """Return the names of the properties that differ; raises NotSimulated where others than these do."""
    differ = changed(order, before)
    for name in sorted(differ - set(known)):
        raise NotSimulated("CloudFormation", f"an update of {before.type} in place: {name}")
    return differ
