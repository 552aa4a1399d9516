"""S3 as one value: what IAM, CloudTrail, CloudFormation and a world know of it."""

from scenarios.cloud.s3.events import EVENTS
from scenarios.cloud.s3.laws import register
from scenarios.cloud.s3.mends import MENDS
from scenarios.cloud.s3.permissions import PERMISSIONS
from scenarios.cloud.s3.recorded import RECORDED
from scenarios.cloud.s3.resources import KINDS
from scenarios.cloud.s3.storage_metrics import METRICS
from scenarios.cloud.s3.validation import VALIDATION
from scenarios.cloud.service import Service

SERVICE = Service(
    name="s3",
    simulated=(
        "objects as moto keeps them; S3's events for EventBridge, and straight to queues, topics and "
        "functions, with their test event, filters and encoded keys; Object Lock; lifecycle at midnight, "
        "archived objects and their restores; SSE-KMS asks the key; suspended versioning; what a missing "
        "object says to whom; server access logs to a bucket that lets S3 in, "
        "also of requests that nobody signed"
    ),
    missing=(
        "notifications of replication and of Intelligent-Tiering, lifecycle by size, tag or number of "
        "versions, replication, access points, S3 Select; server access logs with target grants; "
        "whether the principal of a bucket policy exists"
    ),
    permissions=PERMISSIONS,
    recorded=RECORDED,
    kinds=KINDS,
    mends=MENDS,
    direct=True,
    metrics=METRICS,
    events=EVENTS,
    validation=VALIDATION,
    register=register,
)
