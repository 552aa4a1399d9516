import pytest

from chalicelib.config_rules import load_rule
from chalicelib.remediations import load
from chalicelib.template import fragment
from chalicelib.template.policies import policies
from chalicelib.template.spoke import spoke
from chalicelib.warden import Warden

REMEDY = load("root_login")


@pytest.fixture
def app():
    app = Warden(app_name="trial")

    @app.watches("root_login")
    def root_login_handler(event, context):
        return {"asked": event}

    app.handler = root_login_handler
    return app


def test_a_function_is_named_after_its_remediation(app):
    (function,) = app.pure_lambda_functions

    assert function.name == "root_login"
    assert function.handler_string == "app.root_login_handler"


def test_the_decorated_function_can_be_called_as_lambda_calls_it(app):
    assert app.handler({"a": 1}, None) == {"asked": {"a": 1}}


def test_what_was_declared_is_what_is_packaged(app):
    assert app.remediations == (REMEDY,)
    assert app.fragment() == fragment((REMEDY,))
    assert app.policies() == policies((REMEDY,))
    assert app.spoke() == spoke((REMEDY,))


def test_a_rules_function_is_named_after_its_rule_and_comes_with_its_parts():
    app = Warden(app_name="trial")

    @app.evaluates("group_unused")
    def group_unused_handler(event, context):
        return {"asked": event}

    rule = load_rule("group_unused")
    assert app.config_rules == (rule,)
    assert [each.name for each in app.pure_lambda_functions] == ["group_unused"]
    assert app.fragment() == fragment((), (rule,))
    assert app.policies()["group_unused"]["Statement"][1]["Action"] == [
        "config:PutEvaluations",
        "config:GetResourceConfigHistory",
    ]


def test_two_applications_share_nothing(app):
    assert Warden(app_name="another").remediations == ()


def test_chalice_does_not_set_up_logging_of_its_own(app):
    """Two handlers would write each line twice."""
    assert not app.configure_logs
