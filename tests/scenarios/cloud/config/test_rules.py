"""When rules run, what becomes of their results, and how functions evaluate."""

import json

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.config.recording_worlds import (
    EVERYTHING,
    history,
    mails,
    only,
    recorder,
    recording,
)
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    arrived,
    document,
    function,
    heard,
    permission,
    queue,
    refusal,
    rule,
    trail,
    world,
)

GROUP, COMPLIANCE = "AWS::EC2::SecurityGroup", "AWS::Config::ResourceCompliance"
SSH, CHANGES = "INCOMING_SSH_DISABLED", "ConfigurationItemChangeNotification"


def managed(identifier, name="rule", **more):
    source = {"Source": {"Owner": "AWS", "SourceIdentifier": identifier}}
    properties = {"ConfigRuleName": name, **source, **more}
    return {name: {"Type": "AWS::Config::ConfigRule", "DependsOn": ["Recording"], "Properties": properties}}


def custom(*details, name="custom", **more):
    """A rule whose function keeps what it is sent: see `arrived`."""
    source = {
        "Owner": "CUSTOM_LAMBDA",
        "SourceIdentifier": {"Fn::GetAtt": ["look", "Arn"]},
        "SourceDetails": [{"EventSource": "aws.config", **each} for each in details],
    }
    properties = {"ConfigRuleName": name, "Source": source, **more}
    needs = ["Recording", "lookByconfig"]
    return {
        **function(),
        **permission("config"),
        name: {"Type": "AWS::Config::ConfigRule", "DependsOn": needs, "Properties": properties},
    }


ON_CHANGE, DAILY = {"MessageType": CHANGES}, {"MessageType": "ScheduledNotification"}


def listens():
    return {
        **queue(),
        **rule(pattern={"source": ["aws.config"], "detail-type": ["Config Rules Compliance Change"]}),
    }


def opened(each, name="web"):
    ec2 = admin(each, "ec2")
    group = ec2.create_security_group(GroupName=name, Description="d")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    return group


def closed(each, group):
    admin(each, "ec2").revoke_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )


def results(each, name="rule"):
    """Compliance by resource."""
    found = admin(each, "config").get_compliance_details_by_config_rule(ConfigRuleName=name)
    return {
        one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: one["ComplianceType"]
        for one in found["EvaluationResults"]
    }


@pytest.mark.slow
def test_a_change_is_judged_told_and_judged_again():
    with recording({**managed(SSH), **listens()}, group=only(GROUP, COMPLIANCE)) as each:
        each.run(120)
        group = opened(each)
        each.run(300)
        bad = results(each)[group]
        batch = admin(each, "config").batch_get_resource_config(
            resourceKeys=[{"resourceType": COMPLIANCE, "resourceId": f"{GROUP}/{group}"}]
        )["baseConfigurationItems"]
        answer = admin(each, "config").select_resource_config(
            Expression="SELECT resourceId, configuration.configRuleList.configRuleName "
            "WHERE resourceType = 'AWS::Config::ResourceCompliance' "
            "AND configuration.complianceType = 'NON_COMPLIANT'"
        )
        closed(each, group)
        each.run(300)
        good = results(each)[group]
        admin(each, "ec2").delete_security_group(GroupId=group)
        each.run(300)
        gone = group in results(each)
        course = history(each, COMPLIANCE, f"{GROUP}/{group}")
        rule_arn = admin(each, "config").describe_config_rules()["ConfigRules"][0]["ConfigRuleArn"]
        events = [one for one in heard(each) if one["detail"]["resourceId"] == group]
        subjects = [subject for subject, message in mails(each) if message.get("resourceId") == group]

    first, second, last = (event["detail"] for event in events)
    assert (bad, good, gone) == ("NON_COMPLIANT", "COMPLIANT", False)
    assert [json.loads(row) for row in answer["Results"]] == [
        {"resourceId": f"{GROUP}/{group}", "configuration": {"configRuleList": [{"configRuleName": "rule"}]}}
    ]
    assert [one["configurationItemStatus"] for one in course] == [
        "ResourceDeleted",
        "OK",
        "ResourceDiscovered",
    ]
    assert json.loads(course[2]["configuration"]) == {
        "targetResourceType": GROUP,
        "targetResourceId": group,
        "complianceType": "NON_COMPLIANT",
        "configRuleList": [
            {
                "configRuleName": "rule",
                "configRuleArn": rule_arn,
                "configRuleId": rule_arn.rpartition("/")[2],
                "complianceType": "NON_COMPLIANT",
            }
        ],
    }
    assert course[2]["relationships"] == [
        {"resourceType": GROUP, "resourceId": group, "relationshipName": "Is associated with "}
    ]
    assert "arn" not in course[2]
    assert "configuration" not in course[0]
    assert json.loads(course[1]["configuration"])["complianceType"] == "COMPLIANT"
    assert [one["configuration"] for one in batch] == [course[2]["configuration"]]
    assert events[0]["resources"] == []
    assert "oldEvaluationResult" not in first
    assert first["newEvaluationResult"]["complianceType"] == "NON_COMPLIANT"
    assert second["oldEvaluationResult"]["complianceType"] == "NON_COMPLIANT"
    assert last["newEvaluationResult"]["complianceType"] == "NOT_APPLICABLE"
    assert first["configRuleARN"].startswith(arn("config", "config-rule/config-rule-"))
    whole = f"[AWS Config:{HOME}] {GROUP} {group} is NON_COMPLIANT with rule in Account {ACCOUNT}"
    assert subjects[0] == f"{whole[:97]}..."


