"""Route 53 Resolver as one value: query logs of VPCs.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53resolver.html
"""

from scenarios.cloud.authorization.rows import JSON, Permissions
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.route53resolver.query_logs import register
from scenarios.cloud.service import Service

_LINES = """
CreateResolverQueryLogConfig            =                 resolver-query-log-config(=*)
DeleteResolverQueryLogConfig            =                 resolver-query-log-config(ResolverQueryLogConfigId)
GetResolverQueryLogConfig               =                 resolver-query-log-config(ResolverQueryLogConfigId)
AssociateResolverQueryLogConfig         =                 resolver-query-log-config(ResolverQueryLogConfigId)
DisassociateResolverQueryLogConfig      =                 resolver-query-log-config(ResolverQueryLogConfigId)
ListResolverQueryLogConfigs             =                 *
ListResolverQueryLogConfigAssociations  =                 *
GetResolverQueryLogConfigAssociation    =                 *
"""

SERVICE = Service(
    name="route53resolver",
    simulated="query logs of VPCs to CloudWatch Logs and S3, but for what is answered from the cache",
    missing="answers, endpoints, rules, DNS Firewall; query logs to Firehose",
    permissions=Permissions(prefix="route53resolver", denial=JSON, lines=_LINES),
    recorded=(Recorded(service="route53resolver"),),
    register=register,
)
