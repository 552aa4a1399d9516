"""How a bucket's settings stand in its item, without a world: S3's answers in, Config's shape out."""

from scenarios.cloud.config.resource_types.s3_settings import settings_of

OWNER = {"Owner": {"ID": "me"}, "Grants": []}


class Answers:
    """A look at S3: what it answers by operation; {} for what was never set."""

    def __init__(self, **answers):
        self._answers = {"GetBucketAcl": OWNER, **answers}

    def __call__(self, service, operation, **parameters):
        assert (service, parameters) == ("s3", {"Bucket": "b"})
        return self._answers.get(operation, {})

    def unless(self, absent, service, operation, **parameters):
        return self(service, operation, **parameters)


def test_what_was_never_set_is_empty_or_absent():
    found = settings_of(Answers(), "b", {})

    del found["AccessControlList"]
    assert found == {
        "BucketAccelerateConfiguration": {"status": None},
        "BucketLoggingConfiguration": {"destinationBucketName": None, "logFilePrefix": None},
        "BucketNotificationConfiguration": {"configurations": {}},
        "BucketPolicy": {"policyText": None},
        "BucketVersioningConfiguration": {"status": "Off", "isMfaDeleteEnabled": None},
        "IsRequesterPaysEnabled": False,
    }


def test_a_notification_stands_under_its_id():
    filtered = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}]}}
    queue = {"Id": "q", "QueueArn": "arn", "Events": ["s3:ObjectCreated:*"], "Filter": filtered}
    function = {"Id": "f", "LambdaFunctionArn": "arn2", "Events": ["s3:ObjectRemoved:*"]}
    answer = {"QueueConfigurations": [queue], "LambdaFunctionConfigurations": [function]}
    found = settings_of(Answers(GetBucketNotificationConfiguration=answer), "b", {})

    assert found["BucketNotificationConfiguration"]["configurations"] == {
        "q": {
            "events": ["s3:ObjectCreated:*"],
            "filter": {"s3KeyFilter": {"filterRules": [{"name": "prefix", "value": "in/"}]}},
            "objectPrefixes": [],
            "queueARN": "arn",
            "type": "QueueConfiguration",
        },
        "f": {
            "events": ["s3:ObjectRemoved:*"],
            "filter": None,
            "objectPrefixes": [],
            "functionARN": "arn2",
            "type": "LambdaConfiguration",
        },
    }


def test_lifecycles_say_when_and_of_what():
    both = {"Prefix": "logs/", "Tags": [{"Key": "k", "Value": "v"}]}
    rules = [
        {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}},
        {
            "ID": "some",
            "Status": "Disabled",
            "Filter": {"And": both},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
            "Transitions": [{"Days": 5, "StorageClass": "GLACIER"}],
        },
    ]
    found = settings_of(Answers(GetBucketLifecycleConfiguration={"Rules": rules}), "b", {})
    every, some = found["BucketLifecycleConfiguration"]["rules"]

    assert (every["id"], every["expirationInDays"], every["filter"]) == ("all", 30, {"predicate": None})
    assert (some["expirationInDays"], some["noncurrentVersionExpirationInDays"]) == (-1, 7)
    assert some["filter"]["predicate"] == {
        "type": "LifecycleAndOperator",
        "operands": [
            {"type": "LifecyclePrefixPredicate", "prefix": "logs/"},
            {"type": "LifecycleTagPredicate", "tag": {"key": "k", "value": "v"}},
        ],
    }
    assert some["transitions"] == [{"days": 5, "storageClass": "GLACIER"}]
    assert some["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 2}


def test_replication_website_lock_and_origins():
    replicated = {
        "Role": "arn:role",
        "Rules": [
            {"ID": "r", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::copy"}}
        ],
    }
    answers = {
        "GetBucketReplication": {"ReplicationConfiguration": replicated},
        "GetBucketWebsite": {"IndexDocument": {"Suffix": "index.html"}},
        "GetObjectLockConfiguration": {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
        "GetBucketCors": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    }
    found = settings_of(Answers(**answers), "b", {"app": "shop"})

    assert found["BucketReplicationConfiguration"]["roleARN"] == "arn:role"
    rule = found["BucketReplicationConfiguration"]["rules"]["r"]
    assert rule["destinationConfig"] == {"bucketARN": "arn:aws:s3:::copy", "storageClass": None}
    assert found["BucketWebsiteConfiguration"]["indexDocumentSuffix"] == "index.html"
    assert found["ObjectLockConfiguration"] == {"objectLockEnabled": "Enabled"}
    assert found["BucketCrossOriginConfiguration"]["rules"][0]["allowedOrigins"] == ["*"]
    assert found["BucketTaggingConfiguration"] == {"tagSets": [{"tags": {"app": "shop"}}]}
