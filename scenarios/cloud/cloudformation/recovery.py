"""What becomes of a stack whose update failed: it is rolled back, or further back.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html and
API_RollbackStack.html there;
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
"""

from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.creation import roll_back
from scenarios.cloud.cloudformation.operations import Operations
from scenarios.cloud.cloudformation.stacks import Stacks
from scenarios.cloud.cloudformation.standing import FAILED, Standing
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting


class Recovery:
    """Answers the calls that take a failed operation back."""

    def __init__(self, setting: Setting, stacks: Stacks, operations: Operations) -> None:
        self._setting = setting
        self._stacks = stacks
        self._operations = operations
        setting.calls.answer("cloudformation", "ContinueUpdateRollback", self._go_on_rolling_back)
        setting.calls.answer("cloudformation", "RollbackStack", self._roll_back)

    def _go_on_rolling_back(self, asked: Asked) -> dict[str, Any]:
        """Try again to take back what could not be taken back; some resources may be left as they are."""
        standing, skip = self._stacks.named(asked), asked.parameters.get("ResourcesToSkip", ())
        if standing.status.name != "UPDATE_ROLLBACK_FAILED" or standing.update is None:
            raise _not_from(standing, "continued")
        for name in skip:
            if standing.resources.get(name) is None or standing.resources[name].name != "UPDATE_FAILED":
                # The words are unconfirmed.
                why = f"ResourcesToSkip can hold resources in UPDATE_FAILED only, not {name}"
                raise Refused("ValidationError", why)
        caller = self._operations.acts_as(asked, self._operations.role_given(asked, standing))
        standing.update.go_on_rolling_back(caller, self._stacks.teller(asked), skip)
        return {}

    def _roll_back(self, asked: Asked) -> dict[str, Any]:
        """Take back an update, or a creation, that failed and stayed so."""
        standing = self._stacks.named(asked)
        told = {"StackId": standing.stack.stack_id}
        if standing.status.name not in FAILED:
            raise _not_from(standing, "rolled back")
        caller, tell = (
            self._operations.acts_as(asked, self._operations.role_given(asked, standing)),
            self._stacks.teller(asked),
        )
        if standing.status.name == "CREATE_FAILED":
            roll_back(self._setting, standing, caller, tell)
        elif standing.update is None or not standing.was_complete:
            raise NotSimulated("cloudformation", "RollbackStack of a stack that was never complete")
        else:
            standing.update.roll_back(caller, tell)
        return told


def _not_from(standing: Standing, deed: str) -> Refused:
    """A state from which this can't be done; the words are unconfirmed."""
    why = f"Stack:{standing.stack.stack_id} is in {standing.status.name} state and can not be {deed}."
    return Refused("ValidationError", why)
