"""User pools: who signs up and in, which functions are asked, and what the tokens say."""

import base64
import hashlib
import hmac
import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cognito.pools import UserPools
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.tokens import read
from scenarios.runner.imperative import open_world
from tests.forms.forms import att, one, plain, ref

PASSWORD = "Long-enough1"
TRIGGERS = (
    *("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication"),
    *("CustomMessage", "PreTokenGeneration"),
)
# It prints what it is asked, and answers what the attribute `custom:says` holds for its source.
CODE = """
import json

def handler(event, context):
    print(json.dumps(event))
    attributes = event["request"].get("userAttributes") or {}
    said = json.loads(attributes.get("custom:says", "{}")).get(event["triggerSource"].partition("_")[0], {})
    if "raises" in said:
        raise ValueError(said["raises"])
    if "sleeps" in said:
        import time
        time.sleep(said["sleeps"])
    if said == "nothing":
        return None
    event["response"].update(said)
    return event
"""


def lets():
    return one(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=ref("Fn"),
        Principal="cognito-idp.amazonaws.com",
        SourceArn=att("U"),
    )


def pool(*triggers, client=None, permission=True, **more):
    """A pool, a client that signs in by password, and a function behind these triggers."""
    config = {name: att("Fn") for name in triggers}
    given = {"AutoVerifiedAttributes": ["email"], **({"LambdaConfig": config} if config else {}), **more}
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    resources = {
        "U": one("AWS::Cognito::UserPool", **given),
        "Cl": one(
            "AWS::Cognito::UserPoolClient",
            UserPoolId=ref("U"),
            **{"ExplicitAuthFlows": flows, **(client or {})},
        ),
        "Admins": one("AWS::Cognito::UserPoolGroup", UserPoolId=ref("U"), GroupName="admins"),
        **({"P": lets()} if permission else {}),
    }
    template = plain(resources, Timeout=30)
    template["Resources"]["Fn"]["Properties"]["Code"] = {"ZipFile": CODE}
    return open_world(template=template)


def cognito(world):
    return world.client("ann", "cognito-idp")


def signs_up(world, name="bea", says=None, **more):
    attributes = [{"Name": "email", "Value": name if "@" in name else f"{name}@people.example"}]
    attributes += [{"Name": "custom:says", "Value": json.dumps(says)}] if says else []
    given = {"ClientId": world.physical_id("Cl"), "Username": name, "Password": PASSWORD}
    return cognito(world).sign_up(**given, UserAttributes=attributes, **more)


def confirms(world, name="bea", code=None):
    code = code or sent(world)[-1].code
    given = {"ClientId": world.physical_id("Cl"), "Username": name}
    cognito(world).confirm_sign_up(**given, ConfirmationCode=code)


def signs_in(world, name="bea", password=PASSWORD, **more):
    parameters = {"USERNAME": name, "PASSWORD": password, **more}
    given = {"ClientId": world.physical_id("Cl"), "AuthFlow": "USER_PASSWORD_AUTH"}
    return cognito(world).initiate_auth(**given, AuthParameters=parameters)


def sent(world):
    return world.simulated.setting.laws[UserPools].sent


def asked(world):
    """The events of the function, the oldest first."""
    told = world.client("ann", "logs").filter_log_events
    try:
        found = told(logGroupName=f"/aws/lambda/{world.physical_id('Fn')}")["events"]
    except ClientError:
        return []
    return [json.loads(each["message"]) for each in found if each["message"].startswith("{")]


def claims(result, kind="IdToken"):
    return read(result["AuthenticationResult"][kind]).claims


