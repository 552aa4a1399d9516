"""Which calls a plan may hold: those that its remediation declares, on the resources that its grants name."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from chalicelib.catalog import CATALOG, find
from chalicelib.errors import NotDeclared
from chalicelib.ledger.entries import entry_of
from chalicelib.remediation import Call, Outcome, Plan
from chalicelib.remediations import trail_stopped
from chalicelib.runtime.declared import check
from chalicelib.runtime.execute import carry_out
from chalicelib.seal import Oddity
from chalicelib.settings import Settings
from tests.chalicelib.runtime.house import ACCOUNT, Happening, Remedy, alert, built, creates

REGION = "eu-west-1"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
AWS = SimpleNamespace(partition="aws", account=ACCOUNT, region=REGION)
SETTINGS = Settings(
    topic_arn="t",
    ledger="l",
    values={
        trail_stopped.ARN: TRAIL,
        trail_stopped.BUCKET: "audit-logs",
        trail_stopped.GROUP: "audit-group",
        trail_stopped.ROLE: "trail-role",
    },
)


def call(operation, account=ACCOUNT, region=REGION, **parameters):
    service, _, method = operation.partition(".")
    return Call(service=service, operation=method, parameters=parameters, account=account, region=region)


def is_declared(name, *calls) -> bool:
    entry = entry_of(name, Happening(), Plan.alert(alert(), calls=calls), Outcome.ACTED)
    try:
        check(entry, find(name), SETTINGS, AWS)
    except NotDeclared:
        return False
    return True


RESTORE = call(
    "dynamodb.restore_table_from_backup",
    TargetTableName="orders",
    BackupArn=f"{TABLE}/orders/backup/01-a",
)
OURS = [
    pytest.param(
        "access_key_created",
        call("iam.attach_user_policy", UserName="eve", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll"),
        id="a user's quarantine",
    ),
    pytest.param("table_deleted", RESTORE, id="a restore"),
    pytest.param("trail_stopped", call("cloudtrail.start_logging", Name=TRAIL), id="starting the trail"),
    pytest.param("trail_stopped", call("cloudtrail.create_trail", Name="audit"), id="making it anew"),
    pytest.param(
        "trail_stopped",
        call("cloudtrail.update_trail", Name=TRAIL, CloudWatchLogsRoleArn=f"{ROLE}/trail-role"),
        id="its own role",
    ),
    pytest.param("trail_stopped", call("s3.put_bucket_policy", Bucket="audit-logs"), id="its bucket"),
    pytest.param("trail_stopped", call("logs.create_log_group", logGroupName="audit-group"), id="its group"),
]
PLANTED = [
    *(
        pytest.param(
            name,
            call(
                "iam.attach_user_policy",
                UserName="eve",
                PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
            ),
            id=f"{name} makes an administrator",
        )
        for name in ("access_key_created", "administrator_made", "password_or_mfa_changed")
    ),
    pytest.param("table_deleted", call("dynamodb.delete_table", TableName="orders"), id="another operation"),
    pytest.param("table_deleted", call("iam.create_user", UserName="m"), id="another service"),
    pytest.param(
        "table_deleted",
        call(
            "dynamodb.restore_table_from_backup",
            TargetTableName="orders",
            BackupArn=f"{TABLE}/payroll/backup/01-a",
        ),
        id="another table's backup",
    ),
    pytest.param(
        "table_deleted",
        call(
            "dynamodb.restore_table_from_backup",
            TargetTableName="orders",
            BackupArn=f"{TABLE}/orders/backup/01-a".replace(ACCOUNT, "999988887777"),
        ),
        id="another account's backup",
    ),
    pytest.param("trail_stopped", call("cloudtrail.stop_logging", Name=TRAIL), id="the opposite"),
    pytest.param("trail_stopped", call("cloudtrail.start_logging", Name=f"{TRAIL}2"), id="another trail"),
    pytest.param("trail_stopped", call("cloudtrail.put_event_selectors", TrailName="*"), id="any trail"),
    pytest.param("trail_stopped", call("cloudtrail.create_trail", Name="second"), id="a second trail"),
    pytest.param(
        "trail_stopped",
        call("cloudtrail.update_trail", Name=TRAIL, CloudWatchLogsRoleArn=f"{ROLE}/admin"),
        id="another role",
    ),
    pytest.param("trail_stopped", call("s3.put_bucket_policy", Bucket="payroll"), id="another bucket"),
    pytest.param("trail_stopped", call("s3.put_bucket_policy", Policy="{}"), id="no bucket"),
    pytest.param("root_login", call("cloudtrail.start_logging", Name=TRAIL), id="who only tells"),
]


@pytest.mark.parametrize(("name", "planned"), OURS)
def test_what_a_remediation_declares_is_its_own(name, planned):
    assert is_declared(name, planned)


@pytest.mark.parametrize(("name", "planned"), PLANTED)
def test_what_it_does_not_is_refused(name, planned):
    assert not is_declared(name, planned)


def test_one_call_too_many_spoils_the_plan():
    assert not is_declared("table_deleted", RESTORE, call("dynamodb.delete_table", TableName="orders"))


@pytest.mark.parametrize("remediation", [each for each in CATALOG if each.acts], ids=lambda each: each.name)
def test_every_acting_grant_is_for_a_declared_call_and_the_other_way_round(remediation):
    calls = (*remediation.declared_calls, *(remediation.undoing.calls if remediation.undoing else ()))
    needed = {action for each in calls for action, _ in each.needs}

    # Whether an undo may be made is looked at first, and only where it may be made at all; and an event is
    # proven, or put off, only where something may be done about it.
    looks = {"dynamodb:DescribeTable", "cloudtrail:LookupEvents", "sqs:SendMessage"}
    assert needed <= {grant.action for grant in remediation.grants if grant.acting} <= needed | looks


def test_a_plan_that_is_not_ours_is_not_begun_and_is_reported():
    with built() as house:
        plan = Plan.alert(alert(), calls=[creates("a")])
        entry = house.ledger.store(entry_of("remedy", Happening(), plan, Outcome.ACTED))
        none = replace(Remedy(plan).remediation, declared_calls=())

        entry, error = carry_out(house.aws, house.ledger, entry, remediation=none, settings=house.settings)

        assert isinstance(error, NotDeclared)
        assert "never makes: aws dynamodb create-table" in str(error)
        assert (entry.outcome, entry.progress, house.tables()) == (Outcome.FAILED, {}, [])
        assert [each.oddity for each in house.ledger.seal.noticed] == [Oddity.UNDECLARED]
