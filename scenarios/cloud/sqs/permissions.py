"""IAM's rows for SQS: queues."""

import re
from urllib.parse import urlsplit

from scenarios.cloud.authorization.rows import Arn, DenialStyle, Document, Permissions, Place, document
from scenarios.cloud.kernel import moto_state

_LINES = """
ListQueues                      =                         *
CreateQueue                     =                         queue(QueueName)
GetQueueUrl                     =                         queue(QueueName,QueueOwnerAWSAccountId=)
DeleteQueue                     =                         queue(QueueUrl)
PurgeQueue                      =                         queue(QueueUrl)
GetQueueAttributes              =                         queue(QueueUrl)
SetQueueAttributes              =                         queue(QueueUrl)
AddPermission                   =                         queue(QueueUrl)
RemovePermission                =                         queue(QueueUrl)
SendMessage                     =                         queue(QueueUrl)
SendMessageBatch                sqs:SendMessage           queue(QueueUrl)
ReceiveMessage                  =                         queue(QueueUrl)
DeleteMessage                   =                         queue(QueueUrl)
DeleteMessageBatch              sqs:DeleteMessage         queue(QueueUrl)
ChangeMessageVisibility         =                         queue(QueueUrl)
ChangeMessageVisibilityBatch    sqs:ChangeMessageVisibility queue(QueueUrl)
ListDeadLetterSourceQueues      =                         queue(QueueUrl)
ListQueueTags                   =                         queue(QueueUrl)
TagQueue                        =                         queue(QueueUrl)
UntagQueue                      =                         queue(QueueUrl)
StartMessageMoveTask            =                         queue(SourceArn)
ListMessageMoveTasks            =                         queue(SourceArn)
"""


def queue_arn(place: Place, queue: str, account: str = "") -> str:
    """A queue by its ARN, its URL (`https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`) or its name."""
    if queue.startswith("arn:"):
        return queue
    region, account, name = place.region, account or place.account, queue
    if "://" in queue:
        url = urlsplit(queue)
        *before, name = url.path.strip("/").split("/")
        account = before[-1] if before else account  # no queue has such a URL, and SQS will say so
        host = re.fullmatch(r"(?:sqs\.([\w-]+)|([\w-]+)\.queue)\.amazonaws\.com", url.hostname or "")
        region = (host[1] or host[2]) if host else region
    return f"arn:aws:sqs:{region}:{account}:{name}"


def _queue_policy(arn: Arn) -> Document | None:
    queue = moto_state.queue(arn.text)
    return document(queue.policy) if queue is not None and queue.policy else None


def _queue_tags(arn: Arn) -> dict[str, str]:
    queue = moto_state.queue(arn.text)
    return dict(queue.tags or {}) if queue is not None else {}


PERMISSIONS = Permissions(
    prefix="sqs",
    denial=DenialStyle(code="AccessDenied", status=403, spelled=str.lower),
    lines=_LINES,
    kinds={
        "queue": queue_arn,
    },
    policy_of=_queue_policy,
    tags_of=_queue_tags,
)
