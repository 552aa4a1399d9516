"""Registers the laws of Cognito's user pools."""

from scenarios.cloud.cognito.administration import Administration
from scenarios.cloud.cognito.people import People
from scenarios.cloud.cognito.pools import UserPools
from scenarios.cloud.cognito.sign_in import SignIn
from scenarios.cloud.cognito.sign_up import SignUp
from scenarios.cloud.cognito.triggers import Triggers
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of user pools."""
    pools = setting.laws.add(UserPools(setting))
    people = People(setting, pools, Triggers(setting))
    for part in (SignUp(setting, people), SignIn(setting, people), Administration(setting, people)):
        for operation, answer in part.answers.items():
            setting.calls.answer("cognito-idp", operation, answer)
    setting.laws.when_stacks_change(pools.know)
