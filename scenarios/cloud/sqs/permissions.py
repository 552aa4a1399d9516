"""IAM's rows for SQS: queues."""

from scenarios.cloud.authorization.rows import Arn, DenialStyle, Document, Permissions, document
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.sqs.urls import queue_arn

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


def _queue_policy(arn: Arn) -> Document | None:
    queue = moto_messages.queue(arn.text)
    return document(queue.policy) if queue is not None and queue.policy else None


def _queue_tags(arn: Arn) -> dict[str, str]:
    queue = moto_messages.queue(arn.text)
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
