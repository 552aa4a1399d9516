"""A command in a process of its own: a fresh one in `.ci/run`, at a desk a fork of this one.

What is imported here, and provisioned, need not be again in a fork: that is most of what a short command
takes. A test that is about a fresh process starts one itself.
"""

import gc
import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn, TextIO

from tests.project import PROJECT
from tests.sample import ALL

_RUN = """
import importlib, sys
module, _, name = sys.argv[1].partition(":")
sys.exit(getattr(importlib.import_module(module), name)(sys.argv[2:]))
"""
COMMAND = "scenarios.commands.cli:main"
_HIGHEST_FILE = 1024  # files above have nobody opened


class Forked:
    """As much of `subprocess.Popen` as tests use of it."""

    def __init__(
        self, entry: str, arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str]
    ) -> None:
        stdout, to_stdout = os.pipe()
        stderr, to_stderr = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _become(entry, arguments, folder, variables, (to_stdout, to_stderr))
        os.close(to_stdout)
        os.close(to_stderr)
        self.stdout: TextIO = os.fdopen(stdout)
        self.stderr: TextIO = os.fdopen(stderr)

    def send_signal(self, number: int) -> None:
        """As Popen's."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """As Popen's."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, *, timeout: float = 60) -> tuple[str, str]:
        """As Popen's; one that takes longer is killed."""
        if self.returncode is not None:
            return "", ""
        too_late = threading.Timer(timeout, self.kill)
        too_late.start()
        told: list[str] = []
        reads = threading.Thread(target=lambda: told.append(self.stdout.read()))
        reads.start()
        with self.stdout, self.stderr:
            said = self.stderr.read()
            reads.join()
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        too_late.cancel()
        too_late.join()
        return told[0], said


Process = Forked | subprocess.Popen[str]


def begun(
    entry: str,
    *arguments: str,
    folder: Path = PROJECT,
    variables: Mapping[str, str] = MappingProxyType({}),
    fresh: bool = ALL,
) -> Process:
    """`entry`: "module:function", which is called with the arguments as a list."""
    if not fresh:
        return Forked(entry, arguments, folder, variables)
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, entry, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **variables},
    )


def ended(
    entry: str,
    *arguments: str,
    folder: Path = PROJECT,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one that has ended."""
    process = begun(entry, *arguments, folder=folder, variables=variables)
    told, said = process.communicate(timeout=120)
    assert process.returncode is not None
    return process.returncode, told, said


def _become(
    entry: str,
    arguments: tuple[str, ...],
    folder: Path,
    variables: Mapping[str, str],
    output: tuple[int, int],
) -> NoReturn:
    """Go on as that command; what the test's process has open is none of its business."""
    code = 70
    try:
        for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), *output)):
            os.dup2(file, number)
        os.closerange(3, _HIGHEST_FILE)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode) for n, mode in enumerate("rww"))
        gc.freeze()  # else the first look for garbage would touch, and so copy, all that this process has
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        os.environ.update(variables)
        module, _, name = entry.partition(":")
        code = getattr(importlib.import_module(module), name)(list(arguments)) or 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException as error:  # noqa: BLE001 - the process ends here, whatever it was
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
