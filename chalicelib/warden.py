"""The application object: Chalice, plus the triggers and the resources that Chalice doesn't know.

`@app.watches("root_login")` makes a Lambda function named after the remediation, without importing it, and
`@app.evaluates("group_unused")` one named after a rule of AWS Config.
`app.fragment()` is the CloudFormation that `chalice package --merge-template` merges in:
each function's triggers and settings, and the resources they need, rules too; `app.policies()` is the
permissions of each function; `app.spoke()` is the template for every other watched region.
All three are data, made from the remediations that were declared, and nothing else.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chalice import Chalice

from chalicelib.config_rules import load_rule
from chalicelib.remediation import Remediation
from chalicelib.remediations import load

if TYPE_CHECKING:
    from chalicelib.config_rule import ConfigRule

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Warden(Chalice):  # type: ignore[misc]  # Chalice ships no types
    """A Chalice application whose functions are remediations and rules of AWS Config."""

    def __init__(self, app_name: str) -> None:
        super().__init__(app_name=app_name, configure_logs=False)
        self._watched: list[str] = []
        self._evaluated: list[str] = []

    def watches(self, name: str) -> Callable[[Handler], Handler]:
        """Make the decorated function the one that handles this remediation's events."""
        return self._function(name, self._watched)

    def evaluates(self, name: str) -> Callable[[Handler], Handler]:
        """Make the decorated function the one that AWS Config asks about this rule."""
        return self._function(name, self._evaluated)

    def _function(self, name: str, declared: list[str]) -> Callable[[Handler], Handler]:
        """Make the decorated function a Lambda function of this name, and note that among the declared."""

        def declare(handler: Handler) -> Handler:
            declared.append(name)
            function: Handler = self.lambda_function(name=name)(handler)
            return function

        return declare

    @property
    def config_rules(self) -> "tuple[ConfigRule, ...]":
        """The declared rules of AWS Config, in that order; imports all of them."""
        return tuple(load_rule(name) for name in self._evaluated)

    @property
    def remediations(self) -> tuple[Remediation, ...]:
        """The declared remediations, in that order; imports all of them."""
        return tuple(load(name) for name in self._watched)

    # What only packaging needs is imported when it asks: a cold start must not pay for it.

    def fragment(self) -> Mapping[str, Any]:
        """The template to merge into Chalice's."""
        from chalicelib.template import fragment  # noqa: PLC0415 - see above

        return fragment(self.remediations, self.config_rules)

    def policies(self) -> Mapping[str, Mapping[str, Any]]:
        """Policy documents by the name of the function they are for."""
        from chalicelib.template.config_rules import rule_grants  # noqa: PLC0415 - see above
        from chalicelib.template.policies import policies  # noqa: PLC0415 - see above

        return policies(self.remediations, {each.name: rule_grants(each) for each in self.config_rules})

    def spoke(self) -> Mapping[str, Any]:
        """The template that forwards other regions' events to the home region."""
        from chalicelib.template.spoke import spoke  # noqa: PLC0415 - see above

        return spoke(self.remediations)

    def archive(self) -> Mapping[str, Any]:
        """The template for the account that another account's trail delivers to."""
        from chalicelib.template.archive import archive  # noqa: PLC0415 - see above

        return archive()

    def managed_rules(self) -> Mapping[str, Any]:
        """The template of AWS's own rules of Config that find what was so before."""
        from chalicelib.template.managed_rules import managed_rules  # noqa: PLC0415 - see above

        return managed_rules(self.remediations)

    def host(self) -> Mapping[str, Any]:
        """The template of one watched host's alarms."""
        from chalicelib.template.host import host  # noqa: PLC0415 - see above

        return host()
