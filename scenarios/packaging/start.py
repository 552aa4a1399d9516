"""The beginning of a remediation: its module, its scenarios, two lines, and all that is generated from them.

What stands in `beginnings/` is an example that works, for each kind of trigger: it wakes, and its scenario
fails with what is to be written next. Everything is made in a copy of the project first; the project is
changed when all of it is there, and looks as before when writing fails.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.template.parts import logical_id

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = "config"
KINDS = ("event", "logs", "schedule", "topic", CONFIG)
# Lambda's longest name of a function, less Chalice's part of it.
LONGEST = 64 - len("trailwarden-prod-")

_BEGINNINGS = Path(__file__).resolve().parent / "beginnings"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Words of every scenario's path, so that `pytest -k` with one of them would select all scenarios.
_IN_EVERY_PATH = frozenset({"scenarios", "incidents", "scenario", "incident", "py"})
_APPLICATION, _CATALOG = "app.py", "chalicelib/catalog.py"
# What the generated files are made from, and where they are.
_MADE_FROM = (_APPLICATION, "chalicelib", "scenarios", "pyproject.toml", ".ci")
_MADE = (".chalice", "docs", "README.md", "requirements.txt")
_REGENERATE = "from scenarios.packaging.sam import regenerate\nprint(*regenerate(), sep='\\n')"
_SIGNATURE = "def {name}_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:"
_LONG_SIGNATURE = "def {name}_handler(\n    event: dict[str, Any], context: Any\n) -> dict[str, Any]:"
_LONGEST_LINE = 110
_FUNCTION = '''

@app.{watches}("{name}")
{signature}
    """{words}"""
    return {answer}({load}("{name}"), event, context)
'''

# Texts by their path from the project.
Files = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sort:
    """What begins: a remediation, or a rule of AWS Config. `listed`: its list in the catalogue."""

    folder: str
    listed: str
    watches: str
    answer: str
    load: str
    words: str


_REMEDIATION = _Sort(
    folder="chalicelib/remediations",
    listed="CATALOG",
    watches="watches",
    answer="answer",
    load="load",
    words="Tell what its page says.",
)
_RULE = _Sort(
    folder="chalicelib/config_rules",
    listed="RULES",
    watches="evaluates",
    answer="evaluated",
    load="load_rule",
    words="Judge what its page says.",
)


class CannotStart(ValueError):
    """No remediation can begin under this name, or here; the message says why in one sentence."""


def beginning(project: Path, name: str, on: str) -> dict[str, str]:
    """The four files that are written by hand: two new ones, and two with a line more. Raises CannotStart.

    `on`: one of KINDS. Nothing is written.
    """
    _check_project(project)
    _check_name(project, name)
    sort = _RULE if on == CONFIG else _REMEDIATION
    return {
        f"{sort.folder}/{name}.py": _example(on, "remediation", name),
        f"scenarios/incidents/{name}.py": _example(on, "scenario", name),
        _APPLICATION: _with_function((project / _APPLICATION).read_text(), name, sort),
        _CATALOG: _with_name((project / _CATALOG).read_text(), name, sort),
    }


def completed(project: Path, files: Files) -> dict[str, str]:
    """These files, and what is generated from a project that has them. Raises CannotStart.

    Another process generates it, in a copy: what this one has imported is the project as it was.
    """
    with TemporaryDirectory(prefix="trailwarden-new-") as folder:
        copy = Path(folder) / "project"
        _copy(project, copy)
        for path, text in files.items():
            (copy / path).write_text(text)
        return {**files, **{path: (copy / path).read_text() for path in _generated(copy)}}


def put(project: Path, files: Files) -> None:
    """Write all of them, or none: what was there before comes back when one can't be written."""
    before = {path: _text(project / path) for path in files}
    begun: list[str] = []
    try:
        for path, text in files.items():
            mode = "x" if before[path] is None else "w"
            with (project / path).open(mode, encoding="utf-8") as file:
                begun.append(path)
                file.write(text)
    except BaseException:
        for path in begun:
            _put_back(project / path, before[path])
        raise


# ---- checks -------------------------------------------------------------------------------------


def _check_project(project: Path) -> None:
    missing = [path for path in (*_MADE_FROM, *_MADE) if not (project / path).exists()]
    if missing:
        raise CannotStart(f"{project} is no checkout of Trailwarden: {missing[0]} is missing")


