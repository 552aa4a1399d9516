"""From the alert to the answer: who is on call asks the trail what else was done, and from where."""

from scenarios.runner.scenario import Scenario, at, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import heard_of
from scenarios.runner.words.givens import table
from scenarios.runner.words.questions import answered, asks

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
_GONE = "ResourceNotFoundException"

SCENARIO = Scenario(
    name="people.investigate",
    title="A table is deleted; who is on call asks the trail what else was done, and from which address",
    lasts="22:00",
    given=[table("orders")],
    when=[
        at("00:00", mallory.calls("dynamodb", "list_tables")),
        at("00:30", mallory.calls("dynamodb", "delete_table", TableName="orders")),
        at("01:00", mallory.calls("dynamodb", "delete_table", TableName="x", refused=_GONE)),
        at("18:00", asks(alice, "what-did-principal-do", principal="user/mallory")),
        at("19:00", asks(alice, "from-which-addresses", principal="user/mallory")),
    ],
    then=[
        by("04:30", heard_of("table_deleted", "CRITICAL", "orders", "mallory")),
        by(
            "21:00",
            answered("what-did-principal-do", eventName="ListTables", calls="1", refused="0"),
            answered("what-did-principal-do", eventName="DeleteTable", calls="2", refused="1"),
            answered("from-which-addresses", sourceIPAddress="203.0.113.66", calls="3"),
        ),
    ],
)
