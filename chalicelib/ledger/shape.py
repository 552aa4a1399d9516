"""What the ledger's table is made with, as DynamoDB takes it."""

from collections.abc import Mapping
from typing import Any

from chalicelib.ledger.table import EXPIRES, PK, SK

SHAPE: Mapping[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in (PK, SK)],
    "KeySchema": [{"AttributeName": PK, "KeyType": "HASH"}, {"AttributeName": SK, "KeyType": "RANGE"}],
}
TIME_TO_LIVE: Mapping[str, Any] = {"AttributeName": EXPIRES, "Enabled": True}
