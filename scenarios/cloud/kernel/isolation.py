"""AWS settings of this machine are hidden from a rehearsal: profile, region and credentials."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

# Keeps botocore away from this machine's AWS configuration files.
NO_AWS_FILES: Mapping[str, str] = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


_environ: Any = os.environ
ABOUT_AWS = (b"AWS_", b"BOTO_")  # how variables begin that AWS's libraries read


@contextmanager
def without_aws_settings() -> Iterator[None]:
    """Inside, botocore finds no variables, no profile and no file that say anything about AWS."""
    others = {name: value for name, value in _environ._data.items() if not name.startswith(ABOUT_AWS)}  # noqa: SLF001
    kept = exchange_variables({**others, **encoded(NO_AWS_FILES)})
    try:
        yield
    finally:
        exchange_variables(kept)


def encoded(variables: Mapping[str, str]) -> dict[bytes, bytes]:
    """Variables as the system has them, and as `exchange_variables` takes them."""
    return {os.fsencode(name): os.fsencode(value) for name, value in variables.items()}


def exchange_variables(others: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Give the process these variables and no others; returns those it had.

    Only what differs is told to the system. `os.environ` itself makes nine calls for each variable that goes.
    """
    data: dict[bytes, bytes] = _environ._data  # noqa: SLF001 - where `os.environ` keeps what it last told
    kept = dict(data)
    for name in kept.keys() - others.keys():
        os.unsetenv(name)
    for name, value in others.items():
        if kept.get(name) != value:
            os.putenv(name, value)
    data.clear()
    data.update(others)
    return kept
