import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.memory import MemoryServer
from wppmt.simulator.accounts import PHONE, Accounts, derived_lid
from wppmt.simulator.errors import Refused

ANA, BRUNO = "5511911111111", "5511922222222"


@pytest.fixture
def server() -> MemoryServer:
    server = MemoryServer()
    server.accounts.register(ANA, "Ana")
    return server


@pytest.fixture
def accounts(server: MemoryServer) -> Accounts:
    return server.accounts


@pytest.mark.parametrize("wid", [ANA, f"+{ANA}", f"{ANA}@c.us", f"{ANA}@s.whatsapp.net", f"{ANA}:3@c.us"])
def test_an_account_is_found_under_every_form_of_its_number(accounts: Accounts, wid: str) -> None:
    assert accounts.find(wid) == accounts.account(ANA)


def test_an_account_is_found_under_its_hidden_id_only_with_its_server(accounts: Accounts) -> None:
    lid = accounts.account(ANA).lid
    assert accounts.find(f"{lid}@lid") == accounts.account(ANA)
    assert accounts.find(f"{lid}@c.us") is None
    assert accounts.find(f"{ANA}@lid") is None


@pytest.mark.parametrize("phone", ["", "123", "abc", "0511999999999", "1234567890123456", f"{ANA}@c.us"])
def test_what_is_no_number_is_refused(accounts: Accounts, phone: str) -> None:
    with pytest.raises(Refused) as refused:
        accounts.register(phone, "Nome")
    assert refused.value.status == 400


def test_a_hidden_id_belongs_to_one_number_only(accounts: Accounts) -> None:
    accounts.register(BRUNO, "Bruno", lid="77777@lid")
    with pytest.raises(Refused) as refused:
        accounts.register(ANA, "Ana", lid="77777")
    assert refused.value.code == "LID_TAKEN"
    assert accounts.find("77777@lid") == accounts.account(BRUNO)


def test_registering_again_changes_details_and_keeps_the_rest(accounts: Accounts) -> None:
    accounts.register(ANA, "Ana", lid="77777")
    accounts.set_online(ANA, online=False)
    account = accounts.register(ANA, "Ana Maria", is_business=True)
    assert (account.name, account.is_business) == ("Ana Maria", True)
    assert (account.address, account.online) == ("77777@lid", False)


def test_a_changed_hidden_id_leaves_no_trace(accounts: Accounts) -> None:
    accounts.register(ANA, "Ana", lid="77777")
    accounts.register(ANA, "Ana", lid="88888")
    assert accounts.find("77777@lid") is None
    assert accounts.find("88888@lid") == accounts.account(ANA)


@settings(max_examples=25)
@given(st.sets(st.from_regex(PHONE, fullmatch=True), min_size=2, max_size=20))
def test_derived_hidden_ids_are_stable_and_differ(phones: set[str]) -> None:
    lids = {derived_lid(phone) for phone in phones}
    assert len(lids) == len(phones)
    assert lids == {derived_lid(phone) for phone in phones}


def test_a_device_counts_from_the_moment_its_page_is_linked(accounts: Accounts) -> None:
    device = accounts.add_device(ANA, now=1.5)
    assert accounts.devices(ANA) == []
    assert accounts.device_of(device.token) == device
    accounts.confirm_device(device.id)
    assert [(one.id, one.since) for one in accounts.devices(ANA)] == [(f"{ANA}:1", 1.5)]
    accounts.remove_device(device.id)
    assert accounts.devices(ANA) == []
    assert accounts.device_of(device.token) is None
