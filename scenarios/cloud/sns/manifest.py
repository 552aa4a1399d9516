"""SNS as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.service import Service
from scenarios.cloud.sns.emitted import METRICS
from scenarios.cloud.sns.laws import register
from scenarios.cloud.sns.mends import MENDS
from scenarios.cloud.sns.permissions import PERMISSIONS
from scenarios.cloud.sns.recorded import RECORDED
from scenarios.cloud.sns.resources import KINDS
from scenarios.cloud.sns.validation import VALIDATION

SERVICE = Service(
    name="sns",
    simulated="topics to e-mail, queues, functions and endpoints over HTTP, whose answers a scenario gives: "
    "signed requests, delivery policies, dead letters; FIFO topics; filter policies; raw messages, "
    "attributes; subscriptions that wait for a confirmation; batches of which a part is refused",
    missing="SMS, mobile push, Firehose, message archives, delivery logs, signatures outside HTTP",
    direct=True,
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    mends=MENDS,
    validation=VALIDATION,
    metrics=METRICS,
    register=register,
)
