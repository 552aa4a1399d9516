"""What botocore takes for bytes, and hands on to the laws as it was given."""

from typing import Any


def bytes_of(content: Any) -> bytes:
    """The bytes of bytes, of a text, or of something to read from, which stays where it was if it can."""
    if hasattr(content, "read"):
        file, again = content, hasattr(content, "seekable") and content.seekable()
        place = file.tell() if again else 0
        content = file.read()
        if again:
            file.seek(place)
    return content.encode() if isinstance(content, str) else bytes(content)
