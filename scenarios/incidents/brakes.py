"""Somebody has to stop Trailwarden from acting, at once: the kill switch, and modes that are lowered."""

from chalicelib.brakes import kill_switch, mode_of
from chalicelib.remediation import Outcome
from scenarios.incidents.table_deleted import mallory, table_is
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome, unless_it_dies
from scenarios.runner.words.givens import table
from scenarios.runner.words.outages import throttles

STACK = "/trailwarden"
SWITCH, MODE = kill_switch(STACK), mode_of("table_deleted", STACK)
ENFORCE = (("TableDeletedMode", "enforce"),)
alice = Actor(name="alice", address="198.51.100.4")


def sets(parameter: str, value: str) -> Action:
    """As `aws ssm put-parameter --overwrite` does."""
    return alice.calls("ssm", "put_parameter", Name=parameter, Value=value, Overwrite=True)


def deletes(name: str) -> Action:
    """The table is deleted."""
    return mallory.calls("dynamodb", "delete_table", TableName=name)


def held_back(name: str, severity: str, *says: str) -> Check:
    """The deletion is reported, with the restore that did not happen, and why."""
    return heard_of("table_deleted", severity, *says, subject=f"table {name} was deleted")


TABLES = ("orders", "invoices", "carts", "users")

PULLED = Scenario(
    name="brakes.pulled",
    title="The kill switch, a lowered mode, a parameter that is gone: each holds back at once, and is told",
    parameters=ENFORCE,
    given=tuple(table(name, backup="nightly") for name in TABLES),
    lasts="31:00",
    when=[
        at("00:00", sets(SWITCH, "on"), deletes("orders")),
        at("06:00", sets(SWITCH, "off"), sets(MODE, "approve"), deletes("invoices")),
        at("12:00", alice.calls("ssm", "delete_parameter", Name=MODE), deletes("carts")),
        at("18:00", alice.calls("ssm", "put_parameter", Name=MODE, Value="enforce", Type="String")),
        at("18:01", deletes("users")),
    ],
    then=[
        by("02:30", held_back("orders", "HIGH", "Trailwarden held back:", f"the kill switch {SWITCH} is on")),
        by(
            "08:30",
            held_back("invoices", "HIGH", "waits for a yes", f"{MODE} lowers its mode to approve"),
        ),
        by(
            "14:30",
            held_back("carts", "HIGH", "Trailwarden held back:", f"the parameter {MODE} is not there"),
        ),
        by(
            "30:00",
            alert("table_deleted", "HIGH", "users", "Trailwarden did:"),
            table_is("users", there=True),
        ),
        at_the_end(
            *(table_is(name, there=False) for name in TABLES[:-1]),
            outcome("table_deleted", Outcome.ACTED),
            no_more_alerts_than(5, of="table_deleted"),
        ),
    ],
)

BUSY = Scenario(
    name="brakes.busy",
    title="Parameter Store is too busy to say whether we may act: nothing is done, and later it is",
    parameters=ENFORCE,
    given=(table("orders", backup="nightly"),),
    when=[at("00:00", throttles("ssm", "GetParameters", calls=1), deletes("orders"))],
    then=[
        by(
            "03:30",
            unless_it_dies(
                alert("table_deleted", "HIGH", "did not yet try", "could not be read", "Rate exceeded")
            ),
        ),
        by("13:00", table_is("orders", there=True)),
        # Not tried yet, then unconfirmed, then done.
        at_the_end(outcome("table_deleted", Outcome.ACTED), no_more_alerts_than(3, of="table_deleted")),
    ],
)

ONLY_PARAMETERS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"}],
}
insider = Actor(name="insider", address="192.0.2.77", policies=(ONLY_PARAMETERS,))

ONE_RIGHT = Scenario(
    name="brakes.one_right",
    title="ssm:PutParameter: somebody pulls the kill switch before the deed; both are told, nothing acts",
    parameters=ENFORCE,
    given=(table("orders", backup="nightly"),),
    when=[
        at("00:00", insider.calls("ssm", "put_parameter", Name=SWITCH, Value="on", Overwrite=True)),
        at("05:00", deletes("orders")),
    ],
    then=[
        by("02:30", heard_of("stack_changed", "HIGH", "user/insider", "kill-switch")),
        by("07:30", held_back("orders", "HIGH", "Trailwarden held back:", f"the kill switch {SWITCH} is on")),
        at_the_end(table_is("orders", there=False)),
    ],
)

SCENARIOS = (PULLED, BUSY, ONE_RIGHT)