def refusal(call, *arguments, **given):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **given)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.mark.slow
def test_somebody_signs_up_confirms_and_signs_in_and_every_function_is_asked_in_its_turn():
    with pool(*TRIGGERS) as world:
        made = signs_up(world, ClientMetadata={"from": "web"})
        waiting = refusal(signs_in, world)
        confirms(world)
        result = signs_in(world)

        events = asked(world)
    assert (made["UserConfirmed"], made["CodeDeliveryDetails"]["Destination"]) == (False, "b***@p***")
    assert waiting == ("UserNotConfirmedException", "User is not confirmed.")
    assert [each["triggerSource"] for each in events] == [
        "PreSignUp_SignUp",
        "CustomMessage_SignUp",
        "PreAuthentication_Authentication",
        "PostConfirmation_ConfirmSignUp",
        "PreAuthentication_Authentication",
        "TokenGeneration_Authentication",
        "PostAuthentication_Authentication",
    ]
    first, message, *_ = events
    assert first["request"]["userAttributes"]["email"] == "bea@people.example"
    assert first["request"]["clientMetadata"] == {"from": "web"}
    assert first["response"] == {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
    assert first["callerContext"]["clientId"] == world.physical_id("Cl")
    assert (first["version"], first["region"], first["userName"]) == ("1", "us-east-1", "bea")
    assert message["request"]["codeParameter"] == "{####}"
    identity, access = claims(result), claims(result, "AccessToken")
    assert (identity["cognito:username"], identity["email_verified"]) == ("bea", True)
    assert (identity["aud"], identity["token_use"]) == (world.physical_id("Cl"), "id")
    assert (access["client_id"], access["username"]) == (world.physical_id("Cl"), "bea")
    assert identity["sub"] == made["UserSub"]


@pytest.mark.slow
def test_a_function_may_confirm_at_once():
    says = {"PreSignUp": {"autoConfirmUser": True, "autoVerifyEmail": True}}
    with pool("PreSignUp", "PostConfirmation") as world:
        made = signs_up(world, says=says)

        assert made["UserConfirmed"] is True
        assert sent(world) == []
        assert claims(signs_in(world))["email_verified"] is True
        assert [each["triggerSource"] for each in asked(world)] == [
            "PreSignUp_SignUp",
            "PostConfirmation_ConfirmSignUp",
        ]


@pytest.mark.slow
@pytest.mark.parametrize("trigger", ["PreSignUp", "PreAuthentication", "PreTokenGeneration"])
def test_a_function_that_raises_refuses(trigger):
    source = "TokenGeneration" if trigger == "PreTokenGeneration" else trigger
    with pool(trigger) as world:
        says = {source: {"raises": "not you"}}
        if trigger == "PreSignUp":
            told = refusal(signs_up, world, says=says)
            assert refusal(signs_in, world)[0] == "UserNotFoundException"
        else:
            signs_up(world, says=says)
            confirms(world)
            told = refusal(signs_in, world)

        assert told == ("UserLambdaValidationException", f"{trigger} failed with error not you.")


@pytest.mark.parametrize(
    ("says", "permission", "code", "words"),
    [
        ({"PreSignUp": "nothing"}, True, "InvalidLambdaResponseException", "Unrecognizable lambda output"),
        ({"PreSignUp": {"autoVerifyPhone": True}}, True, "InvalidLambdaResponseException", "phone_number"),
        (None, False, "UnexpectedLambdaException", "due to error AccessDeniedException"),
        ({"PreSignUp": {"sleeps": 6}}, True, "UnexpectedLambdaException", "due to error a timeout"),
    ],
    ids=["no answer", "no such attribute", "no permission", "too slow"],
)
def test_a_function_that_can_not_be_asked_or_answers_nothing_is_an_error(says, permission, code, words):
    with pool("PreSignUp", permission=permission) as world:
        told = refusal(signs_up, world, says=says)

        assert told[0] == code
        assert words in told[1]
        if code == "UnexpectedLambdaException" and permission:
            assert len(asked(world)) == 3


@pytest.mark.slow
def test_a_function_writes_the_messages_and_the_claims():
    says = {
        "CustomMessage": {"emailSubject": "Hello", "emailMessage": "Take {####}"},
        "TokenGeneration": {
            "claimsOverrideDetails": {
                "claimsToAddOrOverride": {"tenant": "7", "sub": "forged"},
                "claimsToSuppress": ["email", "aud"],
                "groupOverrideDetails": {"groupsToOverride": ["guests"]},
            }
        },
    }
    with pool("CustomMessage", "PreTokenGeneration") as world:
        made = signs_up(world, says=says)
        [message] = sent(world)
        confirms(world)
        told = claims(signs_in(world))

        assert (message.to, message.subject) == ("bea@people.example", "Hello")
        assert message.text == f"Take {message.code}"
        assert (told["tenant"], told["cognito:groups"]) == ("7", ["guests"])
        assert (told["sub"], told["aud"]) == (made["UserSub"], world.physical_id("Cl"))
        assert "email" not in told


@pytest.mark.slow
def test_the_second_version_of_claims_changes_access_tokens_too():
    says = {
        "TokenGeneration": {
            "claimsAndScopeOverrideDetails": {
                "accessTokenGeneration": {
                    "claimsToAddOrOverride": {"tenant": "7"},
                    "scopesToAdd": ["orders/read"],
                    "scopesToSuppress": ["aws.cognito.signin.user.admin"],
                }
            }
        }
    }
    config = {"LambdaArn": att("Fn"), "LambdaVersion": "V2_0"}
    with pool(LambdaConfig={"PreTokenGenerationConfig": config}) as world:
        signs_up(world, says=says)
        confirms(world)
        result = signs_in(world)

        assert claims(result, "AccessToken")["tenant"] == "7"
        assert claims(result, "AccessToken")["scope"] == "orders/read"
        assert "tenant" not in claims(result)
        assert asked(world)[-1]["version"] == "2"


def test_an_administrator_invites_and_the_first_password_is_replaced():
    with pool("PreSignUp", "PostConfirmation") as world:
        given = {"UserPoolId": world.physical_id("U"), "Username": "cleo"}
        attributes = [{"Name": "email", "Value": "cleo@people.example"}]
        made = cognito(world).admin_create_user(
            **given, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"]
        )
        [message] = sent(world)
        first = signs_in(world, "cleo", message.code)
        answer = {"USERNAME": "cleo", "NEW_PASSWORD": PASSWORD}
        challenge = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "ClientId": world.physical_id("Cl")}
        weak = refusal(
            cognito(world).respond_to_auth_challenge,
            **challenge,
            Session=first["Session"],
            ChallengeResponses={**answer, "NEW_PASSWORD": "short"},
        )
        result = cognito(world).respond_to_auth_challenge(
            **challenge, Session=first["Session"], ChallengeResponses=answer
        )

        assert made["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
        assert message.text == f"Your username is cleo and temporary password is {message.code}."
        assert first["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
        assert weak[0] == "InvalidPasswordException"
        assert claims(result)["cognito:username"] == "cleo"
        assert [each["triggerSource"] for each in asked(world)] == ["PreSignUp_AdminCreateUser"]
        told = cognito(world).admin_get_user(**given)
        assert told["UserStatus"] == "CONFIRMED"


def ready(world, name="bea"):
    signs_up(world, name)
    confirms(world, name)


def test_wrong_passwords_lock_for_a_while():
    with pool() as world:
        ready(world)
        wrong = [refusal(signs_in, world, password="Wrong-enough1") for _ in range(5)]
        locked = refusal(signs_in, world)
        world.run(seconds=1)

        assert set(wrong) == {("NotAuthorizedException", "Incorrect username or password.")}
        assert locked == ("NotAuthorizedException", "Password attempts exceeded")
        assert "AuthenticationResult" in signs_in(world)


def test_a_forgotten_password_is_replaced_by_a_code():
    with pool("PostConfirmation") as world:
        ready(world)
        given = {"ClientId": world.physical_id("Cl"), "Username": "bea"}
        cognito(world).forgot_password(**given)
        right = {"ConfirmationCode": sent(world)[-1].code, "Password": "Another-one1"}
        wrong = refusal(cognito(world).confirm_forgot_password, **given, **{**right, "ConfirmationCode": "0"})
        cognito(world).confirm_forgot_password(**given, **right)

        assert wrong[0] == "CodeMismatchException"
        assert refusal(signs_in, world)[0] == "NotAuthorizedException"
        assert "AuthenticationResult" in signs_in(world, password="Another-one1")
        assert asked(world)[-1]["triggerSource"] == "PostConfirmation_ConfirmForgotPassword"


@pytest.mark.slow
def test_a_code_is_good_for_a_day():
    with pool() as world:
        signs_up(world)
        code = sent(world)[-1].code
        world.run(hours=24, seconds=1)

        assert refusal(confirms, world, code=code)[0] == "ExpiredCodeException"
        cognito(world).resend_confirmation_code(ClientId=world.physical_id("Cl"), Username="bea")
        confirms(world)
        assert refusal(confirms, world, code="1")[0] == "NotAuthorizedException"


@pytest.mark.slow
def test_tokens_are_refreshed_until_their_user_signs_out():
    with pool("PreTokenGeneration") as world:
        ready(world)
        tokens = signs_in(world)["AuthenticationResult"]
        given = {"ClientId": world.physical_id("Cl"), "AuthFlow": "REFRESH_TOKEN_AUTH"}
        refresh = {"REFRESH_TOKEN": tokens["RefreshToken"]}
        again = cognito(world).initiate_auth(**given, AuthParameters=refresh)["AuthenticationResult"]
        who = cognito(world).get_user(AccessToken=again["AccessToken"])
        cognito(world).global_sign_out(AccessToken=again["AccessToken"])

        assert "RefreshToken" not in again
        assert who["Username"] == "bea"
        assert asked(world)[-1]["triggerSource"] == "TokenGeneration_RefreshTokens"
        assert refusal(cognito(world).initiate_auth, **given, AuthParameters=refresh) == (
            "NotAuthorizedException",
            "Invalid Refresh Token",
        )
        world.run(hours=1)
        assert refusal(cognito(world).get_user, AccessToken=again["AccessToken"])[1] == (
            "Access Token has expired"
        )


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Short-1", "Password not long enough"),
        ("Long-enough", "Password must have numeric characters"),
        ("LONG-ENOUGH1", "Password must have lowercase characters"),
        ("long-enough1", "Password must have uppercase characters"),
        ("Longenough1", "Password must have symbol characters"),
    ],
)
def test_a_password_has_to_fit_the_policy(password, why):
    with pool() as world:
        given = {"ClientId": world.physical_id("Cl"), "Username": "bea", "Password": password}

        assert refusal(cognito(world).sign_up, **given) == (
            "InvalidPasswordException",
            f"Password did not conform with policy: {why}",
        )


