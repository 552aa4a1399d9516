"""Which of botocore's errors may pass: the whole catalogue's retries hang on it."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ParamValidationError,
)

from chalicelib.errors import MayPass, NotAllowed, Throttled, Unavailable, foreseen
from chalicelib.looking import Unseen, answer, denials, unseen


def answered(code, status=400) -> ClientError:
    response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetTrail")


ERRORS = [
    pytest.param(answered("ThrottlingException"), Throttled, id="throttled"),
    pytest.param(answered("SlowDown", 503), Throttled, id="throttled, in S3's word"),
    pytest.param(answered("Whatever", 429), Throttled, id="throttled, by its status"),
    pytest.param(answered("InternalFailure", 500), Unavailable, id="AWS's own failure"),
    pytest.param(answered("InternalServerError", 400), Unavailable, id="AWS's own, with another status"),
    pytest.param(answered("NewlyNamed", 502), Unavailable, id="a gateway's"),
    pytest.param(ConnectTimeoutError(endpoint_url="x"), Unavailable, id="no answer"),
    pytest.param(EndpointConnectionError(endpoint_url="x"), Unavailable, id="no connection"),
    pytest.param(IncompleteReadError(actual_bytes=1, expected_bytes=2), Unavailable, id="cut short"),
    pytest.param(answered("AccessDenied", 403), NotAllowed, id="denied"),
    pytest.param(answered("KMS.AccessDeniedException"), NotAllowed, id="denied, by the key"),
    pytest.param(answered("ValidationException"), ClientError, id="refused for good"),
    pytest.param(ParamValidationError(report="x"), ParamValidationError, id="a bug of ours"),
]


@pytest.mark.parametrize(("error", "kind"), ERRORS)
def test_an_error_is_of_one_kind(error, kind):
    assert type(foreseen(error)) is kind


@pytest.mark.parametrize(("error", "kind"), ERRORS)
def test_what_may_pass_rises_and_the_rest_is_a_value(error, kind):
    if issubclass(kind, MayPass):
        with pytest.raises(kind):
            unseen(error)
    else:
        assert unseen(error).denied == (kind is NotAllowed)


def test_a_sentence_goes_around_awss_own_words():
    assert (
        str(unseen(answered("AccessDenied"), "the group {braces} of {}"))
        == "the group {braces} of GetTrail: no"
    )


def test_denials_are_found_in_whatever_a_record_could_not_read():
    no, gone = Unseen(why="no", denied=True), Unseen(why="gone")

    class Facts:
        could_not_read = (gone, no)

    assert denials(Facts()) == (no,)
    assert denials(None) == denials("text") == ()


def refuses(code):
    def ask():
        raise answered(code)

    return ask


def test_an_answer_that_there_is_none_is_another_value():
    assert answer(lambda: "a policy", unless=("NoSuchBucketPolicy",), otherwise=None) == "a policy"
    assert answer(refuses("NoSuchBucketPolicy"), unless=("NoSuchBucketPolicy",), otherwise="{}") == "{}"


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket"])
def test_any_other_refusal_rises(code):
    with pytest.raises(ClientError, match=code):
        answer(refuses(code), unless=("NoSuchBucketPolicy",), otherwise="{}")
