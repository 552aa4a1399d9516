"""From an API call to what AWS asks IAM about it: which actions, on which resources.

Each service's `Permissions` have a line for each operation; this module reads them. Permissions that one
service needs from another on the caller's behalf (the KMS key of an encrypted topic) are not here: the law of
that service asks for them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from scenarios.cloud.authorization.arns import GIVEN
from scenarios.cloud.authorization.call_keys import CallKeys
from scenarios.cloud.authorization.paths import walk
from scenarios.cloud.authorization.reference import listed_kind, listed_kinds, resource_kinds
from scenarios.cloud.authorization.request_keys import Ask
from scenarios.cloud.authorization.rows import (
    JSON,
    QUERY,
    REST_JSON,
    Asking,
    DenialStyle,
    Kind,
    Permissions,
    Place,
)
from scenarios.cloud.authorization.wildcards import ARN_PARTS, UNNAMED
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.service_models import service_model

ANY = "*"  # as a resource: the action has no resource type
CALLER = "CALLER"  # as a default: the caller
NOBODY = "nobody"  # as a resource: who calls needs no permission, and may sign as nobody
UNKNOWN = "unknown"  # as a kind: AWS asks about something that the parameters don't tell

_LINE = re.compile(
    r"(?P<operation>[\w*]+)(?: +(?P<sign>[+-])(?P<needs>\S+))? +(?P<action>=|\S+:\w+\*?) +(?P<what>\S+)"
)
_WHAT = re.compile(r"(?P<kind>[\w-]+)\((?P<parameters>.+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A path into a call's parameters; `default` stands in for what is absent, None if nothing does."""

    path: str
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table.

    `needs`: (wanted, path), the parameter with or without which the line counts.
    """

    operation: str
    needs: tuple[bool, str] | None
    action: str
    kind: str
    parameters: tuple[Parameter, ...]

    def counts(self, parameters: Mapping[str, Any]) -> bool:
        """Whether the line says anything of a call with these parameters."""
        return self.needs is None or (parameters.get(self.needs[1]) not in _EMPTY) is self.needs[0]


# A flag that is False and an empty value count as not given.
_EMPTY: tuple[object, ...] = (None, "", False, [])


class _Lines(dict[str, list[Line]]):
    """A service's lines by operation; `Describe*` answers for every operation that has none of its own."""

    def __missing__(self, operation: str) -> list[Line]:
        for pattern, lines in self.items():
            if pattern.endswith("*") and operation.startswith(pattern[:-1]):
                return [replace(line, action=line.action.replace(pattern, operation)) for line in lines]
        raise KeyError(operation)


class Actions:
    """What IAM asks about the calls of these services, by botocore's name for each."""

    def __init__(self, services: Mapping[str, Permissions]) -> None:
        self.services = dict(services)
        self._kinds: dict[str, dict[str, Kind]] = {}
        for each in services.values():  # two of them may have one prefix
            self._kinds.setdefault(each.prefix, dict(GIVEN)).update(each.kinds)
        self._lines: dict[str, _Lines] = {}
        self._call_keys: dict[str, CallKeys] = {}

    def required(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        region: str,
        account: str,
        caller: str = "",
    ) -> tuple[tuple[str, str], ...]:
        """The (action, resource) pairs that must all be allowed for this call; a resource is an ARN or "*".

        Args:
            service: botocore's name for it, such as `events`.
            operation: AWS's, such as `PutRule`.
            parameters: boto3's.
            region: where the call goes.
            account: the caller's, to whom bare names belong.
            caller: the caller's ARN, for the IAM operations that mean the caller (GetUser without a name).

        Raises:
            NotSimulated: the operation is in no table and AWS's list has no action of its name, or its
                parameters don't tell what is asked.
        """
        try:
            asked = self.lines(service)[operation]
        except KeyError:
            return (_by_name(service, self._of(service), operation, parameters, account),)
        if any(line.kind == NOBODY for line in asked):
            return ()
        place = Place(region=region, account=account)
        pairs = tuple(
            dict.fromkeys(
                (line.action, resource)
                for line in asked
                if line.counts(parameters)
                for resource in self._resources(service, line, parameters, place, caller)
            )
        )
        if not pairs:
            raise NotSimulated(service, f"{operation} that names nothing to ask about")
        return pairs

    def keys(self, service: str, asking: Asking) -> Ask:
        """What answers for the condition keys that a call brings in its parameters."""
        if service not in self._call_keys:
            self._call_keys[service] = CallKeys(self._of(service))
        return self._call_keys[service].of(asking)

    def denial(self, service: str, operation: str) -> DenialStyle:
        """How the service says no."""
        del operation
        return self._of(service).denial

    def lines(self, service: str) -> Mapping[str, list[Line]]:
        """A service's lines, by operation; AWS's list alone tells of a service that has none."""
        if service not in self._lines:
            of = self._of(service)
            by_operation = self._lines[service] = _Lines()
            for text in of.lines.strip().splitlines():
                line = _line(of.prefix, text)
                by_operation.setdefault(line.operation, []).append(line)
        return self._lines[service]

    def kind(self, prefix: str, name: str) -> Kind:
        """A kind of resource of the service with these actions: its own, else as AWS's list has it."""
        kind = self._kinds.get(prefix, GIVEN).get(name) or listed_kind(prefix, name)
        if kind is None:
            known = ", ".join([*self._kinds.get(prefix, GIVEN), *listed_kinds(prefix)])
            raise ValueError(f"{prefix} has no kind of resource that is called {name}; there are {known}")
        return kind

    def _of(self, service: str) -> Permissions:
        """What is known of a service; of one without rows, how its protocol says no, and its prefix."""
        if service not in self.services:
            self.services[service] = _without_rows(service)
        return self.services[service]

    def _resources(
        self, service: str, line: Line, parameters: Mapping[str, Any], place: Place, caller: str
    ) -> Iterator[str]:
        """The resources that one line asks about: every combination of what its parameters name."""
        if line.kind == ANY:
            yield ANY
            return
        if line.kind == UNKNOWN:
            what = line.parameters[0].path
            raise NotSimulated(service, f"{line.operation} with {what}: it doesn't tell what AWS asks about")
        named = [
            _values(service, line.operation, parameter, parameters, caller) for parameter in line.parameters
        ]
        kind = self.kind(line.action.partition(":")[0], line.kind)
        for values in product(*named):
            resource = kind(place, *values)
            if resource:
                yield resource


