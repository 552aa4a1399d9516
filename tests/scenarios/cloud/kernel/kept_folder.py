"""A folder of a test's own in which things are kept on disk, whatever has just changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scenarios.cloud.kernel import kept_on_disk
from scenarios.cloud.kernel.replaced import replaced


@contextmanager
def kept_in(
    folder: Path, *, most_bytes: int = kept_on_disk._MOST_BYTES, most_files: int = kept_on_disk._MOST_FILES
) -> Iterator[Path]:
    """Inside, things are kept there, also where the test replaced something, or a source has just changed."""
    those: tuple[tuple[Any, str, Any], ...] = (
        (kept_on_disk, "_FOLDER", folder),
        (kept_on_disk, "_switched_off", []),
        (kept_on_disk, "_MOST_BYTES", most_bytes),
        (kept_on_disk, "_MOST_FILES", most_files),
        (kept_on_disk, "state_of_sources", str),
    )
    with replaced(those):
        yield folder
