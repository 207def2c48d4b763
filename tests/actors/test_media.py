"""Files on their way out and media on its way in, through the whole gateway under virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.actors.gateway import Gateway, Pending
from tests.defaults import session_policy
from wppmt.browser.fake.browsers import FakeBrowser
from wppmt.domain import messages, sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import session_address
from wppmt.domain.sends import AnnounceMedia, Idempotency, SendMedia
from wppmt.domain.states import State
from wppmt.store.records import JournalEntry, SendState

ME, FRIEND = "5511999990001", "5511888880001"
A, B = session_address("a"), session_address("b")
CONTENT = b"%PDF-1.7 conteudo"
KEY = Idempotency("pedido-1", "corpo")
HOURS = 3600.0


@pytest.fixture(autouse=True)
def friend(gateway: Gateway) -> None:
    gateway.world.add_phone(FRIEND)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path


def new_file(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / f"arquivo-{len(list(folder.iterdir()))}"
    path.write_bytes(content)
    return path


def media(path: Path, **more: Any) -> SendMedia:
    wish = SendMedia(
        FRIEND, "document", str(path), path.stat().st_size, "application/pdf", "nota.pdf", caption="segue"
    )
    return replace(wish, **more)


def begin(gateway: Gateway, path: Path, **more: Any) -> Pending:
    return gateway.request(A, media(path, **more))


def entry(gateway: Gateway, message_id: str, session_id: str = "a") -> JournalEntry:
    found = gateway.store.message(session_id, message_id)
    assert found
    return found


def only_id(gateway: Gateway) -> str:
    [unfinished] = gateway.store.unfinished("a")
    return unfinished.id


def until_called(gateway: Gateway, function: str) -> None:
    gateway.run_until(lambda: function in [name for name, _ in gateway.browser("a").calls])


class TestOut:
    def test_a_file_goes_up_is_handed_over_and_acknowledged(self, gateway: Gateway, files: Path):
        browser, path = gateway.connect("a", ME), new_file(files)
        sent = gateway.ask(A, media(path))
        assert sent.ack == 1
        [arrived] = gateway.world.inboxes[FRIEND]
        assert (arrived["id"], arrived["bytes"], arrived["body"]) == (sent.id, CONTENT, "segue")
        assert arrived["media"] == {
            "mimetype": "application/pdf", "fileName": "nota.pdf", "size": len(CONTENT),
        }  # fmt: skip
        told = [name for name, _ in browser.calls]
        assert told.index("upload") < told.index("send_media")
        arguments = dict(browser.calls[told.index("send_media")][1])
        assert not {"path", "size", "typingMs"} & set(arguments)

    def test_a_voice_note_is_audio_that_says_so(self, gateway: Gateway, files: Path):
        browser = gateway.connect("a", ME)
        gateway.ask(A, media(new_file(files), kind="voice", mimetype="audio/ogg"))
        [arguments] = [arguments for name, arguments in browser.calls if name == "send_media"]
        assert (arguments["kind"], arguments["ptt"]) == ("audio", True)

    @pytest.mark.parametrize(("kind", "shown"), [("voice", "recording"), ("audio", "composing")])
    def test_before_a_voice_note_a_recording_is_shown(
        self, gateway: Gateway, files: Path, kind: str, shown: str
    ):
        browser = gateway.connect("a", ME)
        sent = gateway.ask(A, media(new_file(files), kind=kind, mimetype="audio/ogg", typing_ms=2000))
        assert sent.ack == 1
        states = [arguments["state"] for name, arguments in browser.calls if name == "typing"]
        assert states == [shown]

    def test_the_file_stays_until_it_is_acknowledged_and_no_longer(self, gateway: Gateway, files: Path):
        browser, path = gateway.connect("a", ME), new_file(files)
        browser.hold_acks()
        reply = begin(gateway, path)
        gateway.run(60)
        assert reply.value.ack == 0
        assert path.exists()
        browser.hold_acks(held=False)
        gateway.run(1)
        assert not path.exists()

    @pytest.mark.parametrize("reason", ["not_on_whatsapp", "reachout_timelock"])
    def test_a_refused_files_content_goes(self, gateway: Gateway, files: Path, reason: str):
        browser, path = gateway.connect("a", ME), new_file(files)
        browser.reject_sends(reason)
        with pytest.raises(Refusal):
            gateway.ask(A, media(path))
        gateway.run(1)
        assert not path.exists()

    def test_a_fate_that_cannot_be_learnt_ends_the_file_too(self, gateway: Gateway, files: Path):
        browser, path = gateway.connect("a", ME), new_file(files)
        browser.hold_acks()
        reply = begin(gateway, path)
        gateway.run(400)
        assert entry(gateway, reply.value.id).state is SendState.UNKNOWN
        assert not path.exists()

    def test_a_file_that_is_gone_fails_at_once_and_holds_up_nobody(self, gateway: Gateway, files: Path):
        gateway.connect("a", ME)
        path = new_file(files)
        wish = media(path)
        path.unlink()
        gone, text = gateway.request(A, wish), gateway.request(A, sends.SendText(FRIEND, "oi"))
        gateway.run(2)
        with pytest.raises(Refusal) as refused:
            _ = gone.value
        assert refused.value.code is Code.SEND_FAILED
        assert text.value.ack == 1

    def test_sends_stay_in_order_while_a_file_goes_up(self, gateway: Gateway, files: Path):
        gateway.connect("a", ME)
        first = begin(gateway, new_file(files))
        second = gateway.request(A, sends.SendText(FRIEND, "depois"))
        gateway.run(5)
        assert gateway.inbox(FRIEND) == [first.value.id, second.value.id]

    @pytest.mark.parametrize("end", [Gateway.close, Gateway.log_out, Gateway.purge])
    @pytest.mark.parametrize("typing_ms", [0, 10_000])
    def test_no_file_outlives_its_session(
        self, gateway: Gateway, files: Path, end: Callable[[Gateway, str], object], typing_ms: int
    ):
        """Neither one that waits its turn nor one that nobody has acknowledged."""
        gateway.connect("a", ME).hold_acks()
        begin(gateway, new_file(files), typing_ms=typing_ms)
        begin(gateway, new_file(files))
        gateway.run(2)
        end(gateway, "a")
        gateway.run(400)
        assert list(files.iterdir()) == []


CRASHES: dict[str, Callable[[FakeBrowser], None]] = {
    "crash": FakeBrowser.crash,
    "reload": FakeBrowser.reload,
    "channel": FakeBrowser.drop_channel,
}


class TestCrashes:
    @pytest.mark.parametrize("way", CRASHES)
    @pytest.mark.parametrize("step", ["upload", "send_media"])
    def test_a_browser_lost_at_any_step_sends_it_once(
        self, gateway: Gateway, files: Path, step: str, way: str
    ):
        gateway.connect("a", ME)
        path = new_file(files)
        begin(gateway, path)
        until_called(gateway, step)
        message_id = only_id(gateway)
        CRASHES[way](gateway.browser("a"))
        gateway.run(120)
        assert gateway.inbox(FRIEND) == [message_id]
        assert gateway.world.inboxes[FRIEND][0]["bytes"] == CONTENT
        assert gateway.acks("a", message_id) == ["sent"]
        assert not path.exists()

    def test_a_browser_lost_between_upload_and_hand_over_gets_the_file_again(
        self, gateway: Gateway, files: Path
    ):
        gateway.connect("a", ME)
        begin(gateway, new_file(files), typing_ms=3000)
        until_called(gateway, "typing")
        message_id = only_id(gateway)
        gateway.browser("a").crash()
        gateway.run(60)
        assert gateway.inbox(FRIEND) == [message_id]
        assert gateway.world.inboxes[FRIEND][0]["bytes"] == CONTENT

    @pytest.mark.parametrize("step", ["upload", "send_media"])
    def test_a_daemon_killed_at_any_step_sends_it_once(self, gateway: Gateway, files: Path, step: str):
        gateway.connect("a", ME)
        path = new_file(files)
        begin(gateway, path)
        until_called(gateway, step)
        message_id = only_id(gateway)
        gateway.kill_daemon()
        assert path.exists()
        gateway.boot()
        gateway.run(120)
        assert gateway.inbox(FRIEND) == [message_id]
        assert not path.exists()

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(20))
    def test_a_daemon_killed_at_any_moment_sends_it_at_most_once(
        self, make_gateway: Callable[..., Gateway], files: Path, seed: int
    ):
        gateway = make_gateway(seed=seed)
        gateway.world.add_phone(FRIEND)
        gateway.connect("a", ME)
        path = new_file(files)
        begin(gateway, path, idempotency=KEY)
        for _ in range(gateway.random.randrange(40)):
            gateway.step()
        gateway.kill_daemon()
        was_settled = not gateway.store.unfinished("a")
        gateway.boot()
        gateway.until("a", State.CONNECTED)
        gateway.run(120)
        accepted = gateway.store.keyed("a", KEY.key, 0)
        assert gateway.inbox(FRIEND) == ([accepted.id] if accepted else [])
        # Settled, and killed before the file was deleted: the next boot sweeps it.
        assert path.exists() is (accepted is None) or was_settled


class TestPrivacy:
    """What was said is kept only as long as it may have to be said again."""

    @pytest.mark.parametrize("kind", ["text", "media"])
    def test_a_sent_message_leaves_no_text(self, gateway: Gateway, files: Path, kind: str):
        browser = gateway.connect("a", ME)
        browser.hold_acks()
        wish = media(new_file(files)) if kind == "media" else sends.SendText(FRIEND, "segredo")
        reply = gateway.request(A, wish)
        gateway.run(60)
        assert entry(gateway, reply.value.id).payload
        browser.hold_acks(held=False)
        gateway.run(1)
        browser.ack(reply.value.id, 3)
        gateway.run(1)
        settled = entry(gateway, reply.value.id)
        assert (settled.payload, settled.ack, settled.kind) == ({}, 3, kind)
        assert gateway.acks("a", reply.value.id) == ["sent", "read"]

    def test_nor_does_one_that_failed(self, gateway: Gateway):
        browser = gateway.connect("a", ME)
        browser.reject_sends("not_on_whatsapp")
        with pytest.raises(Refusal):
            gateway.send("a", FRIEND, "segredo", idempotency=KEY)
        failed = gateway.store.keyed("a", KEY.key, 0)
        assert failed
        assert (failed.payload, failed.state) == ({}, SendState.FAILED)

    def test_nor_one_of_unknown_fate_which_a_late_receipt_still_settles(self, gateway: Gateway):
        browser = gateway.connect("a", ME)
        browser.hold_acks()
        sent = gateway.send("a", FRIEND, "segredo", respond_async=True)
        gateway.run(400)
        assert (entry(gateway, sent.id).payload, entry(gateway, sent.id).state) == ({}, SendState.UNKNOWN)
        browser.hold_acks(held=False)
        gateway.run(1)
        assert entry(gateway, sent.id).state is SendState.SENT
        assert gateway.acks("a", sent.id) == ["unknown", "sent"]


class TestAnnouncement:
    """Before a file is fetched."""

    def test_a_new_file_is_welcome(self, gateway: Gateway):
        gateway.connect("a", ME)
        assert gateway.ask(A, AnnounceMedia()) is None
        assert gateway.ask(A, AnnounceMedia(KEY)) is None

    def test_what_was_sent_before_is_answered_without_the_file(self, gateway: Gateway, files: Path):
        gateway.connect("a", ME)
        sent = gateway.ask(A, media(new_file(files), idempotency=KEY))
        assert gateway.ask(A, AnnounceMedia(KEY)) == sent
        gateway.close("a")
        assert gateway.ask(A, AnnounceMedia(KEY)) == sent

    def test_it_is_refused_as_the_send_would_be(self, gateway: Gateway, files: Path):
        browser = gateway.connect("a", ME)
        gateway.ask(A, media(new_file(files), idempotency=KEY))
        assert self.refusal(gateway, replace(KEY, fingerprint="outro")) is Code.IDEMPOTENCY_MISMATCH
        browser.hold_acks()
        waiting = Idempotency("pedido-2", "corpo")
        begin(gateway, new_file(files), idempotency=waiting)
        gateway.run(1)
        assert self.refusal(gateway, waiting) is Code.IDEMPOTENCY_IN_FLIGHT
        gateway.close("a")
        assert self.refusal(gateway) is Code.NOT_CONNECTED

    def test_a_full_queue_takes_no_file(self, make_gateway: Callable[..., Gateway]):
        gateway = make_gateway(policy=session_policy(queue_limit=2))
        gateway.world.add_phone(FRIEND)
        gateway.connect("a", ME)
        for _ in range(2):
            assert gateway.ask(A, AnnounceMedia()) is None
            gateway.request(A, sends.SendText(FRIEND, "oi", typing_ms=15_000))
            gateway.settle()
        assert self.refusal(gateway) is Code.QUEUE_FULL

    def refusal(self, gateway: Gateway, key: Idempotency | None = None) -> Code:
        with pytest.raises(Refusal) as refused:
            gateway.ask(A, AnnounceMedia(key))
        return refused.value.code


class TestIdempotency:
    def test_a_repeated_file_is_deleted_not_sent(self, gateway: Gateway, files: Path):
        gateway.connect("a", ME)
        sent = gateway.ask(A, media(new_file(files), idempotency=KEY))
        again = new_file(files)
        assert gateway.ask(A, media(again, idempotency=KEY)) == sent
        gateway.run(1)
        assert not again.exists()
        assert gateway.inbox(FRIEND) == [sent.id]

    def test_a_failure_is_a_stored_answer_too(self, gateway: Gateway):
        browser = gateway.connect("a", ME)
        browser.reject_sends("not_on_whatsapp")
        for _ in range(2):
            with pytest.raises(Refusal) as refused:
                gateway.send("a", FRIEND, idempotency=KEY)
            assert refused.value.code is Code.NOT_ON_WHATSAPP
            browser.reject_sends(None)
        assert gateway.inbox(FRIEND) == []

    def test_a_key_is_known_for_48_hours_whatever_happens_to_the_daemon(self, gateway: Gateway):
        gateway.connect("a", ME)
        first = gateway.send("a", FRIEND, idempotency=KEY)
        self.sleep(gateway, 47.9 * HOURS)
        assert gateway.send("a", FRIEND, idempotency=KEY).id == first.id
        self.sleep(gateway, 0.2 * HOURS)
        assert gateway.send("a", FRIEND, idempotency=KEY).id != first.id

    def sleep(self, gateway: Gateway, seconds: float) -> None:
        gateway.kill_daemon()
        gateway.time.moment += seconds
        gateway.boot()
        gateway.until("a", State.CONNECTED)

    def test_each_session_has_its_own_keys(self, gateway: Gateway):
        gateway.connect("a", ME)
        gateway.connect("b", "5511999990002")
        sent = [gateway.send(session, FRIEND, idempotency=KEY).id for session in ("a", "b")]
        assert gateway.inbox(FRIEND) == sent
        assert len(set(sent)) == 2

    def test_a_pending_answer_becomes_a_sent_one(self, gateway: Gateway):
        browser = gateway.connect("a", ME)
        browser.hold_acks()
        first = gateway.send("a", FRIEND, idempotency=KEY)
        assert first.ack == 0
        assert gateway.send("a", FRIEND, idempotency=KEY).ack == 0
        browser.hold_acks(held=False)
        gateway.run(1)
        again = gateway.send("a", FRIEND, idempotency=KEY)
        assert (again.id, again.ack) == (first.id, 1)
        assert gateway.inbox(FRIEND) == [first.id]


class TestIn:
    def receive(self, gateway: Gateway, content: bytes = b"foto", name: str | None = None) -> dict[str, Any]:
        """The event that tells of a picture."""
        about = {"mimetype": "image/jpeg", "fileName": name, "size": len(content)}
        gateway.browser("a").receive(FRIEND, "olha", type="image", media=about, bytes=content)
        gateway.run(1)
        message: dict[str, Any] = gateway.events("a", "message_received")[-1]["message"]
        return message

    def test_a_picture_comes_with_an_address_and_a_text_does_not(self, gateway: Gateway):
        gateway.connect("a", ME)
        message = self.receive(gateway)
        assert message["mediaUrl"] == f"http://gateway/a/{message['messageId']}"
        assert (message["mimetype"], message["size"], message["type"]) == ("image/jpeg", 4, "image")
        gateway.browser("a").receive(FRIEND, "só texto")
        gateway.run(1)
        assert "mediaUrl" not in gateway.events("a", "message_received")[-1]["message"]

    @pytest.mark.parametrize("size", [5, 6])
    def test_only_what_can_be_fetched_has_an_address(self, make_gateway: Callable[..., Gateway], size: int):
        gateway = make_gateway(policy=session_policy(media_bytes=5))
        gateway.connect("a", ME)
        message = self.receive(gateway, b"x" * size)
        assert (message["mimetype"], message["size"]) == ("image/jpeg", size)
        assert ("mediaUrl" in message) is (size == 5)

    @pytest.mark.parametrize(
        ("told", "name"),
        [
            ("../../etc/passwd", "passwd"),
            ("a\r\nb\u202egpj.exe", "abgpj.exe"),
            ("nota.pdf", "nota.pdf"),
            (None, None),
        ],
    )
    def test_its_name_leads_nowhere(self, gateway: Gateway, told: str | None, name: str | None):
        gateway.connect("a", ME)
        assert self.receive(gateway, name=told)["fileName"] == name

    def test_it_is_fetched_when_asked_for(self, make_gateway: Callable[..., Gateway]):
        gateway = make_gateway(policy=session_policy(media_eager=False))
        gateway.connect("a", ME)
        message = self.receive(gateway, name="férias.jpg")
        gateway.run(60)
        assert kept(gateway, message["messageId"]) is None
        assert gateway.ask(A, messages.FetchMedia(message["messageId"])) is None
        assert kept(gateway, message["messageId"]) == (b"foto", "image/jpeg", "férias.jpg")

    @pytest.mark.parametrize(
        ("message_id", "limit", "code"),
        [("3EB0FF", 100, Code.NOT_FOUND), (None, 3, Code.PAYLOAD_TOO_LARGE)],
    )
    def test_what_cannot_be_had(
        self, make_gateway: Callable[..., Gateway], message_id: str | None, limit: int, code: Code
    ):
        gateway = make_gateway(policy=session_policy(media_bytes=limit, media_eager=False))
        gateway.connect("a", ME)
        known = self.receive(gateway)["messageId"]
        with pytest.raises(Refusal) as refused:
            gateway.ask(A, messages.FetchMedia(message_id or known))
        assert refused.value.code is code
        assert drafts(gateway) == []

    @pytest.mark.parametrize("way", CRASHES)
    def test_a_page_lost_meanwhile_is_reported_as_nothing_done(
        self, make_gateway: Callable[..., Gateway], way: str
    ):
        gateway = make_gateway(policy=session_policy(media_eager=False))
        gateway.connect("a", ME)
        message = self.receive(gateway, b"x" * 2_000_000)
        reply = gateway.request(A, messages.FetchMedia(message["messageId"]))
        until_called(gateway, "blob_read")
        CRASHES[way](gateway.browser("a"))
        gateway.run(30)
        with pytest.raises(Refusal) as refused:
            _ = reply.value
        assert refused.value.code is Code.SESSION_BUSY
        assert drafts(gateway) == []


def kept(gateway: Gateway, message_id: str) -> tuple[bytes, str, str] | None:
    found = gateway.media_files.find("a", message_id)
    return (found.path.read_bytes(), found.mimetype, found.file_name) if found else None


def drafts(gateway: Gateway) -> list[Path]:
    return list(gateway.media_files.draft("a").parent.glob("*.draft"))


def picture(gateway: Gateway, content: bytes = b"foto", **more: Any) -> str:
    """Somebody sends one; its short id."""
    about = {"mimetype": "image/jpeg", "fileName": None, "size": len(content)}
    sent: str = gateway.browser("a").receive(FRIEND, "olha", type="image", media=about, bytes=content, **more)
    return sent


class TestArrival:
    """What was announced can be had, whatever becomes of the session."""

    def test_it_is_kept_before_anybody_asks(self, gateway: Gateway):
        gateway.connect("a", ME)
        first, second = picture(gateway, b"um"), picture(gateway, b"dois")
        gateway.run(5)
        assert kept(gateway, first) == (b"um", "image/jpeg", "arquivo.jpeg")
        assert kept(gateway, second) == (b"dois", "image/jpeg", "arquivo.jpeg")
        assert gateway.store.wanted_media("a") == []

    @pytest.mark.parametrize("end", [Gateway.close, Gateway.log_out])
    def test_it_outlives_the_login(self, gateway: Gateway, end: Callable[[Gateway, str], object]):
        gateway.connect("a", ME)
        message_id = picture(gateway)
        gateway.run(5)
        end(gateway, "a")
        gateway.run(60)
        assert kept(gateway, message_id)

    def test_an_unlink_on_the_phone_leaves_it(self, gateway: Gateway):
        browser = gateway.connect("a", ME)
        message_id = picture(gateway)
        gateway.run(5)
        browser.unlink()
        gateway.until("a", State.WAITING_SCAN)
        assert kept(gateway, message_id)

    def test_what_is_too_large_is_not_fetched(self, make_gateway: Callable[..., Gateway]):
        gateway = make_gateway(policy=session_policy(media_bytes=5))
        gateway.connect("a", ME)
        small, large = picture(gateway, b"x" * 5), picture(gateway, b"x" * 6)
        gateway.run(5)
        assert kept(gateway, small)
        assert kept(gateway, large) is None
        assert gateway.store.wanted_media("a") == []

    def test_a_size_that_lies_stops_nothing(self, make_gateway: Callable[..., Gateway]):
        gateway = make_gateway(policy=session_policy(media_bytes=5))
        gateway.connect("a", ME)
        about = {"mimetype": "image/jpeg", "fileName": None, "size": 3}
        liar = gateway.browser("a").receive(FRIEND, "x", type="image", media=about, bytes=b"x" * 6)
        after = picture(gateway, b"x" * 5)
        gateway.run(5)
        assert kept(gateway, liar) is None
        assert kept(gateway, after)

    def test_what_whatsapp_has_no_more_is_given_up_at_once(self, gateway: Gateway):
        gateway.connect("a", ME)
        gone, there = picture(gateway, b"x"), picture(gateway, b"y")
        profile = gateway.world.profiles["a"]
        profile.media.pop(next(key for key in profile.media if key.endswith(gone)))
        gateway.run(5)
        assert kept(gateway, there)
        assert gateway.store.wanted_media("a") == []
        assert [log.details["reason"] for log in gateway.logs if log.event == "media_not_kept"] == [
            "media_gone"
        ]

    def test_what_does_not_come_is_tried_at_growing_distances_and_then_given_up(
        self, make_gateway: Callable[..., Gateway]
    ):
        gateway = make_gateway(policy=session_policy(media_deadline=0.001))
        gateway.connect("a", ME)
        picture(gateway)
        gateway.run_until(lambda: gateway.logged("media_not_kept"), 1000)
        [line] = gateway.logged("media_not_kept")
        [received] = gateway.events("a", "message_received")
        begin = datetime.fromisoformat(received["timestamp"]).timestamp()
        assert line.at - begin == pytest.approx(20 + 40 + 80 + 160 + 320, abs=2)
        assert gateway.store.wanted_media("a") == []

    @pytest.mark.parametrize("way", CRASHES)
    def test_a_browser_lost_meanwhile_is_asked_again(self, gateway: Gateway, way: str):
        gateway.connect("a", ME)
        message_id = picture(gateway, b"x" * 2_000_000)
        until_called(gateway, "blob_read")
        CRASHES[way](gateway.browser("a"))
        gateway.until("a", State.CONNECTED)
        gateway.run(60)
        assert kept(gateway, message_id)
        assert drafts(gateway) == []

    def test_a_daemon_killed_meanwhile_has_a_successor_that_fetches_it(self, gateway: Gateway):
        gateway.connect("a", ME)
        message_id = picture(gateway, b"x" * 2_000_000)
        until_called(gateway, "blob_read")
        gateway.kill_daemon()
        assert kept(gateway, message_id) is None
        gateway.boot()
        gateway.until("a", State.CONNECTED)
        gateway.run(60)
        assert kept(gateway, message_id)

    def test_what_came_while_the_daemon_was_away_is_fetched_too(self, gateway: Gateway):
        gateway.connect("a", ME)
        gateway.run(30)
        gateway.kill_daemon()
        about = {"mimetype": "image/jpeg", "fileName": None, "size": 4}
        message_id = gateway.browsers.send_from_phone(
            FRIEND, ME, "olha", type="image", media=about, bytes=b"foto"
        )
        gateway.boot()
        gateway.until("a", State.CONNECTED)
        gateway.run(60)
        assert kept(gateway, message_id)

    def test_it_holds_up_no_message(self, gateway: Gateway):
        gateway.connect("a", ME)
        picture(gateway, b"x" * 10_000_000)
        until_called(gateway, "blob_read")
        assert gateway.send("a", FRIEND).ack == 1
        gateway.browser("a").receive(FRIEND, "depois")
        gateway.run(1)
        assert gateway.events("a", "message_received")[-1]["message"]["body"] == "depois"

    def test_a_purged_session_wants_nothing(self, gateway: Gateway):
        gateway.connect("a", ME)
        picture(gateway, b"x" * 2_000_000)
        until_called(gateway, "blob_read")
        gateway.purge("a")
        assert gateway.store.wanted_media("a") == []

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(20))
    def test_a_daemon_killed_at_any_moment_loses_none(self, make_gateway: Callable[..., Gateway], seed: int):
        gateway = make_gateway(seed=seed)
        gateway.connect("a", ME)
        gateway.run(30)
        sent = [picture(gateway, bytes([n]) * 300_000) for n in range(3)]
        for _ in range(gateway.random.randrange(60)):
            gateway.step()
        gateway.kill_daemon()
        gateway.boot()
        gateway.until("a", State.CONNECTED)
        gateway.run(300)
        told = {event["message"]["id"] for event in gateway.events("a", "message_received")}
        assert told == set(sent)
        assert all(kept(gateway, message_id) for message_id in sent)
        assert gateway.store.wanted_media("a") == []