def test_compliance_has_items_while_some_rule_judges_and_no_rule_is_asked_about_them():
    """Each rule that is deleted makes one: the last, that none is left."""
    resources = {**managed(SSH), **managed("RESTRICTED_INCOMING_TRAFFIC", "ports"), **custom(ON_CHANGE)}
    with recording(resources, group=only(GROUP, COMPLIANCE)) as each:
        config = admin(each, "config")
        each.run(120)
        group = opened(each)
        each.run(300)
        config.delete_evaluation_results(ConfigRuleName="ports")
        each.run(120)
        config.delete_config_rule(ConfigRuleName="rule")
        each.run(120)
        course = history(each, COMPLIANCE, f"{GROUP}/{group}")
        asked = [
            json.loads(one["invokingEvent"])["configurationItem"]["resourceType"] for one in arrived(each)
        ]
        select = f"SELECT resourceId WHERE resourceType = '{COMPLIANCE}'"
        left = config.select_resource_config(Expression=select)["Results"]

    said = [json.loads(one["configuration"]) for one in reversed(course) if "configuration" in one]
    rules = [[rule["configRuleName"] for rule in one["configRuleList"]] for one in said]
    assert rules == [["ports", "rule"], ["rule"]]
    assert [one["complianceType"] for one in said] == ["NON_COMPLIANT", "NON_COMPLIANT"]
    assert course[0]["configurationItemStatus"] == "ResourceDeleted"
    assert set(asked) == {GROUP}
    assert f"{GROUP}/{group}" not in str(left)


def test_a_recorder_may_leave_compliance_out():
    with recording(managed(SSH), group=only(GROUP)) as each:
        each.run(120)
        group = opened(each)
        each.run(300)
        bad = results(each)[group]
        select = f"SELECT resourceId WHERE resourceType = '{COMPLIANCE}'"
        rows = admin(each, "config").select_resource_config(Expression=select)["Results"]
        code = refusal(lambda: history(each, COMPLIANCE, f"{GROUP}/{group}"))

    assert (bad, rows) == ("NON_COMPLIANT", [])
    assert "ResourceNotDiscoveredException" in str(code)


@pytest.mark.slow
def test_a_result_that_stays_the_same_is_no_event():
    with recording({**managed(SSH), **listens()}, group=only(GROUP)) as each:
        each.run(120)
        group = opened(each)
        each.run(300)
        admin(each, "ec2").create_tags(Resources=[group], Tags=[{"Key": "a", "Value": "b"}])
        each.run(300)

        assert len([one for one in heard(each) if one["detail"]["resourceId"] == group]) == 1


@pytest.mark.slow
def test_a_rule_without_results_has_too_little_data_and_one_with_a_bad_one_is_not_compliant():
    with recording({**managed(SSH), **managed("EC2_IMDSV2_CHECK", "none")}, group=only(GROUP)) as each:
        each.run(120)
        group = opened(each)
        each.run(300)
        config = admin(each, "config")
        by_rule = config.describe_compliance_by_config_rule()["ComplianceByConfigRules"]
        by_resource = config.describe_compliance_by_resource(ComplianceTypes=["NON_COMPLIANT"])
        status = config.describe_config_rule_evaluation_status(ConfigRuleNames=["rule"])
        unknown = refusal(config.describe_compliance_by_config_rule, ConfigRuleNames=["x"])

    said = {one["ConfigRuleName"]: one["Compliance"] for one in by_rule}
    assert said["none"] == {"ComplianceType": "INSUFFICIENT_DATA"}
    assert said["rule"]["ComplianceContributorCount"] == {"CappedCount": 1, "CapExceeded": False}
    assert [one["ResourceId"] for one in by_resource["ComplianceByResources"]] == [group]
    assert status["ConfigRulesEvaluationStatus"][0]["FirstEvaluationStarted"] is True
    assert unknown == "NoSuchConfigRuleException"


