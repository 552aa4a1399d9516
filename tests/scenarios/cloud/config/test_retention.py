"""How long AWS Config keeps items: what is put, shown and deleted, and what is gone for good."""

import pytest

from tests.scenarios.cloud.config.recording_worlds import history, only, recording
from tests.scenarios.cloud.small_worlds import admin, refusal

GROUP, DAY = "AWS::EC2::SecurityGroup", 86_400


def opened(each, group, port):
    admin(each, "ec2").authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="10.0.0.0/8"
    )
    each.run(600)


@pytest.mark.slow
def test_items_that_a_shorter_retention_leaves_out_are_gone_for_good():
    with recording(group=only(GROUP)) as each:
        config = admin(each, "config")
        group = admin(each, "ec2").create_security_group(GroupName="web", Description="d")["GroupId"]
        each.run(600)
        opened(each, group, 1)
        each.run(40 * DAY)
        opened(each, group, 2)
        before = len(history(each, GROUP, group)), config.describe_retention_configurations()
        unknown = (
            refusal(config.describe_retention_configurations, RetentionConfigurationNames=["default"]),
            refusal(config.delete_retention_configuration, RetentionConfigurationName="default"),
        )
        too_long = refusal(config.put_retention_configuration, RetentionPeriodInDays=2558)
        put = config.put_retention_configuration(RetentionPeriodInDays=30)["RetentionConfiguration"]
        shown = config.describe_retention_configurations()["RetentionConfigurations"]
        times = [item["configurationItemCaptureTime"] for item in items_of(each, group)]
        config.put_retention_configuration(RetentionPeriodInDays=2557)
        config.delete_retention_configuration(RetentionConfigurationName="default")
        left = config.describe_retention_configurations()["RetentionConfigurations"]

        assert (before[0], before[1]["RetentionConfigurations"]) == (1, [])  # a page spans a week
        assert unknown == ("NoSuchRetentionConfigurationException",) * 2
        assert too_long == "ValidationException"
        assert put == {"Name": "default", "RetentionPeriodInDays": 30}
        assert (shown, left) == ([put], [])
        # The first item is gone; the second was in force when the period began.
        assert [item["configurationItemCaptureTime"] for item in items_of(each, group)] == times
        assert len(times) == 2


def items_of(each, group):
    """Every item of a group, page by page."""
    pages = admin(each, "config").get_paginator("get_resource_config_history")
    found = pages.paginate(resourceType=GROUP, resourceId=group)
    return found.build_full_result()["configurationItems"]
