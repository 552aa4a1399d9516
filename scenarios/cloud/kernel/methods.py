"""The methods of dataclasses, compiled once for all processes.

A dataclass writes its methods as text and has them compiled, in each process anew: a fifth of the time in
which the simulated AWS is loaded. What becomes of a text follows from the text and the interpreter.
"""

import dataclasses
import marshal
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

from scenarios.cloud.kernel import kept_on_disk
from scenarios.cloud.kernel.replaced import replaced

_MOST = 16384
_compiled: dict[str, CodeType] = {}


def execute(text: str, *scopes: Any) -> None:
    """In place of the `exec` that `dataclasses` calls: a text is compiled once, run for each class."""
    code = _compiled.get(text)
    if code is None:
        code = compile(text, "<string>", "exec", dont_inherit=True)
        if len(_compiled) < _MOST:
            _compiled[text] = code
    exec(code, *scopes)  # noqa: S102 - see above


@contextmanager
def compiled_once(loaded: str) -> Iterator[None]:
    """Inside, this is loaded; what its dataclasses have compiled is kept, and found by the next process."""
    asked = f"methods of dataclasses: {loaded}"
    kept = kept_on_disk.read(asked)
    if kept is not None:
        _compiled.update(marshal.loads(kept))  # noqa: S302 - from a folder in which nobody else can write
    known = len(_compiled)
    with replaced(((dataclasses, "exec", execute),)):
        yield
    if len(_compiled) > known:
        kept_on_disk.write(asked, marshal.dumps(_compiled))