@pytest.mark.slow
def test_a_scope_of_one_tag_leaves_the_others_out():
    scoped = managed(SSH, Scope={"TagKey": "app", "TagValue": "shop"})
    with recording(scoped, group=only(GROUP)) as each:
        ours, _ = opened(each), opened(each, "other")
        admin(each, "ec2").create_tags(Resources=[ours], Tags=[{"Key": "app", "Value": "shop"}])
        each.run(400)

        assert results(each).keys() == {ours}


@pytest.mark.slow
def test_a_stopped_recorder_leaves_the_clock_and_who_asks():
    with recording(
        {**managed(SSH), **managed("ROOT_ACCOUNT_MFA_ENABLED", "root")}, group=only(GROUP)
    ) as each:
        each.run(120)
        config = admin(each, "config")
        config.stop_configuration_recorder(ConfigurationRecorderName="default")
        group = opened(each)
        each.run(25 * 3600)
        config.start_config_rules_evaluation(ConfigRuleNames=["rule"])
        again = refusal(config.start_config_rules_evaluation, ConfigRuleNames=["rule"])
        each.run(60)

        assert group not in results(each)
        assert again == "LimitExceededException"
        assert results(each, "root") == {ACCOUNT: "NON_COMPLIANT"}


@pytest.mark.slow
def test_periodic_rules_look_at_the_account_when_they_are_put_and_every_day():
    names = (
        "CLOUD_TRAIL_ENABLED",
        "MULTI_REGION_CLOUD_TRAIL_ENABLED",
        "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
        "CLOUD_TRAIL_ENCRYPTION_ENABLED",
        "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED",
        "CMK_BACKING_KEY_ROTATION_ENABLED",
        "KMS_CMK_NOT_SCHEDULED_FOR_DELETION",
        "IAM_ROOT_ACCESS_KEY_CHECK",
        "IAM_PASSWORD_POLICY",
        "ACCESS_KEYS_ROTATED",
        "IAM_USER_MFA_ENABLED",
        "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS",
        "VPC_FLOW_LOGS_ENABLED",
        "EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC",
        "EC2_EBS_ENCRYPTION_BY_DEFAULT",
        "CW_LOGGROUP_RETENTION_PERIOD_CHECK",
        "CLOUDWATCH_LOG_GROUP_ENCRYPTED",
        "SECURITYHUB_ENABLED",
    )
    key = {
        "Type": "AWS::KMS::Key",
        "Properties": {
            "KeyPolicy": document(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            )
        },
    }
    resources = recorder(only(GROUP)) | trail() | {"Key": key}
    resources["ConfigBucket"] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-config"}}
    resources["Channel"]["Properties"]["S3BucketName"] = {"Ref": "ConfigBucket"}
    for name in names:
        needed = {"InputParameters": {"maxAccessKeyAge": 90}} if name == "ACCESS_KEYS_ROTATED" else {}
        resources |= managed(name, name.replace("_", ""), **needed)
    with world(resources) as each:
        iam = admin(each, "iam")
        iam.create_user(UserName="ann")
        iam.create_access_key(UserName="ann")
        iam.create_login_profile(UserName="ann", Password="Not-a-secret-1")
        opened(each)
        each.run(60)
        before = {name: set(results(each, name.replace("_", "")).values()) for name in names}
        iam.update_account_password_policy(
            MinimumPasswordLength=14,
            RequireSymbols=True,
            RequireNumbers=True,
            RequireUppercaseCharacters=True,
            RequireLowercaseCharacters=True,
            MaxPasswordAge=90,
            PasswordReusePrevention=24,
        )
        each.run(24 * 3600)
        after = results(each, "IAMPASSWORDPOLICY")

    bad, good = {"NON_COMPLIANT"}, {"COMPLIANT"}
    assert before == {
        "CLOUD_TRAIL_ENABLED": good,
        "MULTI_REGION_CLOUD_TRAIL_ENABLED": good,
        "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED": good,
        "CLOUD_TRAIL_ENCRYPTION_ENABLED": bad,
        "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED": good,
        "CMK_BACKING_KEY_ROTATION_ENABLED": bad,
        "KMS_CMK_NOT_SCHEDULED_FOR_DELETION": good,
        "IAM_ROOT_ACCESS_KEY_CHECK": good,
        "IAM_PASSWORD_POLICY": bad,
        "ACCESS_KEYS_ROTATED": good,
        "IAM_USER_MFA_ENABLED": bad,
        "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS": bad,
        "VPC_FLOW_LOGS_ENABLED": bad,
        "EC2_SECURITY_GROUP_ATTACHED_TO_ENI_PERIODIC": bad,
        "EC2_EBS_ENCRYPTION_BY_DEFAULT": bad,
        "CW_LOGGROUP_RETENTION_PERIOD_CHECK": good,
        "CLOUDWATCH_LOG_GROUP_ENCRYPTED": bad,
        "SECURITYHUB_ENABLED": bad,
    }
    assert after == {ACCOUNT: "COMPLIANT"}


