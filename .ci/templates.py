"""Writes the four templates as CloudFormation gets them into a folder: `python .ci/templates.py FOLDER`."""

import json
import sys
from pathlib import Path

from scenarios.packaging.sam import application
from scenarios.runner.packaged import packaged_template


def main(folder: Path) -> None:
    """One file each: the stack, the spoke, the archive account's, the host's."""
    app = application()
    others = {"spoke": app.spoke(), "archive": app.archive(), "host": app.host()}
    texts = {"stack": packaged_template("us-east-1")} | {
        name: json.dumps(each) for name, each in others.items()
    }
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
