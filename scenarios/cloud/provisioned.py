"""What stands before a world begins: moto's state and the stacks in it, kept from process to process.

On disk is only what takes long to make: a stack of some hundred resources. What functions had a part in
(custom resources) is made anew by each process: their code may have asked the world outside.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.cloud.kernel import kept_on_disk
from scenarios.cloud.kernel.moto_snapshots import Snapshot
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Moment

_LONG = 100_000  # characters, templates and all: what is shorter is made as soon as read


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The state of a deployment; `earlier`: what happened while it was made, where functions ran."""

    snapshot: Snapshot
    stacks: Mapping[str, Stack]
    earlier: tuple[Moment, ...] = ()


def read(deployment: str) -> Provisioned | None:
    """What an earlier process made of this deployment, told as text; None where it must be made."""
    text = kept_on_disk.read(deployment) if len(deployment) >= _LONG else None
    if text is None:
        return None
    try:
        named, stacks = pickle.loads(text)  # noqa: S301 - from a folder in which nobody else can write
        return Provisioned(Snapshot.of_names(named), stacks)
    except (
        pickle.UnpicklingError,
        ImportError,
        AttributeError,
        EOFError,
        LookupError,
        TypeError,
        ValueError,
    ):
        return None


def keep(deployment: str, made: Provisioned) -> None:
    """Keep what was made for later processes, if it is worth it and can be told to them."""
    named = made.snapshot.named() if len(deployment) >= _LONG else None
    if named is not None:
        text = pickle.dumps((named, dict(made.stacks)), pickle.HIGHEST_PROTOCOL)
        kept_on_disk.write(deployment, text)
