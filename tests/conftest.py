"""Nobody's AWS settings count in a test: whoever runs it may have a profile, a region, credentials."""

import os

from scenarios.cloud.kernel.isolation import NO_AWS_FILES

# Now and not in a fixture: some test files make sessions when they are collected.
for _name in [name for name in os.environ if name.startswith(("AWS_", "BOTO_"))]:
    del os.environ[_name]
os.environ.update(NO_AWS_FILES)
