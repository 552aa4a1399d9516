"""What stacks export to the others of their region, and who imports it.

An output with an export's name can be imported by `Fn::ImportValue`. As long as a stack imports it, it can
neither be changed nor go: an update that would do so is taken back, and a deletion is given up.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html;
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html;
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListExports.html and
API_ListImports.html there; what a refused update and a refused deletion say,
https://repost.aws/articles/ARrtwG71pqTYi3bGme27_3bg; that a name is taken,
https://github.com/aws-amplify/amplify-cli/issues/1581
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.building import plan_of
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.cloudformation.standing import Standing
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

# Stacks in these have no resources, so they use nothing.
_WITHOUT_RESOURCES = frozenset({"DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    name: str
    value: str
    by: Stack


class Exports:
    """The exports of all stacks, and the answers about them."""

    def __init__(self, setting: Setting, stacks: Stacks) -> None:
        self._stacks = stacks
        setting.calls.answer("cloudformation", "ListExports", self._list)
        setting.calls.answer("cloudformation", "ListImports", self._list_imports)

    def values(self, region: str) -> dict[str, str]:
        """What is exported in a region, by the exports' names."""
        return {each.name: each.value for each in self._all(region)}

    def importing(self, stack: Stack) -> Stack:
        """The stack with the values that it imports, as they are now; what nobody exports is left out."""
        there = self.values(stack.region)
        wanted = plan_of(stack).imports
        return replace(stack, imports={name: there[name] for name in sorted(wanted) if name in there})

    def missing(self, stack: Stack) -> str:
        """What CloudFormation says where nobody exports what a stack imports; "" where all is there."""
        absent = sorted(plan_of(stack).imports - stack.imports.keys())
        return f"No export named {absent[0]} found. " if absent else ""

    def refusal(self, standing: Standing, outputs: Mapping[str, str], exports: Mapping[str, str]) -> str:
        """Why a stack can't have these outputs under these exports' names; "" where it can."""
        will_be = {name: outputs[output] for output, name in exports.items()}
        for other in self._all(standing.stack.region):
            if other.by.stack_id != standing.stack.stack_id:
                if other.name in will_be:
                    return f"Export with name {other.name} is already exported by stack {other.by.name}. "
            elif will_be.get(other.name) != other.value and (users := self._users(other)):
                deed = "update" if other.name in will_be else "delete"
                return f"Cannot {deed} export {other.name} as it is in use by {' and '.join(users)}. "
        return ""

    def in_use(self, standing: Standing) -> str:
        """Why a stack can't be deleted: others import what it exports; "" where none does."""
        return self.refusal(standing, {}, {})

    def _all(self, region: str) -> Iterator[_Export]:
        for each in self._stacks.all:
            stack = each.stack
            if stack.region == region and not each.deleted:
                for output, name in stack.exports.items():
                    yield _Export(name=name, value=stack.outputs[output], by=stack)

    def _users(self, export: _Export) -> list[str]:
        return [
            each.stack.name
            for each in self._stacks.all
            if each.stack.region == export.by.region
            and export.name in each.stack.imports
            and each.status.name not in _WITHOUT_RESOURCES
        ]

    # ---- what is told ---------------------------------------------------------------------------

    def _list(self, asked: Asked) -> dict[str, Any]:
        found = sorted(self._all(asked.region), key=lambda each: each.name)
        return {
            "Exports": [
                {"ExportingStackId": each.by.stack_id, "Name": each.name, "Value": each.value}
                for each in found
            ]
        }

    def _list_imports(self, asked: Asked) -> dict[str, Any]:
        name = str(asked.parameters["ExportName"])
        found = next((each for each in self._all(asked.region) if each.name == name), None)
        users = self._users(found) if found is not None else []
        if not users:
            raise Refused("ValidationError", f"Export '{name}' is not imported by any stack.")
        return {"Imports": users}
