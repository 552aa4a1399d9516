"""An AWS CLI command that a person on call can paste, whatever the names in it were chosen to be."""

import shlex
from collections.abc import Mapping


def aws_command(service: str, operation: str, options: Mapping[str, str], *positional: str) -> str:
    """Quoted for a shell; a value that looks like an option is bound to its own with `=`.

    `--no-verify-ssl`, say, is a legal name of a table.
    """
    words = ["aws", service, operation, *positional]
    for option, value in options.items():
        words += [f"{option}={value}"] if value.startswith("-") else [option, value]
    return shlex.join(words)
