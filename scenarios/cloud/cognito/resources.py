"""AWS::Cognito's user pools, their clients and groups; they stand in the stack, where the laws read them.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html
"""

from collections.abc import Mapping
from typing import Final

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, made_again, only_told
from scenarios.cloud.cloudformation.resources.shapes import (
    Document,
    Flag,
    Inert,
    Many,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.cognito.pools import secret_of

_READ: Final = "read from the stack, where it is wanted"
_NOT_SENT: Final = "no message leaves the world"
_TRIGGERS: Final = (
    *("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication"),
    *("CustomMessage", "PreTokenGeneration"),
)
_OTHER_TRIGGERS: Final = (
    *("CreateAuthChallenge", "DefineAuthChallenge", "VerifyAuthChallengeResponse"),
    *("CustomEmailSender", "CustomSMSSender", "KMSKeyID", "UserMigration", "InboundFederation"),
)
_VERSIONED: Final = Shape(
    fields={"LambdaArn": arn("lambda"), "LambdaVersion": Text(choices=("V1_0", "V2_0"))},
    required=("LambdaArn", "LambdaVersion"),
)
_LAMBDA_CONFIG: Final = Shape(
    fields={
        **{name: arn("lambda") for name in _TRIGGERS},
        **{name: Refused(because=f"the trigger {name}") for name in _OTHER_TRIGGERS},
        "PreTokenGenerationConfig": _VERSIONED,
    }
)
_PASSWORDS: Final = Shape(
    fields={
        "MinimumLength": Whole(low=6, high=99),
        "PasswordHistorySize": Refused(because="passwords that may not come again"),
        "RequireLowercase": Flag(),
        "RequireNumbers": Flag(),
        "RequireSymbols": Flag(),
        "RequireUppercase": Flag(),
        "TemporaryPasswordValidityDays": Whole(high=365),
    }
)
_ALIASES: Final = Many(of=Text(choices=("email", "phone_number", "preferred_username")))
USER_POOL = Shape(
    fields={
        "AccountRecoverySetting": Inert(because="the code goes to what is verified", form=Document()),
        "AdminCreateUserConfig": Inert(
            because=_READ,
            form=Shape(
                fields={
                    "AllowAdminCreateUserOnly": Flag(),
                    "InviteMessageTemplate": Shape(
                        fields={"EmailMessage": Text(), "EmailSubject": Text(), "SMSMessage": Text()}
                    ),
                    "UnusedAccountValidityDays": Whole(),
                }
            ),
        ),
        "AliasAttributes": Inert(because=_READ, form=_ALIASES),
        "AutoVerifiedAttributes": Inert(because=_READ, form=Many(of=Text(choices=("email", "phone_number")))),
        "DeletionProtection": Inert(because="a stack that goes takes the pool along"),
        "DeviceConfiguration": Refused(because="devices that are remembered"),
        "EmailConfiguration": Inert(because=_NOT_SENT),
        "EmailVerificationMessage": Inert(because=_READ, form=Text()),
        "EmailVerificationSubject": Inert(because=_READ, form=Text()),
        "EnabledMfas": Inert(because="nobody here has a second factor"),
        "LambdaConfig": Inert(because=_READ, form=_LAMBDA_CONFIG),
        "MfaConfiguration": Inert(
            because="nobody here has a second factor", form=Text(choices=("OFF", "OPTIONAL"))
        ),
        "Policies": Inert(
            because=_READ,
            form=Shape(
                fields={"PasswordPolicy": _PASSWORDS, "SignInPolicy": Refused(because="ways but a password")}
            ),
        ),
        "Schema": Inert(because=_READ, form=Many(of=Document())),
        "SmsAuthenticationMessage": Inert(because="nobody here has a second factor"),
        "SmsConfiguration": Inert(because=_NOT_SENT),
        "SmsVerificationMessage": Inert(because=_READ, form=Text()),
        "UserAttributeUpdateSettings": Inert(because="nobody changes his own attributes here"),
        "UserPoolAddOns": Inert(because="no risk is judged"),
        "UserPoolName": Inert(because=_READ, form=Text(longest=128)),
        "UserPoolTags": Inert(because="nothing reads the tags of a stack's own resources"),
        "UserPoolTier": Inert(because="what a tier costs is nobody's business here"),
        "UsernameAttributes": Inert(because=_READ, form=Many(of=Text(choices=("email", "phone_number")))),
        "UsernameConfiguration": Inert(because=_READ, form=Shape(fields={"CaseSensitive": Flag()})),
        "VerificationMessageTemplate": Inert(
            because=_READ,
            form=Shape(
                fields={
                    "DefaultEmailOption": Text(choices=("CONFIRM_WITH_CODE",)),
                    **{
                        name: Text()
                        for name in (
                            *("EmailMessage", "EmailMessageByLink", "EmailSubject"),
                            *("EmailSubjectByLink", "SmsMessage"),
                        )
                    },
                }
            ),
        ),
    }
)
_FLOWS: Final = (
    *("ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"),
    *("ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"),
    "ALLOW_USER_AUTH",
)
_HOSTED: Final = "nobody signs in on hosted pages here"
CLIENT = Shape(
    fields={
        "AccessTokenValidity": Inert(because=_READ, form=Whole(low=1)),
        "AllowedOAuthFlows": Inert(because=_HOSTED),
        "AllowedOAuthFlowsUserPoolClient": Inert(because=_HOSTED),
        "AllowedOAuthScopes": Inert(because=_HOSTED),
        "AnalyticsConfiguration": Inert(because="nothing is analysed"),
        "AuthSessionValidity": Inert(because="sessions of challenges last", form=Whole(low=3, high=15)),
        "CallbackURLs": Inert(because=_HOSTED),
        "ClientName": Inert(because=_READ, form=Text()),
        "DefaultRedirectURI": Inert(because=_HOSTED),
        "EnablePropagateAdditionalUserContextData": Inert(because="no risk is judged"),
        "EnableTokenRevocation": Inert(because="refresh tokens can always be revoked", form=Flag()),
        "ExplicitAuthFlows": Inert(because=_READ, form=Many(of=Text(choices=_FLOWS))),
        "GenerateSecret": Inert(because=_READ, form=Flag()),
        "IdTokenValidity": Inert(because=_READ, form=Whole(low=1)),
        "LogoutURLs": Inert(because=_HOSTED),
        "PreventUserExistenceErrors": Inert(because=_READ, form=Text(choices=("ENABLED", "LEGACY"))),
        "ReadAttributes": Inert(because="a client reads all attributes here"),
        "RefreshTokenRotation": Refused(because="refresh tokens that are good once"),
        "RefreshTokenValidity": Inert(because="refresh tokens last", form=Whole(low=1)),
        "SupportedIdentityProviders": Inert(because=_HOSTED),
        "TokenValidityUnits": Inert(because=_READ, form=Document()),
        "UserPoolId": Inert(because=_READ, form=Text()),
        "WriteAttributes": Inert(because="a client writes all attributes here"),
    },
    required=("UserPoolId",),
)
GROUP = Shape(
    fields={
        "Description": Inert(because=_READ, form=Text()),
        "GroupName": Inert(because=_READ, form=Text(longest=128)),
        "Precedence": Inert(because=_READ, form=Whole()),
        "RoleArn": Inert(because=_READ, form=arn("iam")),
        "UserPoolId": Inert(because=_READ, form=Text()),
    },
    required=("UserPoolId",),
)


def create_user_pool(order: Order) -> Identity:
    """Name a pool."""
    site = order.site
    name = f"{site.region}_{site.suffix(order.logical_id, 9).lower()}"
    provider = f"cognito-idp.{site.region}.amazonaws.com/{name}"
    return Identity(
        ref=name,
        attributes={
            "UserPoolId": name,
            "Arn": site.arn("cognito-idp", f"userpool/{name}"),
            "ProviderName": provider,
            "ProviderURL": f"https://{provider}",
        },
    )


def create_client(order: Order) -> Identity:
    """Name an app client."""
    name = order.site.suffix(order.logical_id, 26).lower()
    return Identity(
        ref=name, attributes={"ClientId": name, "Name": order.logical_id, "ClientSecret": secret_of(name)}
    )


def create_group(order: Order) -> Identity:
    """Name a group; one without a name of its own has a generated one."""
    return Identity(ref=order.generated_name(64))


KINDS: Mapping[str, Kind] = {
    "AWS::Cognito::UserPool": Kind(
        shape=USER_POOL,
        create=create_user_pool,
        delete=only_told("cognito-idp", "DeleteUserPool", "UserPoolId"),
        update=made_again(create_user_pool),
    ),
    "AWS::Cognito::UserPoolClient": Kind(
        shape=CLIENT,
        create=create_client,
        delete=only_told("cognito-idp", "DeleteUserPoolClient", "ClientId", UserPoolId="UserPoolId"),
        update=made_again(create_client),
    ),
    "AWS::Cognito::UserPoolGroup": Kind(
        shape=GROUP,
        create=create_group,
        delete=only_told("cognito-idp", "DeleteGroup", "GroupName", UserPoolId="UserPoolId"),
    ),
}
