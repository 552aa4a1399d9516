"""One query: what is asked, where its files go, how far it has come, and how GetQueryExecution tells it.

Sources: https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html,
https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.athena.results import EMPTY, Answer
from scenarios.cloud.athena.works import Work
from scenarios.cloud.athena.written import TABLES
from scenarios.cloud.kernel.caller import Caller
from scenarios.queries.sql import ddl
from scenarios.queries.sql.statements import CreateTableAs, Writing

MANIFEST: Final = "-manifest.csv"
ENGINE: Final = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}


@dataclass(slots=True, kw_only=True)
class Execution:
    """One query.

    Args:
        output: the folder in S3 that its files go to. `enforced`: whether the work group says it.
        text: as it was given.
        work: what is done: the text, or what stands under the name that EXECUTE gives.
    """

    id: str
    region: str
    text: str
    workgroup: str
    database: str
    output: str
    caller: Caller
    started: datetime
    enforced: bool
    work: Work
    token: str
    most_bytes: int
    status: str = "QUEUED"
    reason: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    began: datetime | None = None
    ended: datetime | None = None
    sequence: int = 1
    answer: Answer = EMPTY

    @property
    def location(self) -> str:
        """The file that the answer goes to, or what the files beside it begin with."""
        statement = self.work.statement
        if isinstance(statement, CreateTableAs):
            return f"{self.output}{TABLES}{self.id}"
        return f"{self.output}{self.id}" + (
            "" if isinstance(statement, Writing) else ".csv" if statement is None else ".txt"
        )

    @property
    def kind(self) -> str:
        """Its StatementType. That PREPARE and DEALLOCATE are DDL is unconfirmed."""
        statement = self.work.statement
        if isinstance(statement, ddl.Show):
            return "UTILITY"
        return "DML" if statement is None or isinstance(statement, Writing) else "DDL"

    def described(self) -> dict[str, Any]:
        """As GetQueryExecution tells it."""
        status: dict[str, Any] = {"State": self.status, "SubmissionDateTime": self.started}
        status |= {"StateChangeReason": self.reason} if self.reason else {}
        status |= {"CompletionDateTime": self.ended} if self.ended else {}
        status |= {"AthenaError": self.error} if self.error else {}
        return {
            "QueryExecutionId": self.id,
            "Query": self.text,
            "StatementType": self.kind,
            "ResultConfiguration": {"OutputLocation": self.location},
            "QueryExecutionContext": {"Database": self.database} if self.database else {},
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup,
            "EngineVersion": ENGINE,
            **({"ExecutionParameters": list(self.work.given)} if self.work.given else {}),
        }

    def _statistics(self) -> dict[str, Any]:
        if self.ended is None:
            return {}
        began = self.began or self.ended
        return {
            "EngineExecutionTimeInMillis": _milliseconds(began, self.ended),
            "DataScannedInBytes": self.answer.scanned_bytes,
            "TotalExecutionTimeInMillis": _milliseconds(self.started, self.ended),
            "QueryQueueTimeInMillis": _milliseconds(self.started, began),
            **(
                {"DataManifestLocation": f"{self.location}{MANIFEST}"}
                if self.answer.count is not None
                else {}
            ),
        }


def _milliseconds(since: datetime, until: datetime) -> int:
    return int((until - since).total_seconds() * 1000)
