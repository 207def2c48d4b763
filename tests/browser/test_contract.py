"""What every browser must do: one suite, run on the fake and on real Chrome with the real wa-js."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import Ground, Life
from tests.support import wait_until
from wppmt.browser.port import (
    Beat,
    BrowserGone,
    CallRejected,
    CallTimeout,
    NotCalled,
    PageEvent,
    StartFailed,
)
from wppmt.domain.process import Process
from wppmt.domain.written import message_of

OpenOn = Callable[[Ground, str], Life]
Paired = tuple[Life, str]
NewPhone = Callable[[], str]


def new_id() -> str:
    return f"3EB0{secrets.token_hex(9).upper()}"


@pytest.fixture
def friend(ground: Ground, new_phone: NewPhone) -> str:
    phone = new_phone()
    ground.register(phone, "Maria Souza")
    return phone


def _heard(life: Life) -> list[PageEvent]:
    life.hear()
    return life.events


# ---- start and pairing


def test_a_new_session_shows_a_qr_code(ground: Ground, open_on: OpenOn) -> None:
    life = open_on(ground, "new")
    process = life.start()
    assert process.pid == process.group
    shown = life.event("qr_changed")
    assert len(shown["code"]) > 5
    assert 0 <= time.time() - shown["at"] / 1000 < 20
    assert life.facts(mode="QR")["authenticated"] is False
    assert [event.number for event in life.events] == list(range(1, len(life.events) + 1))
    assert len({event.page for event in life.events}) == 1


def test_a_scan_connects(paired: Paired) -> None:
    life, phone = paired
    facts = life.value("facts")
    assert facts["ready"]
    assert facts["authenticated"]
    assert facts["registered"]
    assert facts["phone"] == phone
    assert (facts["mode"], facts["info"], facts["phoneOnline"]) == ("MAIN", "NORMAL", True)


def test_the_page_can_be_seen(ground: Ground, open_on: OpenOn, paired: Paired) -> None:
    picture = paired[0].picture()
    assert picture.startswith(b"\x89PNG\r\n")
    assert picture.endswith(b"IEND\xaeB`\x82")
    assert isinstance(open_on(ground, "unopened").picture(), NotCalled)


def test_a_browser_that_drops_its_caches_goes_on(ground: Ground, open_on: OpenOn, paired: Paired) -> None:
    life = paired[0]
    life.browser.drop_caches()
    assert life.value("facts")["ready"]
    open_on(ground, "unopened").browser.drop_caches()


def test_a_pairing_code_connects(ground: Ground, open_on: OpenOn, new_phone: NewPhone) -> None:
    life, phone = open_on(ground, "by-code"), new_phone()
    ground.register(phone, "Dono")
    life.start()
    life.event("ready")
    code = life.value("pairing_code", {"phone": phone})["code"]
    assert len(code) == 8
    assert life.event("pairing_code_changed")["code"] == code
    # Who adopts the page asks again, and must not spoil what somebody is typing.
    assert life.value("pairing_code", {"phone": phone})["code"] == code
    assert [event.name for event in life.events].count("pairing_code_changed") == 1
    ground.type_code(phone, code)
    life.facts(authenticated=True, mode="MAIN", phone=phone)


@pytest.mark.slow
def test_beats_name_the_newest_event(paired: Paired) -> None:
    life, _ = paired
    life.forget()

    def beat() -> object:
        life.hear()
        return life.beats

    wait_until(beat)
    last = life.value("events_since", {"after": 0})
    assert life.beats[-1].page == last["page"]
    assert life.beats[-1].last <= last["last"]
    assert life.beats[-1].facts["mode"] == "MAIN"


# ---- messages out


def test_a_text_arrives_once_under_the_chosen_id(ground: Ground, paired: Paired, friend: str) -> None:
    life, _ = paired
    message_id = new_id()
    sent = life.value("send_text", {"id": message_id, "to": friend, "text": "Olá ✓"})
    assert sent["to"] == f"{friend}@c.us"
    assert message_id in sent["messageId"]
    life.event("ack_changed", id=message_id, ack=1, to=f"{friend}@c.us")
    assert ground.inbox(friend) == [(message_id, "Olá ✓")]


def test_an_id_is_sent_once_however_often_it_is_asked_for(
    ground: Ground, paired: Paired, friend: str
) -> None:
    life, _ = paired
    message = {"id": new_id(), "to": friend, "text": "uma vez"}
    first, second = life.begin("send_text", message), life.begin("send_text", message)
    # Whoever asks meanwhile is not told that it is not there.
    assert life.value("find_message", {"id": message["id"], "to": friend})["found"]
    answer = first()
    assert answer["to"] == f"{friend}@c.us"
    life.event("ack_changed", id=message["id"], ack=1)
    assert [second(), life.value("send_text", message)] == [answer, answer]
    assert ground.inbox(friend) == [(message["id"], "uma vez")]


def test_a_rejected_id_may_be_sent_again(
    ground: Ground, paired: Paired, friend: str, new_phone: NewPhone
) -> None:
    life, _ = paired
    message = {"id": new_id(), "to": friend, "text": "oi"}
    assert isinstance(life.call("send_text", {**message, "to": new_phone()}), CallRejected)
    life.value("send_text", message)
    life.event("ack_changed", id=message["id"])
    assert ground.inbox(friend) == [(message["id"], "oi")]


def test_receipts_are_told_once_and_never_backwards(ground: Ground, paired: Paired, friend: str) -> None:
    life, _ = paired
    message_id = new_id()
    life.value("send_text", {"id": message_id, "to": f"{friend}@c.us", "text": "oi"})
    life.event("ack_changed", id=message_id, ack=1)
    for ack in (3, 2, 3, 4):
        ground.receipt(life, friend, message_id, ack)
    life.event("ack_changed", id=message_id, ack=4)
    assert [e.data["ack"] for e in life.events if e.name == "ack_changed" and e.data["id"] == message_id] == [
        1,
        3,
        4,
    ]


def test_a_refused_message_says_why_once(ground: Ground, paired: Paired, friend: str) -> None:
    life, phone = paired
    ground.refuse_sends(life, phone)
    refused, taken = new_id(), new_id()
    life.value("send_text", {"id": refused, "to": friend, "text": "oi"})
    assert life.event("send_failed", id=refused)["reason"] == "error_unknown"
    life.value("send_text", {"id": taken, "to": friend, "text": "oi"})
    life.event("ack_changed", id=taken)
    assert [e.data["id"] for e in life.events if e.name == "send_failed"] == [refused]
    assert [line[0] for line in ground.inbox(friend)] == [taken]


def test_an_unknown_number_is_rejected(ground: Ground, paired: Paired, new_phone: NewPhone) -> None:
    life, _ = paired
    nobody = new_phone()
    outcome = life.call("send_text", {"id": new_id(), "to": nobody, "text": "oi"})
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "not_on_whatsapp"
    assert life.value("check_number", {"phone": nobody})["valid"] is False


def test_brazils_ninth_digit_is_found_either_way(ground: Ground, paired: Paired, new_phone: NewPhone) -> None:
    life, _ = paired
    with_nine = new_phone()
    without = with_nine[:4] + with_nine[5:]
    ground.register(without, "Número antigo")
    assert life.value("check_number", {"phone": with_nine})["phone"] == without
    sent = life.value("send_text", {"id": new_id(), "to": with_nine, "text": "oi"})
    assert sent["to"] == f"{without}@c.us"
    wait_until(lambda: len(ground.inbox(without)) == 1)


def test_a_landline_has_no_ninth_digit(ground: Ground, paired: Paired, new_phone: NewPhone) -> None:
    """With one, the number would be another person's."""
    life, _ = paired
    last = new_phone()[-7:]
    ground.register(f"55113{last}", "Loja com telefone fixo")
    ground.register(f"5511922{last[1:]}", "Outra pessoa")
    for asked in (f"551193{last}", f"551122{last[1:]}"):
        assert life.value("check_number", {"phone": asked})["valid"] is False
        outcome = life.call("send_text", {"id": new_id(), "to": asked, "text": "oi"})
        assert isinstance(outcome, CallRejected)
        assert outcome.reason == "not_on_whatsapp"


