import pytest

from chalicelib.errors import NotConfigured
from chalicelib.settings import Mode, Settings, too_wide
from chalicelib.stack import ADDRESSES

NEEDED = {"TRAILWARDEN_TOPIC_ARN": "arn:aws:sns:us-east-1:1:alerts", "TRAILWARDEN_LEDGER": "ledger"}


def read(**more) -> Settings:
    return Settings.read(NEEDED | {f"TRAILWARDEN_{name}": value for name, value in more.items()})


def test_a_fresh_deploy_observes_and_nothing_acts_without_a_cap():
    settings = read()

    assert (settings.mode, settings.acts_per_hour, settings.ignored_principals) == (Mode.OBSERVE, 0, ())
    assert (settings.topic_arn, settings.ledger) == tuple(NEEDED.values())


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_is_read(mode):
    assert read(MODE=str(mode)).mode is mode


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        pytest.param(
            {"TOPIC_ARN": ""}, "the environment variable TRAILWARDEN_TOPIC_ARN is missing", id="topic"
        ),
        pytest.param({"LEDGER": ""}, "the environment variable TRAILWARDEN_LEDGER is missing", id="ledger"),
        pytest.param(
            {"MODE": "Enforce"},
            "TRAILWARDEN_MODE is 'Enforce'; it must be one of observe, approve, enforce",
            id="a mode in capitals",
        ),
        pytest.param({"MODE": ""}, "TRAILWARDEN_MODE is ''; it must be one of", id="an empty mode"),
        pytest.param({"ACTS_PER_HOUR": "0"}, "'0'; it must be a whole number above zero", id="no acts"),
        pytest.param({"ACTS_PER_HOUR": "-1"}, "'-1'; it must be", id="negative"),
        pytest.param({"ACTS_PER_HOUR": "1.5"}, "'1.5'; it must be", id="a fraction"),
        pytest.param({"ACTS_PER_HOUR": "٣"}, "'٣'; it must be", id="digits of another script"),
        pytest.param({"ACTS_PER_HOUR": " 3"}, "' 3'; it must be", id="a space"),
        pytest.param({"ACTS_PER_HOUR": ""}, "TRAILWARDEN_ACTS_PER_HOUR is missing", id="an empty number"),
    ],
)
def test_a_variable_that_can_not_be_used_is_named(variables, sentence):
    with pytest.raises(NotConfigured) as caught:
        read(**variables)

    assert sentence in str(caught.value)


USER = "arn:aws:iam::123456789012:user/deploy-bot"


@pytest.mark.parametrize(
    "ignored",
    [
        pytest.param(USER, id="the ARN itself"),
        pytest.param("arn:aws:iam::123456789012:user/dep*-*", id="stars"),
        pytest.param("arn:aws:iam::123456789012:user/deploy-b?t", id="a question mark"),
        pytest.param(f"arn:aws:iam::123456789012:user/x, {USER} ,", id="one of a list, with spaces"),
    ],
)
def test_an_expected_principal_is_ignored(ignored):
    assert read(IGNORED_PRINCIPALS=ignored).ignores(USER)


@pytest.mark.parametrize(
    ("ignored", "principal"),
    [
        pytest.param("", USER, id="an empty list ignores nobody"),
        pytest.param(" , ,", USER, id="nor does one of spaces"),
        pytest.param("user/deploy-bot", USER, id="the end of an ARN"),
        pytest.param("arn:aws:iam::123456789012:user/deploy", USER, id="the beginning of an ARN"),
        pytest.param("arn.aws.iam..123456789012.user/deploy-bot", USER, id="a dot is a dot"),
        pytest.param(
            "arn:aws:iam::123456789012:role/deploy",
            "arn:aws:sts::123456789012:assumed-role/visitor/arn:aws:iam::123456789012:role/deploy",
            id="a session named like an ignored role",
        ),
        pytest.param(
            "arn:aws:iam::123456789012:user/x", "arn:aws:iam::123456789012:user/X", id="names have case"
        ),
        pytest.param(
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:user/x\n",
            id="a line feed behind it",
        ),
    ],
)
def test_anybody_else_is_not(ignored, principal):
    assert not read(IGNORED_PRINCIPALS=ignored).ignores(principal)


@pytest.mark.parametrize(
    "pattern",
    [
        *("*", "?*", "*e*", "*S*", "*_*", "*@*", "*/*/*", "*-*", "arn:aws:iam::*", "arn:*:user/deploy-bot"),
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::123456789012:*/deploy-bot",
        "arn:aws:iam::123456789012:user/*-bot",
        "arn:aws:iam::123456789012:user/de*",
        "arn:aws:iam::12345678901?:user/deploy-bot",
        "arn:aws:iam::*:role/deploy",
        "arn:aws-cn:iam::*:role/*",
        "arn:aws:iam::123456789012:role/service-role/*",
        "arn:aws:iam::123456789012:role/service-role/de*",
        "arn:aws:iam::123456789012:user/teams/web/*",
        "arn:aws:iam::123456789012:role/aws-reserved/*",
        "arn:aws:iam::123456789012:user/aws-reserved/sso.amazonaws.com/*",
        "arn:aws:sts::123456789012:assumed-role/de*/alice",
        "arn:aws:sts::123456789012:assumed-role/*",
        "user/deploy-bot",
    ],
)
def test_a_pattern_that_others_may_fit_is_not_obeyed(pattern):
    settings = read(IGNORED_PRINCIPALS=f"{pattern},{USER}")

    assert (settings.overruled, settings.ignored_principals) == ((pattern,), (USER,))
    assert settings.ignores(USER)
    assert not settings.ignores("arn:aws:iam::123456789012:user/mallory")


@pytest.mark.parametrize(
    "pattern",
    [
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*",
        "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/*",
        "arn:aws:iam::123456789012:role/service-role/deploy-*",
        "arn:aws:iam::123456789012:role/dep*/x",
        "arn:aws:iam::123456789012:role/ci",
        "arn:aws:sts::123456789012:assumed-role/ci/*",
        "arn:aws-us-gov:sts::123456789012:federated-user/x",
        "arn:aws-cn:iam::123456789012:root",
    ],
)
def test_a_path_of_roles_and_a_name_without_wildcards_are_obeyed(pattern):
    assert read(IGNORED_PRINCIPALS=pattern).ignored_principals == (pattern,)


@pytest.mark.parametrize(
    ("pattern", "wide"),
    [
        ("198.51.100.*", False),
        ("::1", False),
        ("10", False),
        ("*", True),
        ("*.amazonaws.com", True),
        ("1?.*", True),
    ],
)
def test_an_address_is_held_to_the_same(pattern, wide):
    assert too_wide(pattern, ADDRESSES) is wide


def test_what_only_one_remediation_reads_is_read_when_it_asks():
    settings = Settings.read({**NEEDED, "WINDOW": "600", "GROUP": "trail", "BAD": "ten"})

    assert (settings.number("WINDOW"), settings.text("GROUP")) == (600, "trail")
    for ask, name in ((settings.number, "BAD"), (settings.number, "NONE"), (settings.text, "NONE")):
        with pytest.raises(NotConfigured, match=name):
            ask(name)


def test_the_environment_is_read_when_asked_and_not_at_import(monkeypatch):
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    before = Settings.read().mode
    monkeypatch.setenv("TRAILWARDEN_MODE", "enforce")

    assert (before, Settings.read().mode) == (Mode.OBSERVE, Mode.ENFORCE)
