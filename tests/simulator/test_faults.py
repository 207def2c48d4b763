import pytest

from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import KINDS, LASTING, Faults
from wppmt.simulator.storage import Changes

ANA, BRUNO = "5511911111111", "5511922222222"

SPECIFIED = [
    "ack_delay",
    "ack_never",
    "send_reject",
    "drop_socket",
    "refuse_socket",
    "page_hang",
    "page_reload",
    "page_load_error",
    "page_slow",
    "qr_never",
    "qr_expire_fast",
    "pairing_refused",
    "needs_update",
    "conflict",
    "reachout_timelock",
    "tos_block",
    "passkey_required",
    "whats_new_dialog",
    "missing_module",
    "modules_late",
    "qr_wrapped",
    "new_chat_cap",
    "inbound_unheard",
    "slow_preview",
    "heap_mb",
    "history_sync",
]


@pytest.fixture
def faults() -> Faults:
    return Faults(Changes())


def test_every_kind_of_the_contract_is_there() -> None:
    assert sorted(KINDS) == sorted(SPECIFIED)


def test_a_fault_for_a_phone_strikes_only_that_phone(faults: Faults) -> None:
    faults.order("page_reload", ANA, None, {})
    assert faults.take(["page_reload"], BRUNO) is None
    assert faults.take(["page_reload"], None) is None
    assert faults.take(["page_reload"], ANA)
    assert faults.take(["page_reload"], ANA) is None


def test_a_fault_without_phone_strikes_the_next_pages(faults: Faults) -> None:
    faults.order("page_hang", None, 2, {})
    assert faults.take(["page_hang"], ANA) is None
    assert [bool(faults.take(["page_hang"], None)) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("kind", sorted(LASTING))
def test_lasting_faults_end_when_they_are_deleted(faults: Faults, kind: str) -> None:
    fault = faults.order(kind, ANA, None, {"module": "WAWebStreamModel"})
    assert all(faults.take([kind], ANA) for _ in range(10))
    faults.delete(fault.id)
    assert faults.take([kind], ANA) is None
    with pytest.raises(Refused) as refused:
        faults.delete(fault.id)
    assert refused.value.status == 404


def test_the_oldest_fault_strikes_first_and_one_of_each_kind(faults: Faults) -> None:
    first = faults.order("heap_mb", ANA, 1, {"mb": 1})
    faults.order("heap_mb", ANA, 1, {"mb": 2})
    other = faults.order("page_hang", ANA, 1, {})
    assert [fault.id for fault in faults.take_all({"heap_mb", "page_hang"}, ANA)] == [first.id, other.id]
    assert [fault.options["mb"] for fault in faults.all()] == [2]


def test_unknown_kinds_are_refused(faults: Faults) -> None:
    with pytest.raises(Refused) as refused:
        faults.order("page_hug", None, None, {})
    assert "page_hang" in refused.value.text
