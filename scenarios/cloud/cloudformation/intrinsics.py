"""CloudFormation's intrinsic functions: what a template says instead of a value.

One table, `_FUNCTIONS`, from name to meaning. A function that is not in it is an error, and so is an object
that holds a function beside anything else: a merged template that overrides `{"Fn::Sub": ...}` with
`{"Ref": ...}` ends up with both keys, and CloudFormation refuses it too.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import base64
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated

# Real functions of CloudFormation that the simulated AWS does not have.
_ELSEWHERE = frozenset(
    {
        "Fn::Cidr",
        "Fn::ForEach",
        "Fn::GetStackOutput",
        "Fn::Length",
        "Fn::ToJsonString",
        "Fn::Transform",
    }
)
_LOGIC = frozenset({"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"})
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


class _NoValue:
    """What `AWS::NoValue` resolves to: the property, or the list's item, is left out."""


NO_VALUE = _NoValue()


class Exists(Protocol):
    """What a reference reads of a resource that was created."""

    @property
    def physical_id(self) -> str:
        """What `Ref` gives."""

    @property
    def attributes(self) -> Mapping[str, str]:
        """What `Fn::GetAtt` gives."""


Made = Mapping[str, Exists]


@dataclass(slots=True, kw_only=True)
class Intrinsics:
    """Everything a reference can lead to.

    `values`: parameters and pseudo parameters. `zones`: tells the region's availability zones. `imports`:
    what other stacks export, by the exports' names.
    """

    values: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    declared: Collection[str]
    switched_off: frozenset[str]
    zones: Callable[[], list[str]] = list
    imports: Mapping[str, str] = field(default_factory=dict)
    _decided: dict[str, bool | None] = field(default_factory=dict)

    def resolve(self, value: Any, at: str, made: Made) -> Any:
        """Return `value` with every function in it evaluated; `at` says where it stands, for errors."""
        if isinstance(value, list):
            items = (self.resolve(item, f"{at}[{index}]", made) for index, item in enumerate(value))
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        function = function_name(value, at)
        if function is None:
            pairs = ((name, self.resolve(part, f"{at}.{name}", made)) for name, part in value.items())
            return {name: part for name, part in pairs if part is not NO_VALUE}
        return _FUNCTIONS[function](self, value[function], at, made)

    def holds(self, name: Any, at: str) -> bool:
        """Tell whether the condition `name` holds."""
        if not isinstance(name, str) or name not in self.conditions:
            raise InvalidTemplate(at, f"there is no condition {name!r} in the template")
        if name not in self._decided:
            self._decided[name] = None
            self._decided[name] = self._decide(self.conditions[name], f"Conditions.{name}")
        decided = self._decided[name]
        if decided is None:
            raise InvalidTemplate(at, f"Circular dependency of condition {name} on itself")
        return decided

    def require_resource(self, logical_id: str, at: str) -> None:
        """Refuse a reference that leads to no resource of this stack."""
        if logical_id in self.switched_off:
            raise InvalidTemplate(
                at,
                f"Unresolved resource dependencies [{logical_id}]: its condition does not hold",
            )
        if logical_id not in self.declared:
            raise InvalidTemplate(
                at, f"Unresolved resource dependencies [{logical_id}]: nothing has that name"
            )

    def resources_named_in(self, value: Any, at: str) -> set[str]:
        """Return the logical ids that `value` refers to, in the branches that its conditions choose."""
        if isinstance(value, list):
            return {
                name for i, item in enumerate(value) for name in self.resources_named_in(item, f"{at}[{i}]")
            }
        if not isinstance(value, dict):
            return set()
        function = function_name(value, at)
        if function is None:
            return {
                name for key, part in value.items() for name in self.resources_named_in(part, f"{at}.{key}")
            }
        argument = value[function]
        if function == "Fn::If":
            return self.resources_named_in(self._branch(argument, at), at)
        names = self._named_by(function, argument, at)
        for name in names:
            self.require_resource(name, at)
        if function in {"Ref", "Fn::GetAtt"} or (function == "Fn::Sub" and isinstance(argument, str)):
            return names
        return names | self.resources_named_in(argument[1] if function == "Fn::Sub" else argument, at)

    def imports_named_in(self, value: Any, at: str) -> set[str]:
        """Return the names of the exports that `value` imports, in the branches its conditions choose."""
        if isinstance(value, list):
            return {name for item in value for name in self.imports_named_in(item, at)}
        if not isinstance(value, dict):
            return set()
        function = function_name(value, at)
        if function == "Fn::If":
            return self.imports_named_in(self._branch(value[function], at), at)
        if function == "Fn::ImportValue":
            return {self._export_named(value[function], at)}
        return {name for part in value.values() for name in self.imports_named_in(part, at)}

    def _named_by(self, function: str, argument: Any, at: str) -> set[str]:
        if function == "Ref":
            known = argument in self.values or argument == "AWS::NoValue"
            return set() if known else {_string(argument, at, "Ref")}
        if function == "Fn::GetAtt":
            return {_attribute(argument, at)[0]}
        if function == "Fn::Sub":
            text, own = _substitution(argument, at)
            names = {name for name in _PLACEHOLDER.findall(text) if not name.startswith("!")}
            return {name.split(".", 1)[0] for name in names - own.keys() - self.values.keys()}
        return set()

    def _decide(self, value: Any, at: str) -> bool:
        if isinstance(value, dict) and len(value) == 1:
            [(function, argument)] = value.items()
            if function == "Condition":
                return self.holds(argument, at)
            if function == "Fn::Equals":
                left, right = _items(argument, at, function, 2, 2)
                return bool(
                    _comparable(self.resolve(left, at, {})) == _comparable(self.resolve(right, at, {}))
                )
            if function == "Fn::Not":
                return not self._decide(_items(argument, at, function, 1, 1)[0], at)
            if function in {"Fn::And", "Fn::Or"}:
                parts = [self._decide(part, at) for part in _items(argument, at, function, 2, 10)]
                return all(parts) if function == "Fn::And" else any(parts)
        raise InvalidTemplate(at, f"{value!r} is not a condition")

    def _branch(self, argument: Any, at: str) -> Any:
        name, then, otherwise = _items(argument, at, "Fn::If", 3, 3)
        return then if self.holds(name, at) else otherwise

    def _ref(self, argument: Any, at: str, made: Made) -> Any:
        name = _string(argument, at, "Ref")
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.values:
            return self.values[name]
        self.require_resource(name, at)
        if name not in made:
            raise InvalidTemplate(at, f"{name} is a resource, and none can be referred to here")
        return made[name].physical_id

    def _get_att(self, argument: Any, at: str, made: Made) -> Any:
        name, attribute = _attribute(argument, at)
        self.require_resource(name, at)
        if name not in made:
            raise InvalidTemplate(at, f"{name} is a resource, and none can be referred to here")
        if attribute not in made[name].attributes:
            known = ", ".join(sorted(made[name].attributes)) or "none"
            raise InvalidTemplate(at, f"{name} has no attribute {attribute}; known are: {known}")
        return made[name].attributes[attribute]

    def _sub(self, argument: Any, at: str, made: Made) -> Any:
        text, own = _substitution(argument, at)

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return _joinable(self.resolve(own[name], at, made), at)
            if "." in name and name not in self.values:
                return _joinable(self._get_att(name, at, made), at)
            return _joinable(self._ref(name, at, made), at)

        return _PLACEHOLDER.sub(replace, text)

    def _join(self, argument: Any, at: str, made: Made) -> Any:
        delimiter, parts = _items(argument, at, "Fn::Join", 2, 2)
        items = self.resolve(parts, at, made)
        if not isinstance(delimiter, str) or not isinstance(items, list):
            raise InvalidTemplate(at, "Fn::Join takes a delimiter and a list")
        return delimiter.join(_joinable(item, at) for item in items)

    def _select(self, argument: Any, at: str, made: Made) -> Any:
        index, items = (self.resolve(part, at, made) for part in _items(argument, at, "Fn::Select", 2, 2))
        if not isinstance(items, list) or not str(index).isdecimal() or int(index) >= len(items):
            raise InvalidTemplate(at, f"Fn::Select cannot select item {index} of {items!r}")
        return items[int(index)]

    def _split(self, argument: Any, at: str, made: Made) -> Any:
        delimiter, source = _items(argument, at, "Fn::Split", 2, 2)
        text = self.resolve(source, at, made)
        if not isinstance(delimiter, str) or not delimiter or not isinstance(text, str):
            raise InvalidTemplate(at, "Fn::Split takes a delimiter and a string")
        return text.split(delimiter)

    def _if(self, argument: Any, at: str, made: Made) -> Any:
        return self.resolve(self._branch(argument, at), at, made)

    def _import_value(self, argument: Any, at: str, made: Made) -> Any:
        del made  # a name can't be made of what this stack makes
        name = self._export_named(argument, at)
        if name not in self.imports:
            raise InvalidTemplate(at, f"No export named {name} found.")
        return self.imports[name]

    def _export_named(self, argument: Any, at: str) -> str:
        if self.resources_named_in(argument, at):
            why = "Fn::ImportValue must not depend on any resources, imported values, or Fn::GetAZs"
            raise InvalidTemplate(at, f"Template error: the attribute in {why}")
        return _string(self.resolve(argument, at, {}), at, "Fn::ImportValue")

    def _find_in_map(self, argument: Any, at: str, made: Made) -> Any:
        keys = [self.resolve(part, at, made) for part in _items(argument, at, "Fn::FindInMap", 3, 3)]
        found: Any = self.mappings
        for key in keys:
            if not isinstance(found, dict) or key not in found:
                raise InvalidTemplate(at, f"Unable to get mapping for {'::'.join(map(str, keys))}")
            found = found[key]
        return found

    def _base64(self, argument: Any, at: str, made: Made) -> Any:
        text = self.resolve(argument, at, made)
        if not isinstance(text, str):
            raise InvalidTemplate(at, "Fn::Base64 takes a string")
        return base64.b64encode(text.encode()).decode()

    def _get_azs(self, argument: Any, at: str, made: Made) -> Any:
        region = self.resolve(argument, at, made)
        if region not in {"", self.values.get("AWS::Region")}:
            raise NotSimulated("CloudFormation", f"Fn::GetAZs of the region {region} ({at})")
        return self.zones()