def _without_rows(service: str) -> Permissions:
    metadata = service_model(service).metadata
    prefix = metadata.get("signingName") or metadata["endpointPrefix"]
    return Permissions(prefix=prefix, denial=_BY_PROTOCOL.get(metadata["protocol"], JSON), lines="")


_BY_PROTOCOL = {"query": QUERY, "ec2": QUERY, "rest-xml": QUERY, "rest-json": REST_JSON}


def _by_name(
    service: str, of: Permissions, operation: str, parameters: Mapping[str, Any], account: str
) -> tuple[str, str]:
    """What AWS's list says of an operation without a line, where an action has its name.

    The resource is unknown here, so only policies whose Resource is `*` can allow it. Services whose
    resources have policies of their own are left out, because the resource's policy could not be found.
    """
    action = f"{of.prefix}:{operation}"
    resources = resource_kinds(action)
    if resources is None or (resources and of.policy_of is not None):
        raise NotSimulated(service, f"who may call {operation}")
    if not resources:
        return action, ANY
    elsewhere = [value for value in parameters.values() if _is_of_another(value, account)]
    if elsewhere:
        raise NotSimulated(service, f"who may call {operation} on {elsewhere[0]}, of another account")
    return action, UNNAMED


def _is_of_another(value: Any, account: str) -> bool:
    parts = value.split(":", 5) if isinstance(value, str) and value.startswith("arn:") else []
    return len(parts) == ARN_PARTS and parts[4] not in {"", "aws", account}


def _line(prefix: str, text: str) -> Line:
    found = _LINE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"no line of an action table: {text}")
    action = f"{prefix}:{found['operation']}" if found["action"] == "=" else found["action"]
    kind, parameters = _what(found["what"])
    needs = (found["sign"] == "+", found["needs"]) if found["sign"] else None
    return Line(operation=found["operation"], needs=needs, action=action, kind=kind, parameters=parameters)


def _what(text: str) -> tuple[str, tuple[Parameter, ...]]:
    if text in {ANY, NOBODY}:
        return text, ()
    found = _WHAT.fullmatch(text)
    if not found:
        raise ValueError(f"no resource of an action table: {text}")
    return found["kind"], tuple(map(_parameter, found["parameters"].split(",")))


def _parameter(text: str) -> Parameter:
    path, equals, default = text.partition("=")
    return Parameter(path=path, default=default if equals else None)


def _values(
    service: str, operation: str, parameter: Parameter, parameters: Mapping[str, Any], caller: str
) -> list[Any]:
    found = list(walk(parameter.path, parameters)) if parameter.path else [None]
    default = caller if parameter.default == CALLER else parameter.default
    if None in found and (default is None or (parameter.default == CALLER and not caller)):
        raise NotSimulated(service, f"{operation} without {parameter.path or 'its caller'}")
    return [default if value is None else value for value in found]
