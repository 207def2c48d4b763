"""A customer connects a number by the link, in a browser of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import wait_until
from tests.system.conftest import NewTenant
from tests.system.customer import DESK, PHONE, Customer
from tests.system.tenant import Tenant, new_phone

pytestmark = pytest.mark.chrome


@pytest.fixture(scope="module")
def customer() -> Iterator[Customer]:
    made = Customer()
    yield made
    made.leaves()


def link_of(tenant: Tenant) -> str:
    """Of a session that is closed, for its own number."""
    tenant.start(description="Padaria <São João>")
    tenant.close()
    answer = tenant.post("pairing-link", {"expectedPhone": tenant.phone})
    assert answer.status == 201, answer
    url = str(answer.json["url"])
    tenant.daemon.private.add(url.rpartition("/")[2])
    return url


def test_by_a_code_typed_on_a_small_phone_with_the_keyboard_alone(customer: Customer, new_tenant: NewTenant):
    tenant = new_tenant()
    url = link_of(tenant)
    customer.opens(url, PHONE)
    customer.sees("by-code")
    customer.reads("Padaria <São João>")
    customer.reads(tenant.phone[-4:])
    assert customer.width == PHONE[0]
    customer.tabs_to("ask").send_keys("\n")
    code = wait_until(lambda: customer.sees("code").text)
    told = customer.accessible()
    assert {("heading", "Conectar o WhatsApp"), ("button", "Receber outro código")} <= told
    assert ("radio", "Ler o QR Code com o celular") in told
    tenant.daemon.phones.pair_code(tenant.phone, code)
    customer.sees("done")
    assert tenant.status()["status"] == "connected"
    customer.reloads()
    customer.reads("Este link já foi usado")
    assert customer.complaints() == []
    assert customer.hosts() == {"127.0.0.1"}


def test_by_the_qr_code_of_a_desk_and_not_with_another_number(customer: Customer, new_tenant: NewTenant):
    tenant, other = new_tenant(), new_phone()
    tenant.daemon.phones.register(other, "Outro")
    tenant.daemon.private.add(other)
    customer.opens(link_of(tenant), DESK)
    qr = wait_until(customer.qr_text)
    assert qr
    tenant.daemon.private.add(qr)
    assert ("image", "QR Code para ler com o WhatsApp") in customer.accessible()
    tenant.daemon.phones.scan(other, qr)
    customer.reads("Este não é o número esperado")
    assert tenant.hears("error")["code"] == "WRONG_PHONE"
    wait_until(lambda: tenant.daemon.phones.devices(other) == [], 10)
    assert "connected" not in {after for _, after in tenant.changes()}
    assert customer.complaints() == []