@pytest.mark.slow
def test_a_function_is_sent_the_item_and_answers_with_its_token():
    with recording(custom(ON_CHANGE, InputParameters={"port": "22"}), group=only(GROUP)) as each:
        group = opened(each)
        each.run(400)
        event = next(one for one in arrived(each) if group in one["invokingEvent"])
        config = admin(each, "config")
        message = json.loads(event["invokingEvent"])
        item = message["configurationItem"]
        answer = {
            "ComplianceResourceType": item["resourceType"],
            "ComplianceResourceId": item["resourceId"],
            "ComplianceType": "NON_COMPLIANT",
            "Annotation": "open",
            "OrderingTimestamp": item["configurationItemCaptureTime"],
        }
        wrong = refusal(config.put_evaluations, Evaluations=[answer], ResultToken="nobody's")
        config.put_evaluations(Evaluations=[answer], ResultToken=event["resultToken"], TestMode=True)
        tried = results(each, "custom")
        config.put_evaluations(Evaluations=[answer], ResultToken=event["resultToken"])
        found = results(each, "custom")

    assert event.keys() == {
        "configRuleId",
        "version",
        "configRuleName",
        "configRuleArn",
        "invokingEvent",
        "resultToken",
        "ruleParameters",
        "eventLeftScope",
        "executionRoleArn",
        "accountId",
    }
    assert event["version"] == "1.0"
    assert json.loads(event["ruleParameters"]) == {"port": "22"}
    assert event["eventLeftScope"] is False
    assert (message["messageType"], message["recordVersion"]) == (CHANGES, "1.3")
    assert wrong == "InvalidResultTokenException"
    assert tried == {}
    assert found == {group: "NON_COMPLIANT"}


@pytest.mark.slow
def test_a_function_is_told_when_a_resource_leaves_its_scope_and_when_it_is_gone():
    scope = {"TagKey": "app"}
    with recording(custom(ON_CHANGE, Scope=scope), group=only(GROUP)) as each:
        group, ec2 = opened(each), admin(each, "ec2")
        ec2.create_tags(Resources=[group], Tags=[{"Key": "app", "Value": "shop"}])
        each.run(400)
        ec2.delete_tags(Resources=[group], Tags=[{"Key": "app"}])
        each.run(400)
        events = [one for one in arrived(each) if group in one["invokingEvent"]]

    assert [one["eventLeftScope"] for one in events] == [False, True]


@pytest.mark.slow
def test_a_function_may_run_by_the_clock():
    details = {**DAILY, "MaximumExecutionFrequency": "One_Hour"}
    with recording(custom(details), group=only(GROUP)) as each:
        each.run(3 * 3600 + 60)
        messages = [json.loads(one["invokingEvent"]) for one in arrived(each)]

    assert {one["messageType"] for one in messages} == {"ScheduledNotification"}
    assert len(messages) == 4
    assert "configurationItem" not in messages[0]


@pytest.mark.slow
def test_a_function_may_run_on_snapshots_as_often_as_they_come():
    details = {
        "MessageType": "ConfigurationSnapshotDeliveryCompleted",
        "MaximumExecutionFrequency": "Three_Hours",
    }
    resources = recorder(only(GROUP)) | custom(details)
    frequency = {"ConfigSnapshotDeliveryProperties": {"DeliveryFrequency": "TwentyFour_Hours"}}
    resources["Channel"]["Properties"] |= frequency
    with world(resources) as each:
        each.run(49 * 3600)
        messages = [json.loads(one["invokingEvent"])["messageType"] for one in arrived(each)]

    assert messages == ["ConfigurationSnapshotDeliveryCompleted"] * 2


