"""IAM's rows for OpenSearch Service: domains."""

from scenarios.cloud.authorization.rows import REST_JSON, Arn, Document, Permissions, document
from scenarios.cloud.kernel import moto_state

_LINES = """
ListDomainNames                 =                         *
CreateDomain                    =                         domain(DomainName)
DescribeDomain                  =                         domain(DomainName)
DescribeDomains                 =                         domain(DomainNames[])
DescribeDomainConfig            =                         domain(DomainName)
UpdateDomainConfig              =                         domain(DomainName)
DeleteDomain                    =                         domain(DomainName)
"""


def _access_policy(arn: Arn) -> Document | None:
    """The policy of a domain, which is asked for its indexes and paths too."""
    kind, _, rest = arn.rest.partition("/")
    if kind != "domain":
        return None
    whole = f"arn:aws:es:{arn.region}:{arn.account}:domain/{rest.partition('/')[0]}"
    domain = moto_state.opensearch_domain(arn.account, arn.region, whole)
    return document(domain.access_policies) if domain is not None and domain.access_policies else None


PERMISSIONS = Permissions(prefix="es", denial=REST_JSON, lines=_LINES, policy_of=_access_policy)
