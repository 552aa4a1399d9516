"""The URLs of functions: which there are, and the calls that make, change and delete them.

A function has one, and each of its aliases may have one; moto keeps only the function's, so they are kept
beside moto's function. Left out: answers that are streamed.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html,
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.kernel.arns import function_arn, qualifier_of, region_of, unqualified
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

_CONFIGURED: Final = ("AuthType", "Cors", "InvokeMode")

Config = dict[str, Any]
"""As GetFunctionUrlConfig answers."""


def create_url(account: str, arn: str, given: Mapping[str, Any], *, url_id: str, now: str) -> Config:
    """Give a function, or the alias in its ARN, a URL; raises Refused."""
    urls = _urls(account, arn)
    qualifier = qualifier_of(arn)
    if qualifier in urls:
        why = (
            f"Failed to create function url config for [functionArn = {arn}]. Error message:  "
            "FunctionUrlConfig exists for this Lambda function"
        )
        raise Refused("ResourceConflictException", why, 409)
    urls[qualifier] = {
        "FunctionUrl": f"https://{url_id}.lambda-url.{region_of(arn)}.on.aws/",
        "FunctionArn": arn,
        "AuthType": given["AuthType"],
        **({"Cors": given["Cors"]} if given.get("Cors") else {}),
        "CreationTime": now,
        "LastModifiedTime": now,
        "InvokeMode": given.get("InvokeMode", "BUFFERED"),
    }
    return urls[qualifier]


def change_url(account: str, arn: str, given: Mapping[str, Any], *, now: str) -> Config:
    """Change a URL's settings; raises Refused where there is none."""
    config = url_of(account, arn)
    config |= {name: given[name] for name in _CONFIGURED if name in given}
    config["LastModifiedTime"] = now
    return config


def delete_url(account: str, arn: str) -> None:
    """Take a URL away; raises Refused where there is none."""
    url_of(account, arn)
    del _urls(account, arn)[qualifier_of(arn)]


def url_of(account: str, arn: str) -> Config:
    """The URL of a function or an alias; raises Refused where there is none."""
    found = _urls(account, arn).get(qualifier_of(arn))
    if found is None:
        raise Refused("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    return found


def urls_in(account: str, region: str) -> Iterator[Config]:
    """Every URL of a region."""
    for function in moto_lambda.lambda_functions(account, region):
        yield from moto_lambda.function_urls(function).values()


def _urls(account: str, arn: str) -> dict[str, Config]:
    """A function's URLs, by alias; its own under ""."""
    if standing(account, arn) is None:
        raise Refused("ResourceNotFoundException", f"Function does not exist: {arn}", 404)
    return moto_lambda.function_urls(moto_lambda.lambda_function(account, region_of(arn), arn))


class FunctionUrls:
    """The calls about URLs."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        for operation, answer in {
            "CreateFunctionUrlConfig": self._create,
            "DeleteFunctionUrlConfig": self._delete,
            "GetFunctionUrlConfig": self._get,
            "ListFunctionUrlConfigs": self._list,
            "UpdateFunctionUrlConfig": self._update,
        }.items():
            setting.calls.answer("lambda", operation, answer)

    def _create(self, asked: Asked) -> Config:
        url_id = self._setting.new_uuid("lambda.url").replace("-", "")
        account, given = self._setting.account, asked.parameters
        return create_url(account, self._arn(asked), given, url_id=url_id, now=self._now)

    def _update(self, asked: Asked) -> Config:
        return change_url(self._setting.account, self._arn(asked), asked.parameters, now=self._now)

    def _get(self, asked: Asked) -> Config:
        return url_of(self._setting.account, self._arn(asked))

    def _list(self, asked: Asked) -> dict[str, Any]:
        urls = _urls(self._setting.account, unqualified(self._arn(asked)))
        return {"FunctionUrlConfigs": list(urls.values())}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        delete_url(self._setting.account, self._arn(asked))
        return {}

    @property
    def _now(self) -> str:
        return f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000"

    def _arn(self, asked: Asked) -> str:
        name, qualifier = str(asked.parameters["FunctionName"]), str(asked.parameters.get("Qualifier") or "")
        return function_arn(self._setting.account, asked.region, name, qualifier)
