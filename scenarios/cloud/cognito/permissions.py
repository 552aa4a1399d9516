"""IAM's rows for user pools: what people do for themselves takes no permission, all else does.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/security-iam.html (public operations);
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
"""

from scenarios.cloud.authorization.arns import named
from scenarios.cloud.authorization.rows import JSON, Permissions

_PUBLIC = (
    *("SignUp", "ConfirmSignUp", "ResendConfirmationCode", "ForgotPassword", "ConfirmForgotPassword"),
    *("InitiateAuth", "RespondToAuthChallenge", "GetUser", "GlobalSignOut", "RevokeToken", "ChangePassword"),
)
_OF_A_POOL = (
    *("AdminAddUserToGroup", "AdminConfirmSignUp", "AdminCreateUser", "AdminDeleteUser", "AdminDisableUser"),
    *("AdminEnableUser", "AdminGetUser", "AdminInitiateAuth", "AdminListGroupsForUser"),
    *("AdminRemoveUserFromGroup", "AdminResetUserPassword", "AdminRespondToAuthChallenge"),
    *("AdminSetUserPassword", "AdminUpdateUserAttributes", "AdminUserGlobalSignOut", "DescribeUserPool"),
    *("DescribeUserPoolClient", "GetGroup", "ListGroups", "ListUserPoolClients", "ListUsers"),
    *("ListUsersInGroup", "DeleteUserPool", "DeleteUserPoolClient", "DeleteGroup"),
)
_LINES = "\n".join(
    (
        *(f"{each} = nobody" for each in _PUBLIC),
        *(f"{each} = pool(UserPoolId)" for each in _OF_A_POOL),
        "ListUserPools = *",
    )
)

PERMISSIONS = Permissions(
    prefix="cognito-idp",
    denial=JSON,
    lines=_LINES,
    kinds={"pool": named("arn:aws:cognito-idp:{region}:{account}:userpool/{0}")},
)
