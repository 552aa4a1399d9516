"""Alerts and storage: topics, their keys, the ledger, the brakes, the dead-letter queues.

Sources: each finding names the control or the page that asks for it.
"""

from collections.abc import Iterator

from chalicelib.brakes import ON
from chalicelib.remediation import Severity
from scenarios.doctor.facts import Brake, Key, Missing, Queue, StackFacts, Table, Topic, Unknown
from scenarios.doctor.finding import DoctorFinding, unknown, unwatched
from scenarios.doctor.stack_words import aws_cli, gone, on

_SUBSCRIPTIONS = "https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html"
_DEAD_LETTERS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
)


def check_topic(facts: StackFacts, topic: Topic) -> Iterator[DoctorFinding]:
    """Whether alerts reach a confirmed subscription."""
    match topic.confirmed:
        case Unknown() as why:
            yield unknown("a topic's subscriptions could not be listed", why, where=topic.arn)
        case Missing():
            yield gone("topic", topic.arn, facts)
        case 0:
            waits = f"{topic.pending} wait for the mail to be answered" if topic.pending else "it has none"
            options = {
                "--topic-arn": topic.arn,
                "--protocol": "email",
                "--notification-endpoint": "YOU@EXAMPLE.COM",
            }
            yield unwatched(
                f"the topic reaches no one: no subscription is confirmed, {waits}",
                where=topic.arn,
                severity=Severity.CRITICAL,
                mend=aws_cli("sns", "subscribe", options, facts) + ", then confirm by the link in the mail",
                source=_SUBSCRIPTIONS,
            )


def check_key(facts: StackFacts, key: Key) -> Iterator[DoctorFinding]:
    """Whether alerts can be encrypted."""
    options = {"--key-id": key.key_id}
    match key.state:
        case Unknown() as why:
            yield unknown("a key could not be looked at", why, where=key.key_id)
        case Missing():
            yield gone("key", key.key_id, facts)
        case "Disabled":
            yield unwatched(
                "the alerts' key is disabled: no alert can be sent",
                where=key.key_id,
                severity=Severity.CRITICAL,
                mend=aws_cli("kms", "enable-key", options, facts),
                fix=on(facts, "kms", "enable_key", KeyId=key.key_id),
                source="https://docs.aws.amazon.com/kms/latest/developerguide/enabling-keys.html",
            )
        case "PendingDeletion":
            then = aws_cli("kms", "enable-key", options, facts)
            yield unwatched(
                "the alerts' key is about to be deleted: no alert can be sent",
                where=key.key_id,
                severity=Severity.CRITICAL,
                mend=f"{aws_cli('kms', 'cancel-key-deletion', options, facts)} && {then}",
                source="Security Hub KMS.3",
            )


def check_table(facts: StackFacts, table: Table) -> Iterator[DoctorFinding]:
    """Whether the ledger expires what is old and can be restored."""
    name = {"TableName": table.name}
    if isinstance(table.expires, Missing):
        yield gone("table", table.name, facts)
        return
    if isinstance(table.expires, Unknown):
        yield unknown("whether the ledger's items expire", table.expires, where=table.name)
    elif table.expires not in ("ENABLED", "ENABLING"):
        expiring = {"Enabled": True, "AttributeName": "expires"}
        options = {
            "--table-name": table.name,
            "--time-to-live-specification": "Enabled=true,AttributeName=expires",
        }
        yield unwatched(
            "the ledger's items don't expire: claims and sightings pile up",
            where=table.name,
            severity=Severity.LOW,
            mend=aws_cli("dynamodb", "update-time-to-live", options, facts),
            fix=on(facts, "dynamodb", "update_time_to_live", **name, TimeToLiveSpecification=expiring),
            source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html",
        )
    if isinstance(table.restorable, Unknown | Missing):
        yield unknown("whether the ledger can be restored", table.restorable, where=table.name)
    elif table.restorable != "ENABLED":
        recovery = {"PointInTimeRecoveryEnabled": True}
        options = {
            "--table-name": table.name,
            "--point-in-time-recovery-specification": "PointInTimeRecoveryEnabled=true",
        }
        yield unwatched(
            "the ledger can't be restored: point-in-time recovery is off",
            where=table.name,
            severity=Severity.MEDIUM,
            mend=aws_cli("dynamodb", "update-continuous-backups", options, facts),
            fix=on(
                facts,
                "dynamodb",
                "update_continuous_backups",
                **name,
                PointInTimeRecoverySpecification=recovery,
            ),
            source="Security Hub DynamoDB.2",
        )


def check_brake(facts: StackFacts, brake: Brake) -> Iterator[DoctorFinding]:
    """Whether the remediations may act as they were deployed to."""
    match brake.value:
        case Unknown() as why:
            yield unknown("a parameter that may hold acts back could not be read", why, where=brake.name)
        case Missing():
            yield gone("parameter", brake.name, facts)
        case value if value != brake.deployed:
            options = {"--name": brake.name, "--value": brake.deployed}
            mend = aws_cli("ssm", "put-parameter", options, facts, "--overwrite")
            yield unwatched(
                "the kill switch is on: nothing acts, in any mode"
                if value == ON
                else f"a mode is {value}, though {brake.deployed} was deployed",
                where=brake.name,
                severity=Severity.MEDIUM,
                mend=f"{mend}, once nothing speaks against acting",
                source="the gate of every remediation, chalicelib/runtime/gate.py",
            )


def check_queue(facts: StackFacts, queue: Queue) -> Iterator[DoctorFinding]:
    """Whether everything could be handled."""
    match queue.waiting:
        case Unknown() as why:
            yield unknown("a dead-letter queue could not be looked at", why, where=queue.url)
        case Missing():
            yield gone("queue", queue.url, facts)
        case int(waiting) if waiting:
            options = {"--queue-url": queue.url, "--attribute-names": "All"}
            yield unwatched(
                f"{waiting} events could not be handled and wait in the dead-letter queue",
                where=queue.url,
                mend=aws_cli("sqs", "receive-message", options, facts) + " tells what and why",
                source=_DEAD_LETTERS,
            )
