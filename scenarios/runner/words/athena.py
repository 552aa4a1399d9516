"""Words about people who ask Athena about log files that AWS has delivered to buckets."""

from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.questions import ANSWERED, POLL_SECONDS
from scenarios.service_logs import FORMATS
from scenarios.service_logs.tables import create

RESULTS = "athena-results"


def results_bucket() -> Given:
    """The bucket that Athena writes its answers to."""

    def do(world: World) -> None:
        s3: Any = world.client(world.user("builder"), "s3")
        s3.create_bucket(Bucket=RESULTS)

    return Given(f"a bucket {RESULTS} for Athena's answers", do)


def asks_sql(actor: Actor, question: str, text: str, *, logs: Mapping[str, str]) -> Action:
    """Make a table over each of these logs, put a query to Athena, and wait for its answer.

    `question`: what `answered` calls it. `logs`: folders of buckets (`s3://BUCKET/FOLDER/`) by the names of
    formats in `scenarios.service_logs`, which become the tables' names. The timeline says what was answered,
    a line a row; a statement that fails ends the run.
    """

    def do(world: World, caller: Caller) -> None:
        made = [create(FORMATS[name], name, folder) for name, folder in logs.items()]
        _Asking(world, world.client(caller, "athena"), actor.name, question).put([*made, text])

    return actor.does(f"asks Athena {question}, of {' and '.join(logs.values())}", do)


class _Asking:
    """One statement behind the other, each as soon as the one before has ended."""

    def __init__(self, world: World, athena: Any, who: str, question: str) -> None:
        self._world = world
        self._athena = athena
        self._question = question
        self._what = f"{who} waits for {question}"

    def put(self, texts: Sequence[str]) -> None:
        started = self._athena.start_query_execution(
            QueryString=texts[0], ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"}
        )
        self._wait(started["QueryExecutionId"], texts[1:])

    def _wait(self, query: str, left: Sequence[str]) -> None:
        self._world.clock.after(POLL_SECONDS, lambda: self._look(query, left), self._what)

    def _look(self, query: str, left: Sequence[str]) -> None:
        status = self._athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] in ("QUEUED", "RUNNING"):
            self._wait(query, left)
            return
        if status["State"] != "SUCCEEDED":
            raise AssertionError(f"Athena, asked {self._question}: {status.get('StateChangeReason')}")
        if left:
            self.put(left)
            return
        head, *rows = self._athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
        names = _values(head)
        for row in rows:
            fields = dict(zip(names, _values(row), strict=True))
            words = ", ".join(f"{name} {value}" for name, value in fields.items())
            self._world.setting.note(
                ANSWERED, f"{self._question}: {words}", question=self._question, row=fields
            )


def _values(row: Mapping[str, Any]) -> list[str]:
    """The texts of a row; NULL is ""."""
    return [each.get("VarCharValue", "") for each in row["Data"]]
