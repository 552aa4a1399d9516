"""The logs that AWS's services write: one table of fields for each format, for writer and reader alike.

    from scenarios.service_logs import HOSTED_ZONE
    HOSTED_ZONE.read("1.0 2026-01-01T00:00:00Z Z1 www.example.com A NOERROR UDP FRA6 192.0.2.1 -")

The simulated AWS writes its lines by these tables, and queries read lines of real accounts by them; nothing
here knows moto or the simulation.
"""

from collections.abc import Mapping
from typing import Final

from scenarios.service_logs.beanstalk import NGINX
from scenarios.service_logs.cloudfront import STANDARD as CLOUDFRONT
from scenarios.service_logs.dns import HOSTED_ZONE, RESOLVER
from scenarios.service_logs.ecs import CONTAINER as ECS_CONTAINER
from scenarios.service_logs.fields import Field, Format, NotThisFormat
from scenarios.service_logs.flows import GLOBAL_ACCELERATOR, VPC_FLOW
from scenarios.service_logs.load_balancers import ALB, CLASSIC, NLB
from scenarios.service_logs.s3_access import S3_ACCESS
from scenarios.service_logs.waf import WAF

FORMATS: Final[Mapping[str, Format]] = {
    each.name: each
    for each in (
        *(VPC_FLOW, GLOBAL_ACCELERATOR, ALB, NLB, CLASSIC, CLOUDFRONT, HOSTED_ZONE, RESOLVER, WAF),
        *(S3_ACCESS, NGINX, ECS_CONTAINER),
    )
}
"""Every format by its name, which is also its table's in SQL."""

__all__ = [
    "ALB",
    "CLASSIC",
    "CLOUDFRONT",
    "ECS_CONTAINER",
    "FORMATS",
    "GLOBAL_ACCELERATOR",
    "HOSTED_ZONE",
    "NGINX",
    "NLB",
    "RESOLVER",
    "S3_ACCESS",
    "VPC_FLOW",
    "WAF",
    "Field",
    "Format",
    "NotThisFormat",
]
