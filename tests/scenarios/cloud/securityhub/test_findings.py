"""Security Hub takes what is of its format, and says of the rest why not."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT

REGION = "us-east-1"
PRODUCT = f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default"
GOOD = {
    "SchemaVersion": "2018-10-08",
    "Id": "1",
    "ProductArn": PRODUCT,
    "GeneratorId": "g",
    "AwsAccountId": ACCOUNT,
    "CreatedAt": "2026-03-02T03:00:00.000Z",
    "UpdatedAt": "2026-03-02T03:00:00.000Z",
    "Title": "t",
    "Description": "d",
    "FindingProviderFields": {"Severity": {"Label": "HIGH"}, "Types": ["TTPs/x"]},
    "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{ACCOUNT}"}],
}


@pytest.fixture
def hub(world):
    client = world.client(world.user("alice"), "securityhub")
    client.enable_security_hub()
    return client


@pytest.mark.slow
def test_findings_are_taken_and_the_same_id_is_the_same_finding(hub):
    for title in ("t", "another"):
        answer = hub.batch_import_findings(Findings=[{**GOOD, "Title": title}])
        assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 0)

    assert [each["Title"] for each in hub.get_findings()["Findings"]] == ["another"]


BAD = [
    ({"SchemaVersion": "2018-10-07"}, "SchemaVersion"),
    ({"ProductArn": PRODUCT.replace("default", "other")}, "default product"),
    ({"AwsAccountId": "999999999999"}, "caller's account"),
    ({"Title": "t" * 257}, "Title"),
    ({"Description": "d" * 1025}, "Description"),
    ({"CreatedAt": "yesterday"}, "timestamp"),
    ({"FindingProviderFields": {"Types": ["TTPs"]}}, "Severity"),
    ({"FindingProviderFields": {"Severity": {"Label": "HIGH"}}}, "Types"),
    ({"FindingProviderFields": {"Severity": {"Label": "HIGH"}, "Types": ["Mine/x"]}}, "namespace"),
    ({"Resources": []}, "Resources"),
    ({"Resources": [{"Type": "AwsAccount", "Id": ACCOUNT}]}, "AWS::::Account"),
    ({"ProductFields": {str(number): "v" for number in range(51)}}, "ProductFields"),
    ({"Remediation": {"Recommendation": {"Text": "r" * 513}}}, "Recommendation"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "why"), [pytest.param(*row, id=row[1]) for row in BAD])
def test_what_is_not_of_the_format_fails_though_the_call_succeeds(hub, change, why):
    answer = hub.batch_import_findings(Findings=[{**GOOD, **change}, {**GOOD, "Id": "2"}])

    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1)
    assert why in answer["FailedFindings"][0]["ErrorMessage"]


@pytest.mark.slow
def test_nothing_is_imported_where_it_is_not_enabled(world):
    client = world.client(world.user("alice"), "securityhub")

    with pytest.raises(ClientError, match="not subscribed"):
        client.batch_import_findings(Findings=[GOOD])
