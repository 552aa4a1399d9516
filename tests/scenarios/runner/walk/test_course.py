"""What a walk keeps of a call."""

import pytest

from scenarios.runner.walk.course import but_for_tokens, made_by


@pytest.mark.parametrize(
    ("service", "operation", "given", "kept"),
    [
        ("guardduty", "CreateDetector", {"ClientToken": "c577ee9c", "Enable": True}, {"Enable": True}),
        ("macie2", "EnableMacie", {"clientToken": "7a7622ce"}, {}),
        # The next page's token is AWS's own, and not drawn.
        ("s3", "ListObjectsV2", {"ContinuationToken": "a"}, {"ContinuationToken": "a"}),
    ],
)
def test_a_call_is_kept_without_the_tokens_that_botocore_draws(service, operation, given, kept):
    assert but_for_tokens(service, operation, given) == kept


@pytest.mark.parametrize(
    ("operation", "answer", "made"),
    [
        ("CreateSnapshot", {"SnapshotId": "snap-1", "VolumeId": "vol-1"}, ["snap-1"]),
        ("CreateSnapshots", {"Snapshots": [{"SnapshotId": "snap-1", "VolumeId": "vol-1"}]}, ["snap-1"]),
        ("CreateSecurityGroup", {"GroupId": "sg-1", "OwnerId": "1", "Tags": []}, ["sg-1"]),
        ("CreateDetector", {"detectorId": "d-1"}, ["d-1"]),
        ("CreateBackup", {"BackupDetails": {"BackupArn": "arn:b", "BackupName": "b"}}, ["arn:b"]),
        ("CreateBackup", {"TableArn": "arn:t", "Id": "1", "Arn": "arn:u"}, []),
        ("CreateSnapshot", None, []),
    ],
)
def test_what_a_call_made_is_told_from_what_it_was_made_of(operation, answer, made):
    assert list(made_by(operation, answer)) == made
