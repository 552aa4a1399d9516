"""Asking AWS: the answer is a value, Missing, or Unknown with the reason."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scenarios.doctor.facts import Missing, Unknown

Clients = Callable[[str, str], Any]
"""`clients(service, region)` is a boto3 client."""

_NOT_THERE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "404",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchConfigRuleException",
        "NoSuchEntity",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchRemediationConfigurationException",
        "NotFound",
        "NotFoundException",
        "ObjectLockConfigurationNotFoundError",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "TableNotFoundException",
        "TrailNotFoundException",
    }
)

Answer = Mapping[str, Any] | Missing | Unknown


class Asker:
    """Asks one account.

    `region` is the stack's, for calls that name no other; `asking` is called with each question.
    """

    def __init__(self, clients: Clients, region: str, asking: Callable[[str], None] = lambda _: None) -> None:
        self.region = region
        self._clients = clients
        self._asking = asking

    def client(self, service: str, region: str) -> Any:
        """A client for readers that ask their own questions."""
        self._asking(service)
        return self._clients(service, region)

    def ask(self, service: str, operation: str, *, region: str = "", **parameters: Any) -> Answer:
        """One call, by boto3's name for it."""
        self._asking(f"{service} {operation}")
        try:
            client = self._clients(service, region or self.region)
            answer: Mapping[str, Any] = getattr(client, operation)(**parameters)
        except ClientError as error:
            return _refused(service, operation, error)
        except BotoCoreError as error:
            return Unknown(f"{service} {operation}: {' '.join(str(error).split())}")
        return answer

    def pages(self, service: str, operation: str, key: str, *, region: str = "", **parameters: Any) -> Any:
        """Every page's `key`, in one list; Missing or Unknown where the first that failed says so."""
        self._asking(f"{service} {operation}")
        try:
            client = self._clients(service, region or self.region)
            paginator = client.get_paginator(operation)
            return [each for page in paginator.paginate(**parameters) for each in page.get(key, ())]
        except ClientError as error:
            return _refused(service, operation, error)
        except BotoCoreError as error:
            return Unknown(f"{service} {operation}: {' '.join(str(error).split())}")


def _refused(service: str, operation: str, error: ClientError) -> Missing | Unknown:
    details = error.response["Error"]
    code, message = str(details.get("Code", "")), " ".join(str(details.get("Message", "")).split())
    if code in _NOT_THERE or (code == "ValidationError" and "does not exist" in message):
        return Missing()
    return Unknown(f"{service} {operation}: {message or code}")
