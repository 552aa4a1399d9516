"""What small files say that somebody names on the command line."""

import click

from chalicelib.wording import safe
from scenarios.files import NotRead, bounded_bytes


def bytes_in(name: str, most: int) -> bytes:
    """All bytes of a file, which may have `most`. Raises UsageError where they can't be read."""
    try:
        return bounded_bytes(name, most)
    except (OSError, NotRead, ValueError) as error:  # ValueError: a NUL in the name
        raise click.UsageError(f"{safe(name)}: {getattr(error, 'strerror', None) or error}") from error


def text_in(name: str, most: int) -> str:
    """The text in a file, which may have `most` bytes. Raises UsageError where it is none in UTF-8, too."""
    try:
        return bytes_in(name, most).decode()
    except UnicodeError as error:
        raise click.UsageError(f"{safe(name)}: {error}") from error
