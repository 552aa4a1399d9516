"""From a template to the resources CloudFormation would create, in the order it would create them.

Parameters are checked, conditions decided, what is switched off is left out, and the rest is put in order of
dependency. What the SAM transform does comes before: see `transform`.

Sources: Template anatomy, Intrinsic function reference, Parameters, Conditions,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.cloudformation.account_values import AccountValues
from scenarios.cloud.cloudformation.intrinsics import Intrinsics, Made
from scenarios.cloud.cloudformation.parameters import parameter_values
from scenarios.cloud.cloudformation.rules import check_rules
from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
    }
)
_ATTRIBUTES = frozenset(
    {"Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"}
)
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}\Z")
_EXPORT = re.compile(r"[A-Za-z0-9:-]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A resource as the template declares it; `properties` are not resolved yet."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    needs: tuple[str, ...]  # logical ids that must exist first, sorted


class Template:
    """One CloudFormation template under given parameters, in one account and region.

    `standing`: its stack is there already, and what its parameters name in the account may be gone.

    Raises:
        InvalidTemplate: what CloudFormation's own validation refuses: unknown sections and attributes, a
            parameter that is missing or not allowed, references that lead nowhere.
        NotSimulated: macros and other things CloudFormation does and we don't.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        region: str,
        account: str,
        stack_name: str,
        stack_id: str,
        parameters: Mapping[str, str],
        standing: bool = False,
        imports: Mapping[str, str] | None = None,
    ) -> None:
        """`imports`: what other stacks export, by the exports' names."""
        _check_sections(document)
        partition = partition_of(region)
        values: dict[str, Any] = {
            "AWS::AccountId": account,
            "AWS::NotificationARNs": [],
            "AWS::Partition": partition,
            "AWS::Region": region,
            "AWS::StackId": stack_id,
            "AWS::StackName": stack_name,
            "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        }
        here = AccountValues(account, region, standing=standing)
        values |= parameter_values(document.get("Parameters", {}), parameters, here)
        self.intrinsics = Intrinsics(
            values=values,
            zones=here.zones,
            mappings=document.get("Mappings", {}),
            conditions=document.get("Conditions", {}),
            declared=document["Resources"].keys(),
            switched_off=frozenset(),
            imports=imports or {},
        )
        check_rules(document.get("Rules", {}), self.intrinsics)
        off = frozenset(
            logical_id
            for logical_id, resource in document["Resources"].items()
            if not self._is_on(logical_id, resource)
        )
        self.intrinsics.switched_off = off
        self._outputs: Mapping[str, Any] = document.get("Outputs", {})
        self.resources: Mapping[str, Declared] = {
            logical_id: self._declared(logical_id, resource)
            for logical_id, resource in sorted(document["Resources"].items())
            if logical_id not in off
        }

    def in_order(self, late: frozenset[str] = frozenset()) -> Iterator[Declared]:
        """Yield every resource after those it needs, ties by logical id; types in `late` come last.

        CloudFormation creates all resources that are ready at the same time, so the template must state every
        order it needs. `late` is for what grants access: a resource that needs a grant and does not say so
        with DependsOn loses that race here every time, instead of sometimes in the account.

        Raises:
            InvalidTemplate: the resources need each other in a circle, which is named.
        """
        waiting = dict(self.resources)
        made: set[str] = set()
        while waiting:
            ready = [one for one in waiting.values() if made.issuperset(one.needs)]
            if not ready:
                circle = _circle(waiting)
                raise InvalidTemplate(
                    circle[0], f"Circular dependency between resources: {' -> '.join(circle)}"
                )
            batch = [one for one in ready if one.type not in late] or ready
            for one in batch:
                yield one
                made.add(one.logical_id)
                del waiting[one.logical_id]

    def before(self, logical_id: str, late: frozenset[str] = frozenset()) -> Iterator[Declared]:
        """Yield, as `in_order` does, all but this resource and those that need it, or need such a one."""
        after = {logical_id}
        for each in self.in_order(late=late):
            if each.logical_id in after or not after.isdisjoint(each.needs):
                after.add(each.logical_id)
            else:
                yield each

    def outputs(self, made: Made) -> dict[str, str]:
        """Resolve the outputs whose condition holds."""
        outputs = {}
        for name, output in self._outputs_that_hold():
            at = f"Outputs.{name}"
            value = self.intrinsics.resolve(output["Value"], f"{at}.Value", made)
            if not isinstance(value, str | int | float):
                raise InvalidTemplate(f"{at}.Value", "an output's value is a string")
            outputs[name] = str(value)
        return outputs

    def exports(self, made: Made) -> dict[str, str]:
        """The names under which outputs are exported, by the outputs' own."""
        names = {}
        for name, output in self._outputs_that_hold():
            at = f"Outputs.{name}.Export"
            if "Export" not in output:
                continue
            export = output["Export"]
            if not isinstance(export, dict) or export.keys() != {"Name"}:
                raise InvalidTemplate(at, "an export has a Name, and nothing else")
            told = self.intrinsics.resolve(export["Name"], f"{at}.Name", made)
            if not isinstance(told, str) or not _EXPORT.fullmatch(told):
                raise InvalidTemplate(f"{at}.Name", f"{told!r} is no name of an export")
            names[name] = told
        return names

    @property
    def imports(self) -> set[str]:
        """The names of the exports of other stacks that are used here."""
        told = [(name, each.properties) for name, each in self.resources.items()]
        told += [(f"Outputs.{name}", each) for name, each in self._outputs_that_hold()]
        return {name for at, each in told for name in self.intrinsics.imports_named_in(each, at)}

    def _outputs_that_hold(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, output in self._outputs.items():
            at = f"Outputs.{name}"
            if not isinstance(output, dict) or "Value" not in output:
                raise InvalidTemplate(at, "an output has a Value")
            _refuse_unknown(at, output, frozenset({"Value", "Description", "Condition", "Export"}))
            if "Condition" not in output or self.intrinsics.holds(output["Condition"], at):
                yield name, output

    def _is_on(self, logical_id: str, resource: Any) -> bool:
        if not _LOGICAL_ID.match(logical_id):
            raise InvalidTemplate(logical_id, "a logical id is made of letters and digits")
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise InvalidTemplate(logical_id, "a resource is an object with a Type")
        return "Condition" not in resource or self.intrinsics.holds(resource["Condition"], logical_id)

    def _declared(self, logical_id: str, resource: Mapping[str, Any]) -> Declared:
        _refuse_unknown(logical_id, resource, _ATTRIBUTES)
        properties = resource.get("Properties", {})
        if not isinstance(properties, dict):
            raise InvalidTemplate(f"{logical_id}.Properties", "properties are an object")
        explicit = resource.get("DependsOn", [])
        explicit = [explicit] if isinstance(explicit, str) else explicit
        if not isinstance(explicit, list) or not all(isinstance(one, str) for one in explicit):
            raise InvalidTemplate(f"{logical_id}.DependsOn", "DependsOn is a logical id or a list of them")
        needs = set(explicit)
        for one in explicit:
            self.intrinsics.require_resource(one, f"{logical_id}.DependsOn")
        # A reference in Metadata orders resources too; people use it where DependsOn takes no Fn::If.
        for part in ("Properties", "Metadata"):
            at = logical_id if part == "Properties" else f"{logical_id}.{part}"
            needs |= self.intrinsics.resources_named_in(resource.get(part, {}), at)
        return Declared(
            logical_id=logical_id, type=resource["Type"], properties=properties, needs=tuple(sorted(needs))
        )


def _check_sections(document: Mapping[str, Any]) -> None:
    for section in document.keys() - _SECTIONS:
        if section in {"Transform", "Hooks"}:
            raise NotSimulated("CloudFormation", f"the template section {section}")
        raise InvalidTemplate(str(section), "CloudFormation knows no such section of a template")
    if not document.get("Resources"):
        raise InvalidTemplate("Resources", "At least one Resources member must be defined.")
    for section in _SECTIONS - {"AWSTemplateFormatVersion", "Description"}:
        if not isinstance(document.get(section, {}), dict):
            raise InvalidTemplate(section, "this section is an object")
    if document.get("AWSTemplateFormatVersion", "2010-09-09") != "2010-09-09":
        raise InvalidTemplate("AWSTemplateFormatVersion", "the only version there is is 2010-09-09")


def _refuse_unknown(at: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    for name in sorted(given.keys() - known):
        if name in {"CreationPolicy", "UpdatePolicy"}:
            raise NotSimulated("CloudFormation", f"{name} ({at})")
        raise InvalidTemplate(f"{at}.{name}", f"known here are {', '.join(sorted(known))}")


def _circle(waiting: Mapping[str, Declared]) -> list[str]:
    """Walk from any resource along what it waits for until one comes up again."""
    path = [min(waiting)]
    while True:
        needed = next(need for need in waiting[path[-1]].needs if need in waiting)
        if needed in path:
            return [*path[path.index(needed) :], needed]
        path.append(needed)
