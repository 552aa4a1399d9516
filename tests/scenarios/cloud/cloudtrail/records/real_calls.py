"""Real boto3 calls on moto, and the records that CloudTrail would have written of them."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError
from freezegun import freeze_time

from scenarios.cloud.cloudtrail.records.records import record_of
from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.cloud.services import REGISTRY

RECORDS = REGISTRY.records
ACCOUNT = "123456789012"
REGION = "eu-west-1"
MOMENT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
EVENT_ID = "5f3c1d2e-0000-4000-8000-000000000001"
REQUEST_ID = "8c1a2b3c-0000-4000-8000-000000000002"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
MALLORY = Caller(
    kind=CallerKind.IAM_USER,
    account=ACCOUNT,
    arn=f"arn:aws:iam::{ACCOUNT}:user/mallory",
    principal_id="AIDAMALLORY",
    name="mallory",
    access_key_id="AKIAMALLORY",
)


class Account:
    """An account in moto; `did` makes a call and gives it back as the simulated AWS would see it."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def did(self, service: str, operation: str, **parameters: Any) -> ApiCall:
        make: Any = boto3.client  # its types name every service
        client = self._clients.get(service) or make(
            service,
            region_name=REGION,
            aws_access_key_id="AKIAMALLORY",
            aws_secret_access_key="a-secret",
        )
        self._clients[service] = client
        call = called(service, operation, **parameters)
        method = client.meta.method_to_api_mapping
        name = next(python for python, api in method.items() if api == operation)
        try:
            with freeze_time(MOMENT):
                response = getattr(client, name)(**parameters)
        except ClientError as failure:
            error = failure.response["Error"]
            return replace(call, error=(error["Code"], error["Message"]))
        return replace(call, response={k: v for k, v in response.items() if k != "ResponseMetadata"})


def called(service: str, operation: str, **parameters: Any) -> ApiCall:
    return ApiCall(
        sequence=1,
        service=service,
        operation=operation,
        parameters=parameters,
        region=REGION,
        caller=MALLORY,
        moment=MOMENT,
    )


def denied(call: ApiCall, code: str) -> ApiCall:
    return replace(call, response=None, error=(code, "User: mallory is not authorized"))


def recorded(call: ApiCall) -> dict[str, Any]:
    return record_of(call, RECORDS[call.service], event_id=EVENT_ID, request_id=REQUEST_ID)


BUCKET = "audit-trail"
HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"


def code() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("handler.py", "")
    return archive.getvalue()
