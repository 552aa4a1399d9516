"""Whether a call names a resource."""

import re


def names(text: str, name: str) -> bool:
    """Whether a text of a call names a resource: it is its name, or has it in an ARN, a URL or a document.

    >>> names("arn:aws:s3:::logs/*", "logs"), names("logs-2", "logs")
    (True, False)
    """
    return name in text and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
