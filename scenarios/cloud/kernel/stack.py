"""A provisioned stack and its resources, as every service may ask for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of the stack, as it was created.

    `physical_id` is what `Ref` gives, `attributes` what `Fn::GetAtt` gives, `properties` what the template
    says with every function resolved.
    """

    logical_id: str
    type: str
    physical_id: str
    attributes: Mapping[str, str]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What was provisioned from one template, under the parameters that were given.

    `resources` are in the order of their creation. `exports`: the name under which an output is exported, by
    the output's own name; `imports`: the values that other stacks export and this one takes, by their names.
    """

    name: str
    stack_id: str
    region: str
    account: str
    resources: Mapping[str, Resource]
    outputs: Mapping[str, str]
    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    exports: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)

    @property
    def values_of_parameters(self) -> dict[str, str]:
        """The value of each parameter: what was given, or else the template's default."""
        declared = self.template.get("Parameters", {})
        defaults = {name: str(each.get("Default", "")) for name, each in declared.items()}
        return {**defaults, **self.parameters}

    def of_type(self, name: str) -> list[Resource]:
        """Return the resources of one CloudFormation type, in the order of their creation."""
        return [resource for resource in self.resources.values() if resource.type == name]
