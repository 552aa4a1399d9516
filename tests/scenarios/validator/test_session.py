"""A session that is ready soon knows the services botocore knows, and says no to the others."""

import pytest
from botocore.exceptions import UnknownServiceError

from scenarios.validator.session import open_session


@pytest.fixture
def session(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    return open_session()


@pytest.mark.slow
def test_clients_are_made_of_botocores_descriptions(session):
    client = session.create_client("sts", region_name="eu-west-1")

    assert client.meta.service_model.api_version == "2011-06-15"


@pytest.mark.slow
def test_a_service_that_does_not_exist_is_told_beside_those_that_do(session):
    with pytest.raises(UnknownServiceError, match=r"Unknown service: 's4'.*, s3, "):
        session.create_client("s4", region_name="eu-west-1")


def test_descriptions_of_ones_own_are_found(session, tmp_path):
    (tmp_path / "mine" / "2024-01-01").mkdir(parents=True)
    (tmp_path / "mine" / "2024-01-01" / "service-2.json").write_text("{}")

    assert "mine" in session.get_component("data_loader").list_available_services("service-2")
