"""Where the project lies, for tests that read its files or start its processes; and copies to be changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

_COPIED = (
    *("app.py", "chalicelib", "scenarios", ".chalice", ".ci", "docs"),
    *(
        "README.md",
        "pyproject.toml",
        "requirements.txt",
        "tests/conftest.py",
        "tests/project.py",
        "tests/sample.py",
    ),
)


def copied(folder, *tests):
    """A copy of the project in this folder, with these of its tests. It is changed without harm.

    What Python compiled comes along: it is known by its source's time and size, which a copy keeps.
    """
    for name in (*_COPIED, *tests):
        source, target = PROJECT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    return folder


def python(project, *arguments):
    """Python in that project, on its modules rather than on ours; the process that ended."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )


_GENERATE_AND_TEST = """
import sys
import pytest
from scenarios.packaging.sam import regenerate

regenerate()
code = pytest.main(sys.argv[1:])
"""


def generated_and_tested(project, *arguments, then=""):
    """pytest in that project, once its generated files are what its declarations say; the process that ended.

    `then`: code that runs afterwards. It is one process, as importing what all need takes seconds.
    """
    return python(project, "-c", f"{_GENERATE_AND_TEST}\n{then}\nsys.exit(code)\n", *arguments)
