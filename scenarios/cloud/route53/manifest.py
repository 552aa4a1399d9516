"""Route 53 as one value: query logs of public hosted zones."""

from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.route53.mends import MENDS
from scenarios.cloud.route53.query_logs import register
from scenarios.cloud.service import Service

SERVICE = Service(
    name="route53",
    simulated="zones and records that stand; query logs of public zones, of what a scenario asks them",
    missing="answers, health checks, routing by policy, DNSSEC",
    recorded=(Recorded(service="route53", one_endpoint=True),),
    mends=MENDS,
    register=register,
)
