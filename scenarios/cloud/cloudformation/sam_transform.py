"""The SAM transform itself. `transform.translate` imports this module for the first template it doesn't know.

The transform's library takes a fifth of the time in which all else of the simulated AWS is loaded.
"""

from typing import Any

from boto3 import Session
from samtranslator.metrics.metrics import Metrics
from samtranslator.model.exceptions import ExceptionWithMessage, InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.sdk.resource import SamResourceType
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import (
    to_py27_compatible_template,
    undo_mark_unicode_str_in_template,
)

from scenarios.cloud.cloudformation.resources.managed_policies import MANAGED_POLICIES
from scenarios.cloud.kernel.arns import partition_of
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.cloud.kernel.isolation import without_aws_settings

# The transform asks this of every resource for each plugin, and would go through all its types each time.
SamResourceType.has_value = frozenset(each.value for each in SamResourceType).__contains__


def translate(document: dict[str, Any], *, region: str) -> dict[str, Any]:
    """What `transform.translate` promises; the document, whose code lies in S3, may change meanwhile."""
    try:
        with without_aws_settings():
            session = Session(region_name=region)
            translator = Translator(None, Parser(), boto_session=session, metrics=_NoMetrics())
            to_py27_compatible_template(document, {})
            plain = translator.translate(document, {}, get_managed_policy_map=lambda: _policy_map(region))
    except InvalidDocumentException as error:
        raise InvalidTemplate("the SAM template", _sentences(error)) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The transform trusts shapes it has not checked and then trips over them.
        raise InvalidTemplate("the SAM template", f"the transform failed on it: {error!r}") from error
    translated: dict[str, Any] = undo_mark_unicode_str_in_template(plain)
    return translated


class _NoMetrics(Metrics):  # type: ignore[misc]  # samtranslator ships no types
    """Measures nothing: the transform's own class complains at exit about metrics that were not published."""

    def _record_metric(self, *_: Any, **__: Any) -> None:
        return


def _policy_map(region: str) -> dict[str, str]:
    partition = partition_of(region)
    return {path.rsplit("/", 1)[-1]: f"arn:{partition}:iam::aws:policy/{path}" for path in MANAGED_POLICIES}


def _sentences(error: InvalidDocumentException) -> str:
    causes = [cause for cause in error.causes if isinstance(cause, ExceptionWithMessage)]
    return " ".join(str(cause.message).strip() for cause in causes) or str(error)
