"""The regions of a service are looked up once for all processes, and are those that moto would find."""

import pytest
from moto.core.base_backend import AccountSpecificBackend

from scenarios.cloud.kernel import endpoints
from tests.scenarios.cloud.kernel.kept_folder import kept_in

regions_of = endpoints.regions_of.__wrapped__


@pytest.mark.slow
def test_the_regions_of_a_service_are_those_of_moto_and_are_kept(tmp_path, monkeypatch):
    moto = AccountSpecificBackend._generate_regions.__wrapped__
    with kept_in(tmp_path):
        found = {service: regions_of(service) for service in ("sts", "cloudtrail", "unknown")}
    assert found == {service: tuple(moto(None, service)) for service in found}

    monkeypatch.setattr(endpoints, "session", None)
    with kept_in(tmp_path):
        assert {service: regions_of(service) for service in found} == found
