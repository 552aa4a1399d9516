"""CloudWatch's composite alarms: what their rules mean, and which are refused where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cloud.alarms import CompositeRule, InvalidAlarmRule, UnknownAlarm

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
STATES = {"a": ALARM, "o": OK, "i": UNKNOWN}
RULES = [
    pytest.param("ALARM(a)", True, id="in ALARM"),
    pytest.param("ALARM(o)", False, id="not in ALARM"),
    pytest.param("OK(o)", True, id="in OK"),
    pytest.param("INSUFFICIENT_DATA(i)", True, id="in INSUFFICIENT_DATA"),
    pytest.param("TRUE", True, id="always"),
    pytest.param("FALSE", False, id="never"),
    pytest.param("False", False, id="as the page writes it"),
    pytest.param("NOT ALARM(i)", True, id="not"),
    pytest.param("NOT NOT ALARM(a)", True, id="not not"),
    pytest.param("NOT NOT NOT ALARM(a)", False, id="not not not"),
    pytest.param("TRUE OR TRUE AND FALSE", True, id="AND binds closer than OR, right"),
    pytest.param("FALSE AND TRUE OR TRUE", True, id="AND binds closer than OR, left"),
    pytest.param("(TRUE OR TRUE) AND FALSE", False, id="brackets bind closest"),
    pytest.param("NOT FALSE AND FALSE", False, id="NOT binds closer than AND"),
    pytest.param("NOT (FALSE AND FALSE)", True, id="NOT of brackets"),
    pytest.param("NOT(FALSE)AND(TRUE)", True, id="brackets part words"),
    pytest.param("((((ALARM(a)))))", True, id="brackets in brackets"),
    pytest.param("  ALARM ( a )\n\tAND\r\nOK ( o ) ", True, id="white space everywhere"),
    pytest.param('ALARM("a") AND OK( "o" )', True, id="quoted names"),
    pytest.param("AT_LEAST(1, ALARM, (a, o, i))", True, id="at least one"),
    pytest.param("AT_LEAST(2, ALARM, (a, o, i))", False, id="at least two"),
    pytest.param("AT_LEAST(2, NOT ALARM, (a, o, i))", True, id="at least two not"),
    pytest.param('AT_LEAST(50%, OK, ("a", o))', True, id="half of them"),
    pytest.param("AT_LEAST(34%, OK, (a, o, i))", False, id="a third is less than 34 %"),
    pytest.param("NOT AT_LEAST(1,OK,(a,i)) AND ALARM(a)", True, id="a count among others"),
]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_a_rule_holds(rule, expected):
    assert CompositeRule(rule).evaluate(STATES) is expected


ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"
REFERENCES = [
    pytest.param("ALARM(cpu-high_1.x/y:z)", "cpu-high_1.x/y:z", id="bare with marks"),
    pytest.param(
        'ALARM("two words, (and) more")', "two words, (and) more", id="quoted with blanks and brackets"
    ),
    pytest.param(r'ALARM("a \"quoted\" name")', 'a "quoted" name', id="quotes in quotes"),
    pytest.param('ALARM("a) OR OK(b")', "a) OR OK(b", id="a rule in quotes is a name"),
    pytest.param(f"ALARM({ARN}cpu)", f"{ARN}cpu", id="bare ARN"),
    pytest.param(f'ALARM("{ARN}cpu high")', f"{ARN}cpu high", id="quoted ARN"),
    pytest.param("ALARM(AND)", "AND", id="an operator as a name"),
]


@pytest.mark.parametrize(("rule", "child"), REFERENCES)
def test_a_rule_names_its_child(rule, child):
    composite = CompositeRule(rule)

    assert composite.children == (child,)
    assert composite.evaluate({child: ALARM}) is True


def test_children_come_once_and_in_order():
    rule = CompositeRule('ALARM(b) OR OK(a) OR AT_LEAST(1, OK, (c, "b")) OR INSUFFICIENT_DATA("a")')

    assert rule.children == ("b", "a", "c")


def test_a_name_finds_an_arn_and_an_arn_a_name():
    assert CompositeRule("ALARM(cpu)").evaluate({f"{ARN}cpu": ALARM})
    assert CompositeRule(f"ALARM({ARN}cpu)").evaluate({"cpu": ALARM})


def test_an_arn_of_another_account_is_another_alarm():
    with pytest.raises(UnknownAlarm, match="no alarm"):
        CompositeRule(f"ALARM({ARN}cpu)").evaluate(
            {f"{ARN.replace('123456789012', '999999999999')}cpu": ALARM}
        )


def test_a_child_that_is_not_there_is_told():
    with pytest.raises(UnknownAlarm, match="there is no alarm gone"):
        CompositeRule("TRUE OR ALARM(gone)").evaluate(STATES)


BROKEN = [
    pytest.param("", 0, "a condition is missing", id="empty"),
    pytest.param("   ", 3, "a condition is missing", id="blank"),
    pytest.param("()", 1, "a condition is missing", id="empty brackets"),
    pytest.param("ALARM(a) AND", 12, "a condition is missing", id="nothing after AND"),
    pytest.param("AND ALARM(a)", 0, "a condition is missing", id="nothing before AND"),
    pytest.param("ALARM(a) AND OR OK(o)", 13, "a condition is missing", id="two operators"),
    pytest.param("ALARM(a) NOT OK(o)", 9, "AND or OR is missing", id="NOT between two"),
    pytest.param("ALARM(a) OK(o)", 9, "AND or OR is missing", id="no operator"),
    pytest.param("ALARM(a) and OK(o)", 9, "AND or OR is missing", id="small operator"),
    pytest.param("ALARM(a), OK(o)", 8, "AND or OR is missing", id="a comma is no operator"),
    pytest.param("alarm(a)", 0, "no such function", id="small function"),
    pytest.param("a", 0, "no such function", id="a bare name"),
    pytest.param('"a"', 0, "no such function", id="a quoted name"),
    pytest.param("NOTALARM(a)", 0, "no such function", id="words run together"),
    pytest.param("MISSING(a)", 0, "no such function", id="unknown function"),
    pytest.param("ALARM", 5, "'(' is missing", id="function without brackets"),
    pytest.param("ALARM a", 6, "'(' is missing", id="function and name"),
    pytest.param("ALARM()", 6, "name or ARN", id="function of nothing"),
    pytest.param('ALARM("")', 6, "name or ARN", id="function of an empty name"),
    pytest.param("ALARM(two words)", 10, "')' is missing", id="bare name with a blank"),
    pytest.param("ALARM(a, b)", 7, "')' is missing", id="two names"),
    pytest.param("ALARM(a", 7, "')' is missing", id="function left open"),
    pytest.param("(ALARM(a)", 0, "never closed", id="bracket left open"),
    pytest.param("ALARM(a))", 8, "never opened", id="bracket too many"),
    pytest.param('ALARM("a)', 6, "quote is never closed", id="quote left open"),
    pytest.param("TRUE(a)", 4, "AND or OR is missing", id="TRUE takes nothing"),
    pytest.param("AT_LEAST(0, OK, (a))", 9, "not within 1 to 1", id="at least none"),
    pytest.param("AT_LEAST(3, OK, (a, b))", 9, "not within 1 to 2", id="at least more than there are"),
    pytest.param("AT_LEAST(101%, OK, (a))", 9, "not within 1 to 100", id="more than all"),
    pytest.param("AT_LEAST(x, OK, (a))", 9, "a number or a percentage", id="at least x"),
    pytest.param("AT_LEAST(1, UP, (a))", 12, "one of ALARM, OK", id="unknown state"),
    pytest.param("AT_LEAST(1, OK, a)", 16, "'(' is missing", id="no list"),
    pytest.param("AT_LEAST(1, OK, ())", 17, "name or ARN", id="empty list"),
    pytest.param("TRUE" + " " * 10237, 10240, "longer than 10240", id="too long"),
    pytest.param(
        " OR ".join(f"OK(c{n})" for n in range(101)), 1093, "more than 100 alarms", id="101 children"
    ),
    pytest.param(" OR ".join(["TRUE"] * 501), 4000, "more than 500 elements", id="501 elements"),
    pytest.param("(" * 501 + "TRUE" + ")" * 501, 1, "more than 500 elements", id="501 brackets"),
]


@pytest.mark.parametrize(("rule", "position", "why"), BROKEN)
def test_put_composite_alarm_refuses(rule, position, why):
    with pytest.raises(InvalidAlarmRule) as refused:
        CompositeRule(rule)

    assert why in refused.value.reason
    assert refused.value.position == position
    assert str(refused.value) == f"AlarmRule is not valid at position {position}: {refused.value.reason}"


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(" OR ".join(f"OK(c{n})" for n in range(100)), id="100 children"),
        pytest.param(" OR ".join(["OK(same)"] * 500), id="500 elements, one child"),
        pytest.param("(" * 499 + "TRUE" + ")" * 499, id="499 brackets and TRUE"),
        pytest.param("NOT " * 2559 + "TRUE", id="as long as can be"),
    ],
)
def test_at_the_limits_a_rule_is_taken(rule):
    CompositeRule(rule).evaluate(dict.fromkeys(CompositeRule(rule).children, ALARM))


EXPRESSIONS = st.recursive(
    st.sampled_from(["TRUE", "FALSE", "ALARM(a)", "OK(a)", "ALARM(o)", 'INSUFFICIENT_DATA("i")']),
    lambda inner: (
        inner.map("({})".format)
        | inner.map("NOT {}".format)
        | st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map("".join)
    ),
    max_leaves=12,
)


@pytest.mark.slow
@given(rule=EXPRESSIONS)
def test_a_rule_means_what_python_means_by_it(rule):
    words = {"AND": "and", "OR": "or", "NOT": "not", "TRUE": "True", "FALSE": "False"}
    python = rule.replace("(", " ( ").replace(")", " ) ")
    atoms = {"ALARM ( a )": "True", "OK ( a )": "False", "ALARM ( o )": "False"}
    for atom, value in (atoms | {'INSUFFICIENT_DATA ( "i" )': "True"}).items():
        python = python.replace(atom, value)
    python = " ".join(words.get(word, word) for word in python.split())

    assert CompositeRule(rule).evaluate(STATES) is eval(python)


@given(rule=st.text(alphabet='ALRMOKNTDESU_F(),"\\% 12a', max_size=40))
def test_any_text_is_a_rule_or_refused_within_itself(rule):
    try:
        CompositeRule(rule)
    except InvalidAlarmRule as refused:
        position = refused.position
    else:
        position = 0
    assert 0 <= position <= len(rule)
