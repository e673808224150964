"""Whatever the OpenAPI document allows, and what it does not, gets an answer that the document allows; never a 5xx."""

from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.api.conftest import OWN
from vedette.model.errors import VedetteError

FEW = settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
]


@pytest.fixture
def lasting(make):
    """A service that is not slowed down, and whose administrator no request can lock out."""
    service = make(rate=10**9, address_rate=10**9)
    service.store.accounts.add("second", "admin", None, service.now)
    return service


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_keeps_to_the_document(lasting, mode) -> None:
    accounts = lasting.store.accounts
    document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", lasting.app, headers={"Host": "localhost"})
    asked = 0

    def answered(case) -> None:
        nonlocal asked
        with suppress(VedetteError):
            accounts.add("admin", "admin", None, lasting.now)
        accounts.change("admin", lasting.now, role="admin", disabled=False)
        cookie = accounts.sign_in("admin", "link", lasting.now)
        answer = case.call(headers={"Host": "localhost", "Cookie": f"vedette={cookie}", **OWN})
        # Too large is a rejection, too, which the check does not know.
        excluded = [checks.negative_data_rejection] if answer.status_code == 413 else []
        case.validate_response(answer, checks=CHECKS, excluded_checks=excluded)
        asked += 1

    for found in document.get_all_operations():
        operation = found.ok()
        with suppress(Unsatisfiable):  # nothing can be wrong with a request that has nothing in it
            FEW(given(case=operation.as_strategy(generation_mode=mode))(answered))()
    assert asked > 100
