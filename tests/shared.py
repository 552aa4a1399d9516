"""What costs much to make is made once for all the workers of a run."""

import fcntl
import os


def made_once(tmp_path_factory, name, make):
    """The text that `make()` returns: the first worker that needs it makes it, the others read it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a folder of its own in that of the run
        folder = folder.parent
    kept = folder / name
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(make())
    return kept.read_text()
