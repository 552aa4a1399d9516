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
    simulated="topics to e-mail, queues and functions; filter policies; raw messages, attributes; "
    "subscriptions that wait for a confirmation; batches of which a part is refused",
    missing="FIFO, messages over HTTP and SMS",
    permissions=PERMISSIONS,
    recorded=(RECORDED,),
    kinds=KINDS,
    mends=MENDS,
    validation=VALIDATION,
    metrics=METRICS,
    register=register,
)
