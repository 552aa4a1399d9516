"""A stack with custom resources, made as CreateStack makes it, before the world begins in which it stands.

Only a world has functions that can be asked; so such a stack is made in one of its own, over simulated time.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.building import site_of
from scenarios.cloud.cloudformation.creation import DO_NOTHING
from scenarios.cloud.cloudformation.operations import Operations
from scenarios.cloud.cloudformation.provision import check_types, stack_id_of
from scenarios.cloud.cloudformation.resources.custom import is_custom
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.cloudformation.standing import Standing, Status
from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting


def has_custom_resources(template: Mapping[str, Any]) -> bool:
    """Whether a template declares any; its conditions aren't looked at."""
    declared = template.get("Resources", {})
    return isinstance(declared, dict) and any(
        isinstance(each, dict) and is_custom(str(each.get("Type", ""))) for each in declared.values()
    )


def make(
    setting: Setting, template: Mapping[str, Any], *, name: str, parameters: Mapping[str, str], caller: Caller
) -> Stack:
    """Make a stack in a caller's name; time passes until it is complete.

    Raises InvalidTemplate, as `provision` does, also for what a provider of a custom resource refuses.
    """
    now = setting.clock.now
    empty = Stack(
        name=name,
        stack_id="",
        region=setting.home,
        account=setting.account,
        resources={},
        outputs={},
        template=template,
        parameters=parameters,
    )
    standing = Standing(
        stack=empty, created=now, status=Status("REVIEW_IN_PROGRESS", now), original=template, packaged=True
    )
    standing.stack = replace(empty, stack_id=stack_id_of(site_of(setting, standing, caller)))
    _check(setting, standing.stack)
    setting.laws[Stacks].all.append(standing)
    asked = Asked(
        service="cloudformation", operation="CreateStack", parameters={}, region=setting.home, caller=caller
    )
    setting.laws[Operations].build(asked, standing, DO_NOTHING)
    while standing.busy and setting.clock.step():
        pass
    if standing.status.name != "CREATE_COMPLETE":
        raise _why(setting, standing)
    return standing.stack


def _check(setting: Setting, stack: Stack) -> None:
    plan = Template(
        stack.template,
        region=stack.region,
        account=stack.account,
        stack_name=stack.name,
        stack_id=stack.stack_id,
        parameters=stack.parameters,
    )
    check_types(plan, setting.kinds)
    list(plan.in_order())  # raises for a circle


def _why(setting: Setting, standing: Standing) -> InvalidTemplate:
    """What failed, and what functions said meanwhile."""
    failed = [each for each in standing.events if each.status.name == "CREATE_FAILED" and each.logical_id]
    at = f"{failed[0].logical_id} ({failed[0].type})" if failed else standing.stack.name
    why = failed[0].status.reason if failed else standing.status.reason
    said = dict.fromkeys(each.words for each in setting.trace if each.kind == "failed")
    return InvalidTemplate(at, "; ".join((why, *said)))