_FUNCTIONS: Mapping[str, Callable[[Intrinsics, Any, str, Made], Any]] = {
    "Fn::Base64": Intrinsics._base64,  # noqa: SLF001 - the table of its own class
    "Fn::FindInMap": Intrinsics._find_in_map,  # noqa: SLF001
    "Fn::GetAZs": Intrinsics._get_azs,  # noqa: SLF001
    "Fn::GetAtt": Intrinsics._get_att,  # noqa: SLF001
    "Fn::If": Intrinsics._if,  # noqa: SLF001
    "Fn::ImportValue": Intrinsics._import_value,  # noqa: SLF001
    "Fn::Join": Intrinsics._join,  # noqa: SLF001
    "Fn::Select": Intrinsics._select,  # noqa: SLF001
    "Fn::Split": Intrinsics._split,  # noqa: SLF001
    "Fn::Sub": Intrinsics._sub,  # noqa: SLF001
    "Ref": Intrinsics._ref,  # noqa: SLF001
}


def function_name(value: Mapping[str, Any], at: str) -> str | None:
    """Return the function an object stands for, or None for an object that is just data."""
    names = [name for name in value if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::"))]
    if not names:
        return None
    name = names[0]
    if len(value) > 1:
        raise InvalidTemplate(
            at, f"{name} must stand alone, not beside {', '.join(sorted(value.keys() - {name}))}"
        )
    if name.split("::&", 1)[0] in _ELSEWHERE or name.startswith("Fn::ForEach"):
        raise NotSimulated("CloudFormation", f"{name} ({at})")
    if name in _LOGIC:
        raise InvalidTemplate(at, f"{name} belongs in the Conditions section")
    if name not in _FUNCTIONS:
        raise InvalidTemplate(at, f"CloudFormation has no function {name}")
    return name


def _string(value: Any, at: str, function: str) -> str:
    if not isinstance(value, str):
        raise InvalidTemplate(at, f"{function} takes a name, not {value!r}")
    return value


def _items(value: Any, at: str, function: str, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        many = str(least) if least == most else f"{least} to {most}"
        raise InvalidTemplate(at, f"{function} takes a list of {many}")
    return value


def _attribute(value: Any, at: str) -> tuple[str, str]:
    """Split `["Id", "Attribute"]` or `"Id.Attribute"`."""
    parts = value.split(".", 1) if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise InvalidTemplate(at, f"Fn::GetAtt takes a resource and an attribute, not {value!r}")
    return parts[0], parts[1]


def _substitution(argument: Any, at: str) -> tuple[str, Mapping[str, Any]]:
    if isinstance(argument, str):
        return argument, {}
    text, own = _items(argument, at, "Fn::Sub", 2, 2)
    if not isinstance(text, str) or not isinstance(own, dict):
        raise InvalidTemplate(at, "Fn::Sub takes a string, or a string and an object")
    return text, own


def _joinable(value: Any, at: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InvalidTemplate(at, f"{value!r} cannot become part of a string")


def _comparable(value: Any) -> Any:
    return _joinable(value, "Fn::Equals") if isinstance(value, bool | int | float) else value
