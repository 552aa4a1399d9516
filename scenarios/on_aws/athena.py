"""A query that Athena answers, in a real account.

The price follows from the objects that the query would read: the table as Glue has it, the partitions that
WHERE leaves, and the sizes that S3 lists. Where that can't be told, the sentence says why.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryExecution.html,
https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.wording import size
from scenarios.on_aws.answers import Answered, Clients, Estimate, NoAnswer
from scenarios.queries.sql.errors import MalformedSql, QueryFailed, SqlNotSimulated
from scenarios.queries.sql.glue import table_of
from scenarios.queries.sql.partitions import Object
from scenarios.queries.sql.price import DOLLARS_A_TERABYTE, dollars
from scenarios.queries.sql.tables import Table, View

DEFAULT: Final = "default"
POLL_SECONDS: Final = 1.0
MOST_LISTED: Final = 100_000  # objects; a hundred requests
_UNDER_WAY: Final = ("QUEUED", "RUNNING")


class _TooMany(Exception):
    """More objects lie under a table than are looked through for an estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Athena:
    """A query in one region.

    Args:
        text: the query.
        database: that names without one are in.
        workgroup: that pays and limits.
        output: `s3://...` for the answer, or "" for the work group's own.
        wait: sleeps so many seconds.
    """

    clients: Clients
    text: str
    region: str
    database: str = DEFAULT
    workgroup: str = "primary"
    output: str = ""
    wait: Callable[[float], object] = time.sleep

    def estimate(self) -> Estimate:
        """By the objects that the query would read."""
        # DuckDB and sqlglot take a while to load.
        from scenarios.queries.sql.engine import Engine  # noqa: PLC0415

        account = _Account(self.clients, self.region, self.database)
        try:
            files = Engine(account, account, datetime.now(UTC)).would_read(self.text)
        except _TooMany:
            return _unknown(f"more than {MOST_LISTED:,} objects lie under the table")
        except (MalformedSql, QueryFailed, SqlNotSimulated, ClientError, BotoCoreError) as error:
            return _unknown(str(error))
        found = sum(each.object.size for each in files)
        objects = f"{len(files):,} object{'' if len(files) == 1 else 's'}"
        return Estimate(
            bytes=found,
            words=f"Athena scans up to {size(found)} in {objects}: about ${dollars(found):.5f} "
            f"at ${DOLLARS_A_TERABYTE:.0f} a TB, 10 MB at least.",
        )

    def ask(self) -> Answered:
        """Start it, wait for it, and fetch every row."""
        athena = self.clients("athena", self.region)
        try:
            identity = athena.start_query_execution(
                QueryString=self.text,
                QueryExecutionContext={"Database": self.database},
                WorkGroup=self.workgroup,
                **({"ResultConfiguration": {"OutputLocation": self.output}} if self.output else {}),
            )["QueryExecutionId"]
            try:
                ended = self._ended(athena, identity)
            except BaseException:
                athena.stop_query_execution(QueryExecutionId=identity)
                raise
            names, rows = _fetched(athena, identity)
        except (ClientError, BotoCoreError) as error:
            raise NoAnswer(str(error)) from error
        scanned = int(ended.get("Statistics", {}).get("DataScannedInBytes", 0))
        return Answered(
            names=names,
            rows=rows,
            words=f"{size(scanned)} scanned; about ${dollars(scanned):.5f}; "
            f"the answer is in {ended.get('ResultConfiguration', {}).get('OutputLocation', 'Athena')}",
        )

    def _ended(self, athena: Any, identity: str) -> dict[str, Any]:
        while True:
            found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
            state = found["Status"]["State"]
            if state == "SUCCEEDED":
                return found
            if state not in _UNDER_WAY:
                raise NoAnswer(f"{state}: {found['Status'].get('StateChangeReason', 'no reason is given')}")
            self.wait(POLL_SECONDS)


def _unknown(why: str) -> Estimate:
    return Estimate(bytes=None, words=f"What it scans could not be looked up: {why}")


def _fetched(athena: Any, identity: str) -> tuple[list[str], list[list[str | None]]]:
    """The names of the columns, and the rows; the first row of a query's answer is its names again."""
    names: list[str] = []
    rows: list[list[str | None]] = []
    for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=identity):
        found = page["ResultSet"]
        names = names or [each["Name"] for each in found["ResultSetMetadata"]["ColumnInfo"]]
        rows += [[each.get("VarCharValue") for each in row["Data"]] for row in found["Rows"]]
    return names, rows[1:] if rows and rows[0] == names else rows


class _Account:
    """The account's catalog and buckets, for the engine to see what it would read."""

    def __init__(self, clients: Clients, region: str, database: str) -> None:
        self._glue, self._s3 = clients("glue", region), clients("s3", region)
        self._database = database
        self._listed = 0

    def table(self, database: str, name: str) -> Table | View:
        """A table or a view of Glue's."""
        named = {"DatabaseName": database or self._database}
        found = self._glue.get_table(**named, Name=name)["Table"]
        partitions: list[Any] = []
        if found.get("PartitionKeys") and "projection.enabled" not in found.get("Parameters", {}):
            for page in self._glue.get_paginator("get_partitions").paginate(**named, TableName=name):
                partitions += page["Partitions"]
        return table_of(found, partitions)

    def under(self, location: str) -> Iterator[Object]:
        """The objects under a location; raises _TooMany."""
        bucket, _, prefix = location.partition("://")[2].partition("/")
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", ()):
                self._listed += 1
                if self._listed > MOST_LISTED:
                    raise _TooMany
                yield Object(address=f"s3://{bucket}/{each['Key']}", size=each["Size"])

    def read(self, address: str) -> bytes:
        """No object is read for an estimate."""
        raise AssertionError(address)
