"""Query logs of Route 53: of public hosted zones (lines), and of VPCs' resolvers (JSON).

Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html,
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html
"""

from typing import Final

from scenarios.service_logs.fields import Field, Format, Shape, Type

HOSTED_ZONE: Final = Format(
    name="route53_query_logs",
    title="query logs of public hosted zones",
    fields=tuple(
        Field(name=name, insights=insights)
        for name, insights in (
            ("version", "version"),
            ("query-timestamp", "queryTimestamp"),
            ("hosted-zone-id", "hostZoneId"),
            ("query-name", "queryName"),
            ("query-type", "queryType"),
            ("response-code", "responseCode"),
            ("protocol", "protocol"),
            ("edge-location", "edgeLocation"),
            ("resolver-ip", "resolverIp"),
            ("edns-client-subnet", "ednsClientSubnet"),
        )
    ),
    required=8,
    source="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html",
)
RESOLVER: Final = Format(
    name="r53_rlogs",
    title="resolver query logs",
    shape=Shape.JSON,
    fields=(
        *(
            Field(name=each)
            for each in (
                *("version", "account_id", "region", "vpc_id", "query_timestamp", "query_name"),
                *("query_type", "query_class", "rcode"),
            )
        ),
        Field(
            name="answers",
            type=Type.TEXTS,
            holds="array<struct<rdata:string,type:string,class:string>>",
        ),
        *(Field(name=each) for each in ("srcaddr", "srcport", "transport")),
        Field(
            name="srcids",
            type=Type.MAP,
            holds="struct<instance:string,resolver_endpoint:string,resolver_network_interface:string>",
        ),
        *(
            Field(name=each)
            for each in ("firewall_rule_action", "firewall_rule_group_id", "firewall_domain_list_id")
        ),
    ),
    required=9,
    source="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html",
)
