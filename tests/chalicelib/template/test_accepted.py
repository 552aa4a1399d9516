"""What checkov finds and stays as it is has a reason beside it; `.ci/checkov` finds nothing else."""

from chalicelib.template.accepted import with_reasons


def skipped(resource):
    return [each["id"] for each in resource["Metadata"]["checkov"]["skip"]]


def test_a_resource_says_what_is_accepted_of_it_and_why():
    found = with_reasons({"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}})["Queue"]

    assert skipped(found) == ["CKV_AWS_27"]
    assert found["Metadata"]["checkov"]["skip"][0]["comment"]


def test_a_function_is_known_without_its_type_and_other_metadata_stays():
    function = {"Properties": {"Runtime": "python3.13"}, "Metadata": {"After": 1}}
    found = with_reasons({"Look": function})["Look"]

    assert "CKV_AWS_117" in skipped(found)
    assert found["Metadata"]["After"] == 1


def test_nothing_is_said_of_what_nothing_is_accepted_of():
    rule = {"Type": "AWS::Events::Rule", "Properties": {}}

    assert with_reasons({"Rule": rule}) == {"Rule": rule}
