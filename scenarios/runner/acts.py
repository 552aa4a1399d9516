"""Acts: what the stack does about an incident, and what IAM denies its functions, noted while it happens.

An act is a call by the function of a remediation that may act, where CloudTrail would record it as a
management event that writes: reading, the ledger, alerts and logs are no acts.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from botocore import xform_name

from chalicelib.catalog import CATALOG
from chalicelib.template.parts import logical_id
from scenarios.cloud.kernel.caller import ApiCall, CallerKind
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.world import World

_DENIED = re.compile(r"is not authorized to perform: (\S+)")


def note_denials(world: World) -> None:
    """Have every call that a function of the stack may not make become a line of the trace: kind `denied`."""
    functions = {each.physical_id: each.logical_id for each in world.home.of_type("AWS::Lambda::Function")}
    world.calls.after_everything(partial(_note_denial, world, functions))


def _note_denial(world: World, functions: Mapping[str, str], call: ApiCall) -> None:
    if call.error is None or call.caller.session not in functions:
        return
    if found := _DENIED.search(call.error[1]):
        world.setting.note("denied", f"{functions[call.caller.session]} may not {found[1]}")


def note_acts(world: World) -> None:
    """Have every act become a line of the world's trace: kind `did`, or `could not` with AWS's error code."""
    resources = world.home.resources
    acting = {logical_id(remediation.name) for remediation in CATALOG if remediation.acts}
    functions = {resources[name].physical_id for name in acting if name in resources}
    world.calls.after_everything(partial(_note, world, functions))


def _note(world: World, functions: set[str], call: ApiCall) -> None:
    caller = call.caller
    if caller.kind is not CallerKind.ASSUMED_ROLE or caller.session not in functions:
        return
    if not _writes(world.setting.records[call.service], call.operation):
        return
    if call.error is None:
        world.setting.note("did", act_in_words(call))
    else:
        world.setting.note("could not", f"{act_in_words(call)}: {call.error[0]}")


def _writes(recorded: Recorded, operation: str) -> bool:
    return (
        operation != "BatchImportFindings"  # that is an alert
        and recorded.is_recorded(operation)
        and not recorded.is_data_event(operation)
        and not recorded.is_read_only(operation)
    )


def act_in_words(call: ApiCall) -> str:
    """As the AWS CLI names it, and on what: `dynamodb restore-table-from-backup -> orders`."""
    words = f"{call.service} {xform_name(call.operation, '-')}"
    target = _target(call.parameters)
    return f"{words} -> {target}" if target else words


def _target(parameters: Mapping[str, Any]) -> str:
    """What is acted on: AWS's operations name it first. Of an ARN, what stands behind its last slash."""
    first = next((value for value in parameters.values() if isinstance(value, str)), "")
    return first.rpartition("/")[2] if first.startswith("arn:") else first
