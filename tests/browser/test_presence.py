"""Whether others see the account as there, and what a link's preview may cost the messages behind it; in real Chrome."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.ground import ChromeGround, Life
from tests.browser.test_recipients import message, run
from tests.support import wait_until

pytestmark = pytest.mark.chrome

Paired = tuple[Life, str]
NewPhone = Callable[[], str]
GONE_SECONDS = 3.0
"""At most, after what was done last: one and a half by the settings, and what the machine takes."""


@pytest.fixture(scope="module")
def ground(chrome_ground: ChromeGround) -> ChromeGround:
    """For `paired`."""
    return chrome_ground


@pytest.fixture
def friend(ground: ChromeGround, new_phone: NewPhone) -> str:
    phone = new_phone()
    ground.register(phone, "Maria Souza")
    return phone


def of(ground: ChromeGround, phone: str, after: int) -> list[dict[str, Any]]:
    return [line for line in ground.simulator.log(after) if line.get("phone") == phone]


def newest(ground: ChromeGround) -> int:
    return int(max(line["seq"] for line in ground.simulator.log()))


def went(ground: ChromeGround, phone: str, after: int) -> float:
    """Seconds from the last thing that was typed or sent to the account's going; it stays away."""

    def is_gone() -> bool:
        lines = of(ground, phone, after)
        return bool(lines) and (lines[-1]["event"], lines[-1].get("state")) == ("presence", "unavailable")

    wait_until(is_gone, 10)
    *before, gone = of(ground, phone, after)
    last = [line for line in before if line["event"] in {"send", "typing", "recording"}][-1]
    return float(gone["t"] - last["t"])


def test_the_account_is_away_soon_after_a_send(ground: ChromeGround, paired: Paired, friend: str) -> None:
    life, phone = paired
    after = newest(ground)
    for _ in range(3):
        life.value("send_text", message(friend))
    assert 1 < went(ground, phone, after) <= GONE_SECONDS
    gone = [line for line in of(ground, phone, after) if line.get("state") == "unavailable"]
    assert len(gone) == 1


@pytest.mark.parametrize(("state", "event"), [("composing", "typing"), ("recording", "recording")])
def test_it_is_there_while_it_types(
    ground: ChromeGround, paired: Paired, friend: str, state: str, event: str
) -> None:
    life, phone = paired
    after = newest(ground)
    life.value("typing", {"to": friend, "state": state})
    # Longer than it stays after a send: there is no event to wait for.
    time.sleep(2.5)
    life.value("send_text", message(friend))
    assert went(ground, phone, after) <= GONE_SECONDS
    told = [(line["event"], line.get("state")) for line in of(ground, phone, after)]
    assert told[:2] == [("presence", "available"), (event, None)]
    assert told.index(("presence", "unavailable")) > [name for name, _ in told].index("send")


def title_of(life: Life, message_id: str) -> Any:
    return run(
        life,
        f"() => (WPP.whatsapp.MsgStore.findFirst(({{ id }}) => id.id === '{message_id}') || {{}}).title || null",
    )


def test_a_link_has_its_preview(ground: ChromeGround, paired: Paired, friend: str) -> None:
    life, _ = paired
    sent = message(friend, text="veja https://exemplo.com/a", linkPreview=True)
    life.value("send_text", sent)
    assert title_of(life, str(sent["id"])) == "Página de exemplo.com"
    plain = message(friend, text="veja https://exemplo.com/a")
    life.value("send_text", plain)
    assert title_of(life, str(plain["id"])) is None


def test_a_slow_preview_holds_up_nobody_for_long(ground: ChromeGround, paired: Paired, friend: str) -> None:
    life, phone = paired
    ground.simulator.fault("slow_preview", phone=phone, count=1, delayMs=30_000)
    sent = message(friend, text="veja https://exemplo.com/b", linkPreview=True)
    began = time.monotonic()
    life.value("send_text", sent)
    assert 2.9 < time.monotonic() - began < 5
    life.event("ack_changed", id=sent["id"])
    assert [line[1] for line in ground.inbox(friend)] == ["veja https://exemplo.com/b"]
    assert title_of(life, str(sent["id"])) is None
