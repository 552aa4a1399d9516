"""boto3 in this process, and the world in another: every protocol, and whoever signs."""

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        }
    ],
}


def refused(call, **parameters):
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response


def keys_of(answer):
    return {
        "key": answer["AccessKeyId"],
        "secret": answer["SecretAccessKey"],
        "token": answer.get("SessionToken"),
    }


# ---- protocols ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_documents_that_clients_read_as_objects(empty):
    iam, stacks = empty.client("iam"), empty.client("cloudformation")
    iam.create_role(RoleName="documented", AssumeRolePolicyDocument=json.dumps(ANYBODY))
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    stacks.create_stack(StackName="documented", TemplateBody=json.dumps(template))
    told = {
        stage: stacks.get_template(StackName="documented", TemplateStage=stage)["TemplateBody"]
        for stage in ("Original", "Processed")
    }

    assert iam.get_role(RoleName="documented")["Role"]["AssumeRolePolicyDocument"] == ANYBODY
    assert told == {"Original": template, "Processed": template}


def test_json(empty):
    dynamodb = empty.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "1"}, "bytes": {"B": b"\x00\xff"}, "many": {"L": [{"N": "1"}, {"NULL": True}]}}
    dynamodb.put_item(TableName="orders", Item=item)

    assert dynamodb.get_item(TableName="orders", Key={"id": {"S": "1"}})["Item"] == item
    again = refused(
        dynamodb.put_item,
        TableName="orders",
        Item=item,
        ConditionExpression="attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert again["Item"] == item
    assert again["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_query_and_its_errors_in_xml(empty):
    sns = empty.client("sns")
    topic = sns.create_topic(Name="told")["TopicArn"]

    assert topic in {each["TopicArn"] for each in sns.list_topics()["Topics"]}
    error = refused(sns.get_topic_attributes, TopicArn=f"{topic}-gone")
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("NotFound", 404)


@pytest.mark.slow
def test_ec2s_own_query(empty):
    ec2 = empty.client("ec2")

    group = ec2.create_security_group(GroupName="web", Description="for the web")["GroupId"]

    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["Description"] == "for the web"
    error = refused(ec2.describe_security_groups, GroupIds=["sg-00000000000000000"])
    assert error["Error"]["Code"] == "InvalidGroup.NotFound"


def test_rest_json(empty):
    error = refused(empty.client("lambda").get_function, FunctionName="nosuch")

    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (
        "ResourceNotFoundException",
        404,
    )


def test_cbor(empty):
    cloudwatch = empty.client("cloudwatch")

    cloudwatch.put_metric_data(
        Namespace="Shop",
        MetricData=[{"MetricName": "Orders", "Value": 2.5, "Dimensions": [{"Name": "a", "Value": "b"}]}],
    )

    (metric,) = cloudwatch.list_metrics(Namespace="Shop")["Metrics"]
    assert metric["Dimensions"] == [{"Name": "a", "Value": "b"}]
    error = refused(cloudwatch.set_alarm_state, AlarmName="nosuch", StateValue="OK", StateReason="try")
    assert error["Error"]["Code"] == "ResourceNotFound"


@pytest.mark.slow
def test_s3_with_chunks_ranges_metadata_and_parts(empty):
    s3, key = empty.client("s3"), "a b/ü?.txt"
    s3.create_bucket(Bucket="photos")
    s3.put_object(
        Bucket="photos", Key=key, Body=b"x" * 100_000, Metadata={"Color": "blue"}, ContentEncoding="gzip"
    )

    head = s3.head_object(Bucket="photos", Key=key)
    assert (head["ContentLength"], head["Metadata"], head["ContentEncoding"]) == (
        100_000,
        {"color": "blue"},
        "gzip",
    )
    part = s3.get_object(Bucket="photos", Key=key, Range="bytes=0-9")
    assert (part["ResponseMetadata"]["HTTPStatusCode"], part["Body"].read()) == (206, b"x" * 10)
    upload = s3.create_multipart_upload(Bucket="photos", Key="big")["UploadId"]
    tag = s3.upload_part(Bucket="photos", Key="big", UploadId=upload, PartNumber=1, Body=b"z")["ETag"]
    parts = {"Parts": [{"ETag": tag, "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket="photos", Key="big", UploadId=upload, MultipartUpload=parts)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="photos")["Contents"]] == [key, "big"]
    assert refused(s3.get_object, Bucket="photos", Key="nosuch")["Error"]["Code"] == "NoSuchKey"
    assert refused(s3.head_object, Bucket="photos", Key="nosuch")["Error"]["Code"] == "404"


@pytest.mark.slow
def test_an_object_comes_back_with_its_own_type_or_the_one_that_is_asked_for(empty):
    s3 = empty.client("s3")
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="a", Body=b"<svg/>", ContentType="image/svg+xml")

    kinds = [
        s3.get_object(Bucket="pictures", Key="a", **more)["ContentType"]
        for more in ({}, {"ResponseContentType": "text/plain"})
    ]

    assert kinds == ["image/svg+xml", "text/plain"]
    assert s3.head_object(Bucket="pictures", Key="a")["ContentType"] == "image/svg+xml"


@pytest.mark.slow
def test_a_part_is_copied(empty):
    s3 = empty.client("s3")
    s3.create_bucket(Bucket="copies")
    s3.put_object(Bucket="copies", Key="from", Body=b"hello")
    upload = s3.create_multipart_upload(Bucket="copies", Key="to")["UploadId"]
    part = {"Bucket": "copies", "Key": "to", "UploadId": upload, "PartNumber": 1}
    tag = s3.upload_part_copy(**part, CopySource="copies/from")["CopyPartResult"]["ETag"]
    s3.complete_multipart_upload(
        Bucket="copies",
        Key="to",
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]},
    )

    assert s3.get_object(Bucket="copies", Key="to")["Body"].read() == b"hello"


@pytest.mark.slow
def test_an_error_of_s3_names_the_bucket_that_it_is_about(empty):
    s3 = empty.client("s3")
    s3.create_bucket(Bucket="shared-with-nobody")

    error = refused(s3.get_bucket_cors, Bucket="shared-with-nobody")

    assert error["Error"]["BucketName"] == "shared-with-nobody"
    error = refused(s3.get_object, Bucket="shared-with-nobody", Key="<none>")
    assert error["Error"]["Key"] == "<none>"


@pytest.mark.slow
def test_an_object_that_was_deleted_is_missing_behind_a_marker(empty):
    s3 = empty.client("s3")
    s3.create_bucket(Bucket="marked")
    s3.put_bucket_versioning(Bucket="marked", VersioningConfiguration={"Status": "Enabled"})
    marker = s3.delete_object(Bucket="marked", Key="k")["VersionId"]
    for read in (s3.get_object, s3.head_object):
        with pytest.raises(ClientError) as refused:
            read(Bucket="marked", Key="k")
        told = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert (told["x-amz-delete-marker"], told["x-amz-version-id"]) == ("true", marker)


@pytest.mark.slow
def test_a_list_of_objects_without_any_is_no_xml_of_s3s(empty):
    s3 = empty.client("s3")
    s3.create_bucket(Bucket="nothing-to-delete")

    error = refused(s3.delete_objects, Bucket="nothing-to-delete", Delete={"Objects": []})

    assert error["Error"]["Code"] == "MalformedXML"


@pytest.mark.parametrize(
    ("region", "code"),
    [
        pytest.param("us-east-1", "InvalidLocationConstraint", id="which is none"),
    ],
)
def test_a_bucket_in_no_region_is_refused_in_s3s_words(empty, region, code):
    where = {"LocationConstraint": region}

    error = refused(empty.client("s3").create_bucket, Bucket="nowhere", CreateBucketConfiguration=where)

    assert error["Error"]["Code"] == code


@pytest.mark.slow
@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_url_is_good_for_its_time(empty, version):
    s3 = empty.client("s3", config=Config(signature_version=version))
    empty.client("s3").create_bucket(Bucket=f"presigned-{version}")
    put = s3.generate_presigned_url("put_object", {"Bucket": f"presigned-{version}", "Key": "a"}, 300)
    get = s3.generate_presigned_url("get_object", {"Bucket": f"presigned-{version}", "Key": "a"}, 300)

    urllib.request.urlopen(urllib.request.Request(put, b"hello", method="PUT"), timeout=20).close()
    with urllib.request.urlopen(get, timeout=20) as answer:
        assert answer.read() == b"hello"
    if version == "s3":  # it says only when it ends, by the client's own clock
        return
    empty.post("/_world/clock", {"advance": "10m"})
    with pytest.raises(urllib.error.HTTPError) as over:
        urllib.request.urlopen(get, timeout=20)
    with over.value:
        assert (over.value.code, b"Request has expired" in over.value.read()) == (403, True)


@pytest.mark.slow
def test_what_a_presigned_url_of_version_2_says_of_the_object_is_kept_with_it(empty):
    s3 = empty.client("s3")
    s3.create_bucket(Bucket="told-in-the-url")
    given = {"Bucket": "told-in-the-url", "Key": "a", "Metadata": {"venue": "123"}, "ContentType": "text/x"}
    put = empty.client("s3", config=Config(signature_version="s3")).generate_presigned_url(
        "put_object", given, 300
    )

    urllib.request.urlopen(urllib.request.Request(put, b"hello", method="PUT"), timeout=20).close()

    assert s3.get_object(Bucket="told-in-the-url", Key="a")["Metadata"] == {"venue": "123"}


@pytest.mark.slow
@pytest.mark.parametrize("key", ["a?b", "a%2Fb", "\U0001f4a9", "a b+c"])
def test_a_copy_is_made_of_the_object_that_is_named(empty, key):
    s3 = empty.client("s3")
    s3.create_bucket(Bucket="named")
    s3.put_object(Bucket="named", Key=key, Body=key.encode())

    s3.copy_object(Bucket="named", Key="copy", CopySource={"Bucket": "named", "Key": key})

    assert s3.get_object(Bucket="named", Key="copy")["Body"].read().decode() == key


# ---- who signs ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_created_key_is_its_users_and_nobodys_once_it_is_deleted(empty):
    iam = empty.client("iam")
    iam.create_user(UserName="carol")
    key = keys_of(iam.create_access_key(UserName="carol")["AccessKey"])

    error = refused(empty.client("iam", **key).list_users)
    assert error["Error"]["Code"] == "AccessDenied"
    assert "user/carol is not authorized" in error["Error"]["Message"]
    iam.delete_access_key(UserName="carol", AccessKeyId=key["key"])
    assert refused(empty.client("iam", **key).list_users)["Error"]["Code"] == "InvalidClientTokenId"


@pytest.mark.slow
def test_an_assumed_role_signs_with_its_token(empty):
    iam = empty.client("iam")
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(ANYBODY))["Role"]["Arn"]
    session = empty.client("sts").assume_role(RoleArn=role, RoleSessionName="today")["Credentials"]

    who = empty.client("sts", **keys_of(session)).get_caller_identity()["Arn"]
    assert who == "arn:aws:sts::123456789012:assumed-role/reader/today"
    wrong = keys_of(session) | {"token": "made-up"}
    assert (
        refused(empty.client("sts", **wrong).get_caller_identity)["Error"]["Code"] == "InvalidClientTokenId"
    )


@pytest.mark.parametrize(
    ("key", "name"),
    [
        pytest.param("ann", "ann", id="a word is a name"),
        pytest.param("AKIAREALKEY012345678", "administrator", id="a real account's key"),
        pytest.param("root", "administrator", id="nobody is root by a word"),
        pytest.param("test", "administrator", id="what other emulators are asked with"),
    ],
)
def test_an_unknown_key_is_an_administrators(empty, key, name):
    assert empty.client("sts", key=key).get_caller_identity()["Arn"].endswith(f":user/{name}")


@pytest.mark.slow
def test_the_record_has_the_requests_own_address_and_agent(empty):
    empty.client("iam", config=Config(user_agent="probe/1.0")).create_user(UserName="recorded")
    empty.post("/_world/clock", {"advance": "20m"})

    wanted = [{"AttributeKey": "ResourceName", "AttributeValue": "recorded"}]
    (event,) = empty.client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]

    record = json.loads(event["CloudTrailEvent"])
    assert (record["sourceIPAddress"], record["userAgent"][:9]) == ("127.0.0.1", "probe/1.0")
    assert record["userIdentity"]["userName"] == "ann"


