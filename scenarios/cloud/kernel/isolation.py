"""AWS settings of this machine are hidden from a rehearsal: profile, region and credentials."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# Keeps botocore away from this machine's AWS configuration files.
NO_AWS_FILES: Mapping[str, str] = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def without_aws_settings() -> Iterator[None]:
    """Inside, botocore finds no variables, no profile and no file that say anything about AWS."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("AWS_", "BOTO_")):
            del os.environ[name]
    os.environ.update(NO_AWS_FILES)
    try:
        yield
    finally:
        left = dict(os.environ)
        for name in left.keys() - kept.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in kept.items() if left.get(name) != value})