def _check_name(project: Path, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise CannotStart(
            f"{name!r} is no name for a remediation: use small letters, digits and single underscores, "
            "such as security_group_opened"
        )
    if iskeyword(name):
        raise CannotStart(f"{name!r} is a word of Python's own, and no module can be called so")
    if name in _IN_EVERY_PATH:
        raise CannotStart(f"{name!r} is in the path of every scenario; `pytest -k {name}` would run them all")
    if len(name) > LONGEST:
        raise CannotStart(f"the name has {len(name)} characters; Lambda leaves room for {LONGEST}")
    for path in _taken_by(project, name):
        raise CannotStart(f"{name!r} is taken: {path}")


def _taken_by(project: Path, name: str) -> Iterator[str]:
    catalog = (project / _CATALOG).read_text()
    if name in {each.value for sort in (_REMEDIATION, _RULE) for each in _names(catalog, sort)}:
        yield f"{_CATALOG} lists it"
    for path in (
        *(f"{sort.folder}/{name}{end}" for sort in (_REMEDIATION, _RULE) for end in ("", ".py")),
        f"scenarios/incidents/{name}.py",
        f".chalice/policies/{name}.json",
    ):
        if (project / path).exists():
            yield f"{path} is there"


# ---- what is written ----------------------------------------------------------------------------


def _example(on: str, what: str, name: str) -> str:
    text = (_BEGINNINGS / f"{on}.{what}.txt").read_text()
    title = name.replace("_", " ").capitalize()
    for placeholder, word in (
        ("example_name", name),
        ("ExampleName", logical_id(name)),
        ("Example name", title),
    ):
        text = text.replace(placeholder, word)
    return text


def _with_function(application: str, name: str, sort: _Sort) -> str:
    """app.py with one more function, behind the last of its kind."""
    ends = [each.end_lineno for each in ast.parse(application).body if _is_under(each, sort.watches)]
    if not ends or ends[-1] is None:
        raise CannotStart(f"{_APPLICATION} has no function under @app.{sort.watches} to stand behind")
    signature = _SIGNATURE.format(name=name)
    if len(signature) > _LONGEST_LINE:
        signature = _LONG_SIGNATURE.format(name=name)
    function = _FUNCTION.format(
        name=name,
        signature=signature,
        watches=sort.watches,
        words=sort.words,
        answer=sort.answer,
        load=sort.load,
    )
    lines = application.splitlines(keepends=True)
    return "".join((*lines[: ends[-1]], function, *lines[ends[-1] :]))


def _is_under(statement: ast.stmt, decorator: str) -> bool:
    return isinstance(statement, ast.FunctionDef) and any(
        ast.unparse(each).startswith(f"app.{decorator}(") for each in statement.decorator_list
    )


def _with_name(catalog: str, name: str, sort: _Sort) -> str:
    """The catalogue with one more name, behind the last of its list."""
    names = _names(catalog, sort)
    if not names:
        raise CannotStart(f"{_CATALOG} has no list of names to add to")
    lines = catalog.splitlines(keepends=True)
    last = names[-1].lineno
    indent = " " * names[-1].col_offset
    return "".join((*lines[:last], f'{indent}"{name}",\n', *lines[last:]))


def _names(catalog: str, sort: _Sort) -> list[ast.Constant]:
    """The names that the catalogue spells out in this list, a line each."""
    lists = [
        node.iter
        for statement in ast.parse(catalog).body
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == sort.listed
        for node in ast.walk(statement)
        if isinstance(node, ast.comprehension)
    ]
    return [
        name
        for each in lists
        if isinstance(each, ast.Tuple)
        for name in each.elts
        if isinstance(name, ast.Constant) and isinstance(name.value, str)
    ]


# ---- the copy -----------------------------------------------------------------------------------


def _copy(project: Path, copy: Path) -> None:
    copy.mkdir()
    for name in (*_MADE_FROM, *_MADE):
        source = project / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)


def _generated(copy: Path) -> Iterator[str]:
    """Bring the copy's generated files up to date; the paths of those that changed."""
    result = subprocess.run(  # noqa: S603 - this very interpreter, on code of ours
        [sys.executable, "-c", _REGENERATE],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        said = (result.stderr.strip().splitlines() or ["nothing more was said"])[-1]
        raise CannotStart(f"the stack can't be made with it: {said.partition(': ')[2] or said}")
    for line in result.stdout.splitlines():
        path = Path(line)
        if path.exists():  # files that nothing needs any more are left to `trailwarden package`
            yield path.relative_to(copy.resolve()).as_posix()


# ---- the project --------------------------------------------------------------------------------


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _put_back(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text)
