"""Records as rows: what Athena and CloudTrail's console make of them.

Athena writes columns in small letters, a struct as `{type=Root, arn=...}`, and nothing as an empty cell. The
answers of Athena and of CloudTrail Lake, as their commands print them, hold the same rows.
Sources: https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-org-wide-trail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-console.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetQueryResults.html
"""

import json
from collections.abc import Mapping
from typing import Any

_FIELDS = (
    *(
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
    ),
    *(
        "userAgent",
        "errorCode",
        "errorMessage",
        "requestParameters",
        "responseElements",
        "requestID",
        "eventID",
    ),
    *("additionalEventData", "resources", "eventType", "apiVersion", "readOnly", "recipientAccountId"),
    *("serviceEventDetails", "sharedEventID", "vpcEndpointId", "tlsDetails", "managementEvent"),
    *("eventCategory", "sessionCredentialFromConsole", "insightDetails"),
)
_OF_IDENTITY = (
    *("type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName", "sessionContext"),
    *("attributes", "mfaAuthenticated", "creationDate", "sessionIssuer", "webIdFederationData", "userId"),
)
_BY_COLUMN = {name.lower(): name for name in _FIELDS}
_BY_KEY = {name.lower(): name for name in (*_OF_IDENTITY, *_FIELDS)}
_NOTHING = ("", "null", "-", "NULL")
_TRUTH = {"true": True, "false": False}
_MOST_NESTED = 20


def rows_of_answer(answer: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """The rows that GetQueryResults of Athena or of CloudTrail Lake answered; None for any other answer.

    Athena's first row holds the columns' names; each cell of Lake's has its column's name with it.
    """
    of_lake = answer.get("QueryResultRows")
    if isinstance(of_lake, list):
        return [_merged(row) for row in of_lake]
    results = answer.get("ResultSet")
    if not isinstance(results, dict) or not isinstance(results.get("Rows"), list):
        return None
    names, *rows = [_cells(row) for row in results["Rows"]] or [[]]
    return [dict(zip(names, cells, strict=False)) for cells in rows]


def _merged(row: object) -> dict[str, str]:
    cells = [each for each in row if isinstance(each, dict)] if isinstance(row, list) else []
    return {name: text for each in cells for name, text in each.items() if isinstance(text, str)}


def _cells(row: object) -> list[str]:
    """A cell without a value is NULL."""
    data = row.get("Data") if isinstance(row, dict) else None
    cells = data if isinstance(data, list) else []
    return [str(cell.get("VarCharValue", "")) if isinstance(cell, dict) else "" for cell in cells]


def record_of_row(row: Mapping[str, str]) -> dict[str, Any] | None:
    """The record in a row, if its columns are a record's fields; what a cell leaves out is absent."""
    record: dict[str, Any] = {}
    for column, cell in row.items():
        name = _BY_COLUMN.get((column or "").strip().lower().replace(" ", "").replace("-", ""))
        if name and isinstance(cell, str) and cell not in _NOTHING:
            record[name] = _cell(cell)
    if not record:
        return None
    if "userIdentity" not in record and row.get("User name", "") not in _NOTHING:
        user = row["User name"]
        record["userIdentity"] = {"type": "Root"} if user == "root" else {"userName": user}
    return record


def _cell(text: str) -> Any:
    if text in _TRUTH:
        return _TRUTH[text]
    if text[:1] not in "{[":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    value, end = _struct(text, 0, 0)
    return value if end == len(text) else text


def _struct(text: str, at: int, depth: int) -> tuple[Any, int]:
    """A value as Athena prints it, and where it ends: `{a=1, b={c=null}}`, `[x, y]`, or the word itself."""
    if depth > _MOST_NESTED:
        return text[at:], len(text)
    if text[at : at + 1] == "{":
        return _members(text, at + 1, depth)
    if text[at : at + 1] == "[":
        return _elements(text, at + 1, depth)
    end = min((found for mark in (", ", "}", "]") if (found := text.find(mark, at)) >= 0), default=len(text))
    word = text[at:end]
    return (None if word == "null" else word), end


def _members(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while at < len(text) and text[at] != "}":
        equal = text.find("=", at)
        if equal < 0:
            break
        value, end = _struct(text, equal + 1, depth + 1)
        if value is not None:
            key = text[at:equal].strip()
            members[_BY_KEY.get(key.lower(), key)] = value
        at = end + 2 if text.startswith(", ", end) else end
    return members, at + 1


def _elements(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    elements = []
    while at < len(text) and text[at] != "]":
        value, end = _struct(text, at, depth + 1)
        elements.append(value)
        if end == at:
            break
        at = end + 2 if text.startswith(", ", end) else end
    return elements, at + 1
