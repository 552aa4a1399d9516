"""What boto3 makes of a call and of its answer: checked parameters, exceptions, retries, moto's crashes."""

from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

from scenarios.cloud.asked import Send
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.moments import with_moments
from scenarios.cloud.kernel.moto_hooks import crashed_in_moto


def counted_as_sent_again(send: Send) -> dict[str, Any]:
    """What a call is answered, with one more retry of botocore's."""
    try:
        response = send()
    except ClientError as error:
        _add_a_retry(error.response)
        raise
    _add_a_retry(response)
    return response


def _add_a_retry(response: Any) -> None:
    about = response.setdefault("ResponseMetadata", {})
    about["RetryAttempts"] = about.get("RetryAttempts", 0) + 1


def client_error(
    client: BaseClient,
    operation: str,
    code: str,
    message: str,
    status: int,
    **about: str,
) -> ClientError:
    """The exception boto3 would raise, of the client's own class for that code where it models one."""
    response: Any = {
        "Error": {"Code": code, "Message": message, **about},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
    }
    error_class: Any = client.exceptions.from_code(code)
    error: ClientError = error_class(response, operation)
    return error


def loud(service: str, operation: str, send: Send) -> dict[str, Any]:
    """Ask moto; what it doesn't do, or crashes at, is NotSimulated, never an error of AWS's."""
    try:
        return send()
    except NotImplementedError as error:
        raise NotSimulated(service, f"{operation} (moto: {error or 'not implemented'})") from error
    except ClientError as error:
        if "Not yet implemented" in str(error):
            raise NotSimulated(service, f"{operation} (moto: not yet implemented)") from error
        raise
    except Exception as error:
        if crashed_in_moto(error):
            raise NotSimulated(service, f"{operation} with these parameters (moto: {error!r})") from error
        raise


def with_moments_of(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters with their moments as the world has them."""
    return with_moments(parameters, client.meta.service_model.operation_model(operation).input_shape)


def validated(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters as botocore sends them; raises what it raises before it sends anything.

    botocore lets its handlers at the parameters before it looks at them: until then S3's CopySource may be a
    dictionary, CreateExportTask's `from` is called `fromTime`, a DynamoDB table's items hold plain values.
    They are asked where it matters, when something looks wrong.
    """
    model = client.meta.service_model.operation_model(operation)
    if model.input_shape is None:
        return parameters
    validator, given = ParamValidator(), dict(parameters)
    if not validator.validate(given, model.input_shape).has_errors():
        return parameters
    within: Any = client
    region = {"client_region": client.meta.region_name}
    built: Mapping[str, Any] = within._emit_api_params(given, model, region)  # noqa: SLF001
    report = validator.validate(built, model.input_shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    return built


def code_and_message(error: ClientError) -> tuple[str, str]:
    """What an error says, as AWS words it."""
    details = error.response["Error"]
    return str(details.get("Code", "")), str(details.get("Message", ""))
