"""Elastic Beanstalk as one value: the logs of an environment's instance."""

from scenarios.cloud.elasticbeanstalk.environments import register
from scenarios.cloud.elasticbeanstalk.mends import MENDS
from scenarios.cloud.service import Service

SERVICE = Service(
    name="elasticbeanstalk",
    simulated=(
        "environments of one instance, which runs under its instance profile; what nginx and the application "
        "write there, as a scenario tells it, streamed to CloudWatch Logs"
    ),
    missing=(
        "versions, deployments, health, load balancers and other instances; rotated, tail and bundle logs in "
        "S3, logs of other platforms than those with nginx before one process"
    ),
    mends=MENDS,
    register=register,
)