# ---- long polls ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_long_poll_holds_up_nobody_and_ends_with_the_message(empty):
    sqs = empty.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert url.startswith(empty.url)

    with ThreadPoolExecutor() as pool:
        began = time.monotonic()
        poll = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        while not any(line["words"].endswith("sqs ReceiveMessage") for line in empty.get("/_world/timeline")):
            pass
        sqs.send_message(QueueUrl=url, MessageBody="now")
        (message,) = poll.result(timeout=15)["Messages"]

    assert message["Body"] == "now"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("seconds", [-1, 21])
def test_a_poll_of_no_length_that_sqs_knows_is_refused(empty, seconds):
    sqs = empty.client("sqs")
    url = sqs.create_queue(QueueName="polled")["QueueUrl"]

    error = refused(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=seconds)

    assert error["Error"]["Code"] == "InvalidParameterValue"


def test_an_empty_list_arrives_as_one(empty):
    sqs = empty.client("sqs")
    url = sqs.create_queue(QueueName="batches")["QueueUrl"]

    error = refused(sqs.send_message_batch, QueueUrl=url, Entries=[])

    assert error["Error"]["Code"] == "AWS.SimpleQueueService.EmptyBatchRequest"


# ---- what is not simulated ----------------------------------------------------------------------


def test_a_hole_is_loud(empty):
    error = refused(
        empty.client("sts").get_session_token, SerialNumber="arn:aws:iam::1:mfa/a", TokenCode="123456"
    )

    assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "the simulated AWS does not do sts" in error["Error"]["Message"]
    assert any("GetSessionToken" in hole for hole in empty.get("/_world/health")["not_simulated"])


def test_so_is_a_request_without_a_signature(empty):
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{empty.url}/bucket/key", timeout=20)

    with error.value:
        assert (error.value.code, b"without a signature" in error.value.read()) == (501, True)
