"""ARNs of Systems Manager that its parameters name in a shorter way."""

from scenarios.cloud.authorization.rows import Place

_OF_AWS = ("AWS-", "AWSConfigRemediation-", "AWSEC2-", "AWSSupport-", "Amazon")


def document_arn(place: Place, name: str) -> str:
    """A document; those that AWS owns belong to no account."""
    if name.startswith("arn:"):
        return name
    account = "" if name.startswith(_OF_AWS) else place.account
    return f"arn:aws:ssm:{place.region}:{account}:document/{name}"
