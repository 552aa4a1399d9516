"""A faster way into moto's Systems Manager: without moto's EC2.

It asks EC2 for the instances that a command's targets name, and imports the whole of it for that. That takes
longer than all else in the first world of a process, and a stack with one parameter would wait for it.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Later:
    """Stands for the EC2 of every account, which is imported when an account's is asked for."""

    def __getitem__(self, account: str) -> Any:
        return import_module("moto.ec2").ec2_backends[account]


def load_without_ec2() -> None:
    """Import moto's Systems Manager; whoever needs EC2 itself imports it as ever."""
    if "moto.ec2" in sys.modules or "moto.ssm" in sys.modules:
        return
    stand_in = ModuleType("moto.ec2")
    stand_in.ec2_backends = _Later()  # type: ignore[attr-defined]
    sys.modules["moto.ec2"] = stand_in
    try:
        import_module("moto.ssm")
    finally:
        del sys.modules["moto.ec2"]