@pytest.mark.slow
def test_what_a_rule_is_refused():
    with recording({**function(), **queue("Other", by="")}, group=only(GROUP)) as each:
        config = admin(each, "config")
        source = {
            "Owner": "CUSTOM_LAMBDA",
            "SourceIdentifier": arn("lambda", "function:look"),
            "SourceDetails": [{"EventSource": "aws.config", "MessageType": CHANGES}],
        }
        unpermitted = refusal(config.put_config_rule, ConfigRule={"ConfigRuleName": "a", "Source": source})
        nobodys = {"ConfigRuleName": "a", "Source": {"Owner": "AWS", "SourceIdentifier": "RESTRICTED_SSH"}}
        unknown = refusal(config.put_config_rule, ConfigRule=nobodys)
        with pytest.raises(NotSimulated, match="ELB_LOGGING_ENABLED"):
            config.put_config_rule(
                ConfigRule={**nobodys, "Source": {"Owner": "AWS", "SourceIdentifier": "ELB_LOGGING_ENABLED"}}
            )
        config.put_config_rule(ConfigRule={**nobodys, "Source": {"Owner": "AWS", "SourceIdentifier": SSH}})
        (made,) = config.describe_config_rules()["ConfigRules"]

    assert unpermitted == "InsufficientPermissionsException"
    assert unknown == "InvalidParameterValueException"
    assert made["ConfigRuleId"] == made["ConfigRuleId"].lower()
    with world(queue()) as each:
        config = admin(each, "config")
        without = refusal(
            config.put_config_rule,
            ConfigRule={**nobodys, "Source": {"Owner": "AWS", "SourceIdentifier": SSH}},
        )
    assert without == "NoAvailableConfigurationRecorderException"


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_an_open_group_is_found_under_every_fault(faults):
    with recording(managed(SSH), group=only(GROUP), faults=PROFILES[faults]) as each:
        each.run(120)
        group = opened(each)
        each.run(1800)

        assert results(each)[group] == "NON_COMPLIANT"


@pytest.mark.slow
def test_an_instance_without_detailed_monitoring_is_told():
    with recording(managed("EC2_INSTANCE_DETAILED_MONITORING_ENABLED"), group=EVERYTHING) as each:
        ec2 = admin(each, "ec2")
        launched = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0][
            "InstanceId"
        ]
        each.run(400)
        before = results(each)
        ec2.monitor_instances(InstanceIds=[launched])
        each.run(400)

        assert (before, results(each)) == ({launched: "NON_COMPLIANT"}, {launched: "COMPLIANT"})


JUDGES = """
import json
import boto3

def look(event, context):
    item = json.loads(event["invokingEvent"])["configurationItem"]
    named = "owner" in item["tags"]
    gone = item["configurationItemStatus"] == "ResourceDeleted" or event["eventLeftScope"]
    evaluation = {
        "ComplianceResourceType": item["resourceType"],
        "ComplianceResourceId": item["resourceId"],
        "ComplianceType": "NOT_APPLICABLE" if gone else "COMPLIANT" if named else "NON_COMPLIANT",
        "OrderingTimestamp": item["configurationItemCaptureTime"],
    }
    boto3.client("config").put_evaluations(Evaluations=[evaluation], ResultToken=event["resultToken"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_a_function_of_ones_own_judges_under_every_fault(faults):
    resources = custom(ON_CHANGE)
    code = {"Code": {"ZipFile": JUDGES}, "Handler": "index.look"}
    resources["look"]["Properties"] |= code
    with recording(resources, group=only(GROUP), faults=PROFILES[faults]) as each:
        group, other = opened(each), opened(each, "other")
        each.run(1800)
        before = results(each, "custom")
        ec2 = admin(each, "ec2")
        ec2.create_tags(Resources=[group], Tags=[{"Key": "owner", "Value": "shop"}])
        ec2.delete_security_group(GroupId=other)
        each.run(1800)
        after = results(each, "custom")

    assert (before[group], before[other]) == ("NON_COMPLIANT", "NON_COMPLIANT")
    assert after[group] == "COMPLIANT"
    assert other not in after
