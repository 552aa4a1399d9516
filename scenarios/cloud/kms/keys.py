"""Which key a topic or a queue is encrypted with."""

from scenarios.cloud.kernel import moto_secrets
from scenarios.cloud.kernel.errors import NotSimulated


def key_arn(configured: str | None, of: str) -> str:
    """The ARN of the key that is configured for the topic or queue `of`; "" for none.

    Raises:
        NotSimulated: there is no such key.
    """
    if not configured:
        return ""
    _, _, _, region, account, _ = of.split(":", 5)
    key = moto_secrets.kms_key(configured, account, region)
    if key is None:
        raise NotSimulated("kms", f"the key {configured} of {of}")
    return str(key.arn)
