"""Whoever asks a service about a resource that only stands is told that it isn't simulated."""

from collections.abc import Sequence
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.resources.only_stand import KINDS
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.texts import texts_of
from scenarios.cloud.setting import Setting

_OF_STACKS = "cloudformation"  # it may be asked about them


class OnlyStanding:
    """The names of what only stands in a world's stacks; nearly every world has none."""

    def __init__(self, setting: Setting) -> None:
        self._names: dict[str, str] = {}
        setting.laws.when_stacks_change(self._know)
        setting.calls.before_each(self._look)

    def _know(self, stacks: Sequence[Stack]) -> None:
        self._names = {
            name: f"{each.logical_id} ({each.type})"
            for stack in stacks
            for each in stack.resources.values()
            if each.type in KINDS
            for name in (each.physical_id, *each.attributes.values())
        }

    def _look(self, _client: Any, asked: Asked) -> None:
        if not self._names or asked.service == _OF_STACKS:
            return
        for text in texts_of(asked.parameters):
            if text in self._names:
                what = f"{asked.operation} about {self._names[text]}, which only stands"
                raise NotSimulated(asked.service, what)
