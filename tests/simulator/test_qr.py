import pytest

from wppmt.simulator.errors import Refused
from wppmt.simulator.qr import EXPIRED_KEPT, Code, Codes


def status_of(codes: Codes[str], text: str, now: float) -> int:
    with pytest.raises(Refused) as refused:
        codes.lookup(text, now)
    return refused.value.status


def test_a_code_leads_to_its_page_until_it_expires() -> None:
    codes: Codes[str] = Codes()
    codes.issue("um", Code("página", expires=60.0))
    assert codes.lookup("um", 59.9).page == "página"
    assert status_of(codes, "um", 60.0) == 410
    assert status_of(codes, "dois", 0.0) == 404


def test_a_page_that_is_linked_or_gone_takes_its_codes_along() -> None:
    codes: Codes[str] = Codes()
    codes.issue("um", Code("a", 60.0))
    codes.issue("dois", Code("b", 60.0))
    codes.expire("a")
    assert status_of(codes, "um", 0.0) == 410
    assert codes.lookup("dois", 0.0).page == "b"


def test_only_so_many_old_codes_are_remembered() -> None:
    codes: Codes[str] = Codes()
    for n in range(EXPIRED_KEPT + 1):
        codes.issue(str(n), Code("a", 60.0))
    assert status_of(codes, "0", 0.0) == 404
    assert codes.lookup("1", 0.0).page == "a"