def test_typing_is_shown_to_known_people_only(paired: Paired, friend: str, new_phone: NewPhone) -> None:
    life, _ = paired
    assert life.value("typing", {"to": friend, "state": "composing"}) == {}
    assert life.value("typing", {"to": friend, "state": "paused"}) == {}
    assert isinstance(life.call("typing", {"to": new_phone(), "state": "composing"}), CallRejected)


def test_a_sent_message_is_found_and_another_is_not(paired: Paired, friend: str, new_phone: NewPhone) -> None:
    life, _ = paired
    message_id = new_id()
    life.value("send_text", {"id": message_id, "to": friend, "text": "oi"})
    life.event("ack_changed", id=message_id)
    found = life.value("find_message", {"id": message_id, "to": friend})
    assert found == {"found": True, "ack": 1, "to": f"{friend}@c.us", "failed": False}
    for to in (friend, f"{friend}@c.us", new_phone()):
        assert life.value("find_message", {"id": new_id(), "to": to}) == {"found": False}


def test_an_unknown_function_is_rejected(paired: Paired) -> None:
    outcome = paired[0].call("no_such_function")
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "unknown_function"


def test_a_file_reaches_the_phone(
    ground: Ground, paired: Paired, friend: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    life, _ = paired
    path = tmp_path_factory.mktemp("media") / "nota.pdf"
    path.write_bytes(secrets.token_bytes(300_000))
    blob = uploaded(life, path)
    assert blob["size"] == 300_000
    message_id = new_id()
    media = {"kind": "document", "mimetype": "application/pdf", "fileName": "nota.pdf", "caption": "segue"}
    life.value("send_media", {"id": message_id, "to": friend, "source": blob["blob"], **media})
    life.event("ack_changed", id=message_id, ack=1)
    assert [line[0] for line in ground.inbox(friend)] == [message_id]


def uploaded(life: Life, path: object) -> dict[str, int]:
    outcomes: list[dict[str, int]] = []
    life.browser.upload(path, 10.0, outcomes.append)  # type: ignore[arg-type]
    return wait_until(lambda: outcomes)[0]


# ---- messages in


def test_a_message_comes_in_the_documents_shape(ground: Ground, paired: Paired, friend: str) -> None:
    life, phone = paired
    before = int(time.time()) - 1
    message_id = ground.write(friend, phone, "Olá, tudo bem?")

    def heard() -> object:
        life.hear()
        return [
            e for e in life.events if e.name == "message_received" and e.data["message"]["id"] == message_id
        ]

    message = message_of(wait_until(heard)[0].data["message"])  # type: ignore[index]
    assert message["from"] == message["chatId"] == f"{friend}@c.us"
    assert message["to"] == f"{phone}@c.us"
    assert (message["body"], message["type"]) == ("Olá, tudo bem?", "chat")
    assert (message["isGroupMsg"], message["fromMe"]) == (False, False)
    assert message["sender"] == {"name": "Maria Souza", "phone": friend}
    assert before <= message["timestamp"] <= time.time() + 1
    assert message["messageId"].endswith(message_id)


def test_own_messages_are_not_heard_as_received(paired: Paired, friend: str) -> None:
    life, _ = paired
    message_id = new_id()
    life.value("send_text", {"id": message_id, "to": friend, "text": "minha"})
    life.event("ack_changed", id=message_id)
    assert not [
        e for e in life.events if e.name == "message_received" and e.data["message"]["id"] == message_id
    ]


def test_a_gap_is_read_again(ground: Ground, paired: Paired, friend: str) -> None:
    life, phone = paired
    after = life.value("events_since", {"after": 0})["last"]
    ids = [ground.write(friend, phone, f"n. {number}") for number in range(3)]
    wait_until(lambda: life.value("events_since", {"after": after})["last"] >= after + 3)
    told = life.value("events_since", {"after": after})
    heard = [e["data"]["message"]["id"] for e in told["events"] if e["name"] == "message_received"]
    assert heard == ids
    numbers = [e["number"] for e in told["events"]]
    assert numbers == list(range(after + 1, told["last"] + 1))


def test_messages_of_a_time_are_fetched_from_the_chats(ground: Ground, paired: Paired, friend: str) -> None:
    life, phone = paired
    since = int(time.time())
    ids = [ground.write(friend, phone, f"n. {number}") for number in range(3)]

    def fetched() -> object:
        answer = life.value("messages_after", {"t": since, "limit": 100})
        got = [m["id"] for m in answer["messages"] if m["sender"]["phone"] == friend]
        return answer["complete"] and got == ids

    wait_until(fetched)


def test_half_an_emoji_comes_as_a_replacement_character(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone
) -> None:
    """Half a pair has no UTF-8: it could be neither stored nor answered with."""
    life, phone, friend = open_on(ground, "halves"), new_phone(), new_phone()
    ground.register(phone, "Loja \ud83d")
    ground.register(friend, "\ude00 Maria 🙂")
    life.start()
    ground.scan(phone, life.event("qr_changed")["code"])
    life.facts(mode="MAIN", pushname="Loja \ufffd")

    message_id = ground.write(friend, phone, "cortado \ud83d, inteiro 🙂")
    heard = message_of(life.event("message_received")["message"])
    assert (heard["id"], heard["body"]) == (message_id, "cortado \ufffd, inteiro 🙂")
    assert heard["sender"]["name"] == "\ufffd Maria 🙂"
    contacts = life.value("contacts", {"cursor": "", "limit": 1000, "scope": "all"})["rows"]
    assert "\ufffd Maria 🙂" in {row["name"] for row in contacts} | {row["pushname"] for row in contacts}

    def beats() -> list[Beat]:
        life.hear()
        return life.beats

    life.forget()
    assert wait_until(beats)[0].facts["pushname"] == "Loja \ufffd"


def test_contacts_come_in_pages(ground: Ground, paired: Paired, friend: str) -> None:
    life, phone = paired
    message_id = ground.write(friend, phone, "oi")
    wait_until(
        lambda: any(
            m["id"] == message_id for m in life.value("messages_after", {"t": 0, "limit": 999})["messages"]
        )
    )
    rows: list[dict[str, object]] = []
    page = {"nextCursor": ""}
    while page["nextCursor"] is not None:
        page = life.value("contacts", {"cursor": page["nextCursor"], "limit": 2, "scope": "all"})
        rows += page["rows"]
    assert len(rows) == page["total"]
    assert [row["id"] for row in rows] == sorted({str(row["id"]) for row in rows})
    assert any(row["phone"] == friend for row in rows)


def test_chats_and_their_messages_come_in_pages(ground: Ground, paired: Paired, friend: str) -> None:
    life, phone = paired
    ids = [ground.write(friend, phone, f"n. {number}") for number in range(3)]
    wait_until(lambda: life.value("chats", {"cursor": "", "limit": 1, "unread": False})["total"])

    def chat() -> dict[str, object] | None:
        rows = life.value("chats", {"cursor": "", "limit": 100, "unread": False})["rows"]
        return next(
            (row for row in rows if row["phone"] == friend and row["lastMessage"]["id"] == ids[-1]), None
        )

    assert wait_until(lambda: chat() is not None)
    asked = {"chatId": f"{friend}@c.us", "before": "", "limit": 2}
    page = life.value("chat_messages", asked)
    rest = life.value("chat_messages", {**asked, "before": page["nextCursor"]})
    assert [row["id"] for row in page["rows"] + rest["rows"]] == ids[::-1]
    assert rest["nextCursor"] is None


# ---- the phone


def test_a_synced_page_stays_in_main_when_the_network_goes(ground: Ground, paired: Paired) -> None:
    life, phone = paired
    life.forget()
    ground.lose_network(life, phone)
    facts = life.facts(stream="DISCONNECTED", socket="OPENING", info="OPENING")
    assert (facts["mode"], facts["authenticated"]) == ("MAIN", True)
    assert life.value("ask_server") == {"answered": False}
    stranger = life.call("check_number", {"phone": "5511900000000"})
    assert isinstance(stranger, CallRejected)
    assert stranger.reason == "could_not_look"
    ground.restore_network(life, phone)
    life.facts(20, stream="CONNECTED", socket="CONNECTED", info="NORMAL", mode="MAIN")
    assert life.value("ask_server") == {"answered": True}
    assert not life.value("check_number", {"phone": "5511900000000"})["valid"]


def test_a_phone_without_the_internet_is_not_seen(ground: Ground, paired: Paired) -> None:
    life, phone = paired
    ground.phone_offline(life, phone)
    life.forget()
    facts = life.value("facts")
    assert (facts["mode"], facts["stream"], facts["phoneOnline"]) == ("MAIN", "CONNECTED", True)
    ground.phone_online(life, phone)


def test_a_login_used_elsewhere_shows_in_no_fact(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(ground, "replaced"), new_phone()
    pair(ground, life, phone)
    assert life.value("ask_server") == {"answered": True}
    before = life.value("facts")
    ground.replace(life, phone)
    wait_until(lambda: life.value("ask_server") == {"answered": False}, 30)
    assert life.value("facts") == before


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_spent_codes_are_renewed_when_asked_for(ground: Ground, open_on: OpenOn) -> None:
    life = open_on(ground, "spent")
    with ground.hasty_codes():
        life.start()
        life.facts(30, socket="UNPAIRED_IDLE")
        codes = {event.data["code"] for event in life.events if event.name == "qr_changed"}
        assert len(codes) == 6
        life.value("refresh_qr")
        wait_until(lambda: {e.data["code"] for e in _heard(life) if e.name == "qr_changed"} > codes, 10)


def test_an_unlinked_page_says_so_and_shows_a_new_code(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(ground, "unlinked"), new_phone()
    pair(ground, life, phone)
    first = life.events[0].page
    life.forget()
    ground.unlink(life, phone)
    assert life.event("logged_out")["reason"]
    assert life.event("qr_changed")["code"]
    page = life.events[-1].page
    assert page != first
    # Who was away while the first page said it hears it from this one.
    told = life.value("events_since", {"after": 0})
    assert told["page"] == page
    assert [e["name"] for e in told["events"]].count("logged_out") == 1
    assert [e["name"] for e in told["events"]].index("logged_out") < [
        e["name"] for e in told["events"]
    ].index("qr_changed")


def test_an_unlink_while_away_is_told_at_the_next_start(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(ground, "unlinked-away"), new_phone()
    pair(ground, life, phone)
    life.browser.stop()
    ground.unlink(life, phone)
    again = open_on(ground, "unlinked-away")
    again.start()
    assert again.event("logged_out")["reason"]
    again.event("qr_changed")


def test_log_out_ends_the_login(ground: Ground, open_on: OpenOn, new_phone: NewPhone) -> None:
    life, phone = open_on(ground, "logged-out"), new_phone()
    pair(ground, life, phone)
    life.forget()
    life.call("logout")
    assert life.event("logged_out")["reason"] == "user_initiated"
    assert life.event("qr_changed")["code"]


# ---- the end of a life, and the next


def test_a_reload_makes_a_new_page_life(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone, friend: str
) -> None:
    life, phone = open_on(ground, "reloaded"), new_phone()
    pair(ground, life, phone)
    before = ground.write(friend, phone, "antes")
    wait_until(lambda: life.value("messages_after", {"t": 0, "limit": 9})["messages"])
    first = life.value("events_since", {"after": 0})["page"]
    life.forget()
    ground.reload(life, phone)
    assert life.event("ready")["facts"]
    life.facts(authenticated=True, mode="MAIN")
    assert life.events[0].page != first
    assert life.events[0].number == 1
    kept = life.value("messages_after", {"t": 0, "limit": 9})["messages"]
    assert [m["id"] for m in kept] == [before]


@pytest.mark.parametrize("way", ["stop", "kill", "crash"])
def test_a_login_outlives_the_browser(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone, way: str, friend: str
) -> None:
    session_id, phone = f"outlives-{way}", new_phone()
    assert not ground.has_profile(session_id)
    life = open_on(ground, session_id)
    pair(ground, life, phone)
    ground.crash(life) if way == "crash" else getattr(life.browser, way)()
    life.wait_closed()
    life.browser.stop()
    assert ground.has_profile(session_id)
    missed = ground.write(friend, phone, "enquanto fora")
    again = open_on(ground, session_id)
    again.start()
    again.facts(authenticated=True, mode="MAIN", phone=phone)
    assert not [e for e in again.events if e.name == "qr_changed"]
    wait_until(
        lambda: missed in [m["id"] for m in again.value("messages_after", {"t": 0, "limit": 9})["messages"]]
    )


def test_a_removed_profile_has_forgotten_the_login(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life = open_on(ground, "removed")
    pair(ground, life, new_phone())
    life.browser.stop()
    ground.browsers.remove_profile("removed")
    assert not ground.has_profile("removed")
    again = open_on(ground, "removed")
    again.start()
    again.event("qr_changed")


def test_a_profile_has_one_writer(ground: Ground, paired: Paired, open_on: OpenOn) -> None:
    second = open_on(ground, "paired")
    with pytest.raises(StartFailed) as refused:
        second.start()
    assert refused.value.code == "PROFILE_LOCKED"
    assert paired[0].value("facts")["authenticated"]


def test_a_killed_browser_fails_its_calls_at_once(ground: Ground, open_on: OpenOn) -> None:
    life = open_on(ground, "killed")
    life.start()
    life.event("ready")
    ground.freeze(life)
    pending = life.begin("facts", deadline=30.0)
    started = time.monotonic()
    life.browser.kill()
    # It may not have left us yet.
    assert isinstance(pending(), BrowserGone | NotCalled)
    assert time.monotonic() - started < 3
    life.wait_closed()
    assert isinstance(life.call("facts"), NotCalled)
    life.browser.stop()
    assert life.browser.load().pss == 0


@pytest.mark.slow
def test_a_frozen_browser_does_not_outlast_the_deadline(ground: Ground, open_on: OpenOn) -> None:
    life = open_on(ground, "frozen")
    life.start()
    life.event("ready")
    ground.freeze(life)
    started = time.monotonic()
    assert isinstance(life.call("facts", deadline=0.5), CallTimeout)
    assert 0.4 < time.monotonic() - started < 2


def test_nothing_is_called_before_the_start(ground: Ground, open_on: OpenOn) -> None:
    life = open_on(ground, "unstarted")
    assert isinstance(life.call("facts"), NotCalled)
    assert life.browser.load().pss == 0
    life.browser.stop()


def test_a_browser_killed_before_its_start_does_not_start(ground: Ground, open_on: OpenOn) -> None:
    life = open_on(ground, "stillborn")
    life.browser.kill()
    with pytest.raises(StartFailed):
        life.start()


def test_what_an_earlier_daemon_left_is_ended(ground: Ground, open_on: OpenOn) -> None:
    life = open_on(ground, "left")
    life.start()
    assert "left" in ground.browsers.left()
    ground.leave(life)
    assert ground.browsers.end_leftovers("left") == 1
    assert ground.browsers.end_leftovers("left") == 0
    assert "left" not in ground.browsers.left()


# ---- copies of a login


def test_a_copy_brings_a_lost_login_back(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone, friend: str
) -> None:
    browsers, life, phone = ground.browsers, open_on(ground, "copied"), new_phone()
    with pytest.raises(StartFailed) as missing:
        browsers.restore_copy("copied")
    assert missing.value.code == "TOKEN_CORRUPT"
    pair(ground, life, phone)
    assert life.browser.stop()
    assert not life.browser.stop()
    browsers.keep_copy("copied")

    browsers.set_aside("copied")
    assert not ground.has_profile("copied")
    empty = open_on(ground, "copied")
    empty.start()
    empty.event("qr_changed")
    empty.browser.stop()

    browsers.restore_copy("copied")
    again = open_on(ground, "copied")
    again.start()
    again.facts(authenticated=True, mode="MAIN", phone=phone)
    assert not [event for event in again.events if event.name == "qr_changed"]
    message_id = new_id()
    again.value("send_text", {"id": message_id, "to": friend, "text": "de volta"})
    again.event("ack_changed", id=message_id)

    again.browser.stop()
    browsers.remove_profile("copied")
    with pytest.raises(StartFailed):
        browsers.restore_copy("copied")


def test_a_profile_in_use_is_neither_removed_nor_set_aside_nor_replaced(
    ground: Ground, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life = open_on(ground, "in-use")
    pair(ground, life, new_phone())
    life.browser.stop()
    ground.browsers.keep_copy("in-use")
    again = open_on(ground, "in-use")
    again.start()
    again.event("ready")
    browsers = ground.browsers
    for touch in (browsers.remove_profile, browsers.set_aside, browsers.restore_copy):
        with pytest.raises(StartFailed) as refused:
            touch("in-use")
        assert refused.value.code == "PROFILE_LOCKED"
    again.facts(authenticated=True)


# ---- a later daemon


def adopt(ground: Ground, opened: list[Life], session_id: str, left: Process) -> Life:
    opened.append(Life(ground.browsers.adopt(session_id, left), session_id))
    opened[-1].start()
    return opened[-1]


def messages_in(told: dict[str, Any]) -> list[str]:
    return [e["data"]["message"]["id"] for e in told["events"] if e["name"] == "message_received"]


def test_a_left_browser_is_adopted_with_all_that_its_page_told(
    ground: Ground, open_on: OpenOn, opened: list[Life], new_phone: NewPhone, friend: str
) -> None:
    first, phone = open_on(ground, "adopted"), new_phone()
    pair(ground, first, phone)
    heard = first.value("events_since", {"after": 0})
    meanwhile = ground.write(friend, phone, "enquanto fora")
    wait_until(lambda: messages_in(first.value("events_since", {"after": heard["last"]})))
    left = ground.leave(first)
    assert isinstance(first.call("facts"), NotCalled)
    first.hear()
    assert first.closed == []

    second = adopt(ground, opened, "adopted", left)
    second.hear()
    beat = second.beats[0]
    assert (beat.page, beat.facts["mode"]) == (heard["page"], "MAIN")
    told = second.value("events_since", {"after": heard["last"]})
    assert (told["page"], told["last"]) == (beat.page, beat.last)
    assert messages_in(told) == [meanwhile]

    later = ground.write(friend, phone, "depois")
    assert second.event("message_received")["message"]["id"] == later
    message_id = new_id()
    second.value("send_text", {"id": message_id, "to": friend, "text": "oi"})
    second.event("ack_changed", id=message_id)
    assert second.browser.load().pss > 0
    second.browser.stop()
    second.wait_closed()
    assert ground.browsers.end_leftovers("adopted") == 0


def test_what_does_not_live_is_not_adopted(ground: Ground, open_on: OpenOn, opened: list[Life]) -> None:
    first = open_on(ground, "not-adopted")
    left = first.start()
    first.browser.kill()
    first.wait_closed()
    with pytest.raises(StartFailed):
        adopt(ground, opened, "not-adopted", left)
    opened[-1].hear()
    assert opened[-1].closed == []
    assert isinstance(opened[-1].call("facts"), NotCalled)


def test_what_belongs_to_another_session_is_not_adopted(
    ground: Ground, open_on: OpenOn, opened: list[Life]
) -> None:
    theirs = open_on(ground, "theirs")
    left = theirs.start()
    theirs.event("ready")
    with pytest.raises(StartFailed):
        adopt(ground, opened, "ours", left)
    opened[-1].browser.kill()
    assert theirs.value("facts")["ready"]


def test_a_frozen_browser_is_not_adopted_and_not_ended(
    ground: Ground, open_on: OpenOn, opened: list[Life]
) -> None:
    first = open_on(ground, "frozen-left")
    first.start()
    first.event("ready")
    ground.freeze(first)
    left = ground.leave(first)
    started = time.monotonic()
    with pytest.raises(StartFailed):
        adopt(ground, opened, "frozen-left", left)
    assert time.monotonic() - started < 10
    assert ground.browsers.end_leftovers("frozen-left") == 1


def test_a_living_browser_weighs_something(paired: Paired) -> None:
    weight = paired[0].browser.load()
    assert weight.pss > 30
    assert 10 < weight.uss <= weight.pss
    assert weight.cpu_seconds > 0


def test_two_tenants_write_to_each_other(
    ground: Ground, paired: Paired, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = paired
    other, other_phone = open_on(ground, "other"), new_phone()
    pair(ground, other, other_phone)
    message_id = new_id()
    life.value("send_text", {"id": message_id, "to": other_phone, "text": "vizinho"})
    message = message_of(other.event("message_received")["message"])
    assert (message["id"], message["body"]) == (message_id, "vizinho")
    assert message["sender"]["phone"] == phone
