"""What holds for every test: no AWS setting of the machine counts, and durations are real."""

import os

import botocore.loaders
import botocore.session
import freezegun
import hypothesis

from scenarios.cloud.kernel.isolation import NO_AWS_FILES

# Now and not in a fixture: some test files make sessions when they are collected.
for _name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
    del os.environ[_name]
os.environ.update(NO_AWS_FILES)

# A fixture that freezes time must not freeze the clocks with which pytest and hypothesis measure a test.
freezegun.configure(extend_ignore_list=["_pytest", "pluggy", "xdist", "execnet", "hypothesis"])

# Each run tries other values, so that many runs find what one long run would. No deadline: machines are busy.
hypothesis.settings.register_profile("suite", max_examples=40, deadline=None)
hypothesis.settings.load_profile("suite")

# Every mock_aws() forgets boto3's session, and a new session would read botocore's descriptions of the
# services again: megabytes of JSON, always the same.
_READ: dict[object, object] = {}
_create_loader = botocore.loaders.create_loader


def _loader(search_path_string: str | None = None) -> botocore.loaders.Loader:
    loader = _create_loader(search_path_string)
    loader._cache = _READ  # type: ignore[attr-defined]
    return loader


botocore.session.create_loader = _loader
