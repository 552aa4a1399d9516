"""CloudFront as one value: standard logs."""

from scenarios.cloud.cloudfront.standard_logs import register
from scenarios.cloud.kernel.recorded import Recorded
from scenarios.cloud.service import Service

SERVICE = Service(
    name="cloudfront",
    simulated="distributions that stand; standard logs of the requests that a scenario tells",
    missing="origins, caches, functions; real-time logs, standard logs of the second version",
    recorded=(Recorded(service="cloudfront", one_endpoint=True),),
    register=register,
)