@pytest.mark.slow
def test_what_a_pool_and_a_client_do_not_take_is_refused():
    with pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}) as world:
        assert refusal(signs_up, world) == (
            "NotAuthorizedException",
            "SignUp is not permitted for this user pool",
        )
    hides = {"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"], "PreventUserExistenceErrors": "ENABLED"}
    with pool("PreAuthentication", client=hides) as world:
        assert refusal(signs_in, world)[0] == "NotAuthorizedException"
        assert asked(world)[-1]["request"]["userNotFound"] is True
    with pool(client={"ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]}) as world:
        assert refusal(signs_in, world) == (
            "InvalidParameterException",
            "USER_PASSWORD_AUTH flow not enabled for this client",
        )
    with pool() as world:
        ready(world)
        assert refusal(signs_up, world)[0] == "UsernameExistsException"
        nobody = {"ClientId": "nobody", "Username": "bea", "Password": PASSWORD}
        assert refusal(cognito(world).sign_up, **nobody)[0] == "ResourceNotFoundException"
        given = {"UserPoolId": world.physical_id("U"), "Username": "bea"}
        cognito(world).admin_disable_user(**given)
        assert refusal(signs_in, world)[1] == "User is disabled."
        with pytest.raises(NotSimulated, match="USER_SRP_AUTH"):
            cognito(world).initiate_auth(
                ClientId=world.physical_id("Cl"), AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "bea"}
            )


def test_people_may_sign_in_by_their_address():
    with pool(UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False}) as world:
        assert refusal(signs_up, world)[1] == "Username should be an email."
        signs_up(world, "Bea@people.example")
        confirms(world, "bea@PEOPLE.example")
        told = claims(signs_in(world, "BEA@people.example"))

        assert told["cognito:username"] == told["sub"]


