"""How calls name a queue."""

import re
from urllib.parse import urlsplit

from scenarios.cloud.authorization.rows import Place


def queue_arn(place: Place, queue: str, account: str = "") -> str:
    """A queue by its ARN, its URL (`https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`) or its name."""
    if queue.startswith("arn:"):
        return queue
    region, account, name = place.region, account or place.account, queue
    if "://" in queue:
        url = urlsplit(queue)
        *before, name = url.path.strip("/").split("/")
        account = before[-1] if before else account  # no queue has such a URL, and SQS will say so
        host = re.fullmatch(r"(?:sqs\.([\w-]+)|([\w-]+)\.queue)\.amazonaws\.com", url.hostname or "")
        region = (host[1] or host[2]) if host else region
    return f"arn:aws:sqs:{region}:{account}:{name}"
