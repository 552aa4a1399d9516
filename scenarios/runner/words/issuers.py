"""Words for who issues tokens outside AWS: an identity provider with its keys, as OpenID Connect has it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.kernel.tokens import Signer
from scenarios.cloud.kernel.web import WebAnswer
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Given

_KEY: Final = 0
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider at a URL, such as `https://issuer.example`."""

    url: str

    @property
    def stands(self) -> Given:
        """It answers from the beginning: its configuration, and its keys."""
        return Given(self.answers.words, self.answers.do)

    @property
    def answers(self) -> Action:
        """From now on it answers."""
        keys = f"{self.url}/keys"
        told: Mapping[str, Any] = {"issuer": self.url, "jwks_uri": keys}

        def do(world: World) -> None:
            web = world.setting.web
            place = f"{self.url}/.well-known/openid-configuration"
            web.answers(place, WebAnswer(body=json.dumps(told)))
            web.answers(keys, WebAnswer(body=json.dumps(self._signer.keys)))

        return Action(f"{self.url} issues tokens", do)

    def token(self, now: datetime, *, seconds: int = _HOUR, **claims: Any) -> str:
        """A token that it signs now, good for so long; `claims`: beside, or in place of, the usual ones."""
        moment = int(now.timestamp())
        usual = {"iss": self.url, "sub": "somebody", "iat": moment, "exp": moment + seconds}
        return self._signer.token({**usual, **claims})

    @property
    def _signer(self) -> Signer:
        return Signer(_KEY, "of-the-scenario")