def test_a_client_with_a_secret_asks_for_its_hash():
    client = {"GenerateSecret": True, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
    with pool(client=client) as world:
        own = {"UserPoolId": world.physical_id("U"), "ClientId": world.physical_id("Cl")}
        secret = cognito(world).describe_user_pool_client(**own)["UserPoolClient"]["ClientSecret"]
        digest = hmac.new(secret.encode(), f"bea{own['ClientId']}".encode(), hashlib.sha256).digest()
        right = base64.b64encode(digest).decode()

        assert "SECRET_HASH was not received" in refusal(signs_up, world)[1]
        assert "Unable to verify secret hash" in refusal(signs_up, world, SecretHash="AAAA")[1]
        signs_up(world, SecretHash=right)


def test_groups_are_in_the_tokens_and_iam_is_asked_of_administrators_alone():
    with pool() as world:
        ready(world)
        given = {"UserPoolId": world.physical_id("U"), "Username": "bea", "GroupName": "admins"}
        cognito(world).admin_add_user_to_group(**given)
        told = claims(signs_in(world))
        bob = world.client(world.user("bob", policies=()), "cognito-idp")

        assert told["cognito:groups"] == ["admins"]
        assert "cognito-idp:AdminAddUserToGroup" in refusal(bob.admin_add_user_to_group, **given)[1]
        parameters = {"USERNAME": "bea", "PASSWORD": PASSWORD}
        flow = {"ClientId": world.physical_id("Cl"), "AuthFlow": "USER_PASSWORD_AUTH"}
        assert "AuthenticationResult" in bob.initiate_auth(**flow, AuthParameters=parameters)
        listed = cognito(world).list_users(UserPoolId=given["UserPoolId"], Filter='email ^= "bea"')["Users"]
        assert [each["Username"] for each in listed] == ["bea"]


@pytest.mark.slow
def test_a_function_can_make_a_user_and_is_asked_about_him_meanwhile():
    makes = """
import boto3

def handler(event, context):
    if "triggerSource" in event:
        event["response"]["autoVerifyEmail"] = False
        return event
    cognito = boto3.client("cognito-idp")
    cognito.admin_create_user(UserPoolId=event["pool"], Username="dan", MessageAction="SUPPRESS")
    return "made"
"""
    template = plain(
        {
            "U": one("AWS::Cognito::UserPool", LambdaConfig={"PreSignUp": att("Fn")}),
            "P": lets(),
            "More": one(
                "AWS::IAM::Policy",
                PolicyName="more",
                Roles=[ref("FnRole")],
                PolicyDocument={
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Action": "cognito-idp:*", "Resource": att("U")},
                },
            ),
        },
        Timeout=30,
    )
    template["Resources"]["Fn"]["Properties"]["Code"] = {"ZipFile": makes}
    with open_world(template=template) as world:
        answer = world.client("ann", "lambda").invoke(
            FunctionName=world.physical_id("Fn"),
            Payload=json.dumps({"pool": world.physical_id("U")}).encode(),
        )

        assert json.loads(answer["Payload"].read()) == "made"
        listed = cognito(world).list_users(UserPoolId=world.physical_id("U"))["Users"]
        assert [each["Username"] for each in listed] == ["dan"]
