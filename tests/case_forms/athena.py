"""Rows that ask Athena: the rows that a text of SQL answers, the text of one value, what the API refuses.

`input.sql`: the rows. `input.query`: the text of the first value. `input.op` and `input.state`: what that
call is answered about a query in that state. Expected may be an error: its code or name, message and
AthenaErrorCode. The libraries that answer SQL are loaded for such a row only: the rows of other forms don't
need them.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from scenarios.queries.sql.errors import MalformedSql, QueryFailed
from tests.case_forms.judging import Cannot, Verdict
from tests.scenarios.cloud.small_worlds import admin, bucket, world

Row = dict[str, Any]
_BUCKET = "tw-logs"
_LIBRARIES = ("duckdb", "sqlglot")


def takes(row: Row) -> bool:
    """Whether the row is about Athena."""
    return row.get("area") in ("athena", "athena-api")


def judge(row: Row) -> Verdict:
    """Ask."""
    engine = _engine()
    asked, expected = row["input"], row["expected"]
    if "op" in asked:
        got: Any = _called(asked)
        return Verdict(isinstance(expected, dict) and expected.items() <= got.items(), str(got))
    text = asked.get("sql") or asked.get("query")
    if not isinstance(text, str):
        raise Cannot("it has no text of SQL")
    try:
        rows = [list(each) for each in engine({}).run(text).rows]
    except (QueryFailed, MalformedSql) as failed:
        return _failure(failed, expected)
    got = rows if isinstance(expected, list) else rows[0][0]
    return Verdict(got == expected, str(got))


def _engine() -> Callable[..., Any]:
    """What makes an engine; raises Cannot where a library of it isn't installed."""
    try:
        from tests.scenarios.queries.sql.trail import engine
    except ModuleNotFoundError as missing:
        if missing.name not in _LIBRARIES:
            raise
        raise Cannot(f"{missing.name} isn't installed, and SQL needs it") from missing
    return engine


def _failure(failed: QueryFailed | MalformedSql, expected: Any) -> Verdict:
    """Whether every text that is expected is in the error's words."""
    words = str(failed)
    wanted = [expected] if isinstance(expected, str) else [str(each) for each in dict(expected).values()]
    return Verdict(all(each in words for each in wanted), words)


def _called(asked: Row) -> Row:
    """What a call about a query in the state is answered: the error's parts, or the answer."""
    texts = {"FAILED": "SELECT 1/0"}
    with world(bucket(_BUCKET)) as cloud:
        athena = admin(cloud, "athena")
        given = {"OutputLocation": f"s3://{_BUCKET}/"}
        text = texts.get(asked.get("state", ""), "SELECT 1")
        query = athena.start_query_execution(QueryString=text, ResultConfiguration=given)["QueryExecutionId"]
        if asked.get("state") == "CANCELLED":
            athena.stop_query_execution(QueryExecutionId=query)
        for _ in range(600):
            found = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if found["Status"]["State"] == asked.get("state"):
                break
            cloud.run(0.05)
        else:
            query = str(asked.get("id", "11111111-1111-1111-1111-111111111111"))
        operation = "".join(f"_{each.lower()}" if each.isupper() else each for each in asked["op"]).lstrip(
            "_"
        )
        try:
            answer: Row = getattr(athena, operation)(QueryExecutionId=query)
        except ClientError as refused:
            about = {**refused.response["Error"], "AthenaErrorCode": refused.response.get("AthenaErrorCode")}
            return {"error": about["Code"], "message": about["Message"], **about}
    return answer
