"""A session with AWS that is ready soon: much of what a short validation takes is to make its clients.

It is botocore's own; boto3's resources and transfers, which take as long again to import, aren't needed.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.session import Session


class _Services:
    """The services that botocore knows, each looked for when it is asked for.

    botocore looks through the folders of all its four hundred before it makes the first client.
    """

    def __init__(self, loader: Loader, kind: str) -> None:
        self._loader, self._kind = loader, kind

    def __contains__(self, name: str) -> bool:
        try:
            return bool(self._loader.list_api_versions(name, self._kind))
        except DataNotFoundError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(Loader.list_available_services(self._loader, self._kind))


class _QuickLoader(Loader):
    def list_available_services(self, type_name: str) -> Any:
        """See `Loader`: something to look a name up in, or to go through."""
        return _Services(self, type_name)


def _folders(session: Session) -> list[str]:
    """Where somebody keeps descriptions of their own, if anywhere."""
    named = session.get_config_variable("data_path")
    folders = named.split(os.pathsep) if named else []
    return [str(Path(os.path.expandvars(folder)).expanduser()) for folder in folders]


def open_session(profile: str | None = None) -> Session:
    """Open a session with the credentials of a profile, or those that the AWS CLI would find."""
    session = Session(profile=profile)
    session.register_component("data_loader", _QuickLoader(_folders(session)))
    return session
