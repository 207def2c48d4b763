"""Received media: found again, within a quota, not for ever."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from wppmt.domain.errors import Code, Refusal
from wppmt.media.received import KeptMedia, ReceivedMediaFiles

PHONE, LID = "5511944440004@c.us", "123456789012345@lid"


class Shelf:
    """Ten bytes a file, thirty a session, for a hundred seconds."""

    def __init__(self, folder: Path) -> None:
        self.time = 1000.0
        self.media = ReceivedMediaFiles(folder, limit=10, quota=30, keep_seconds=100, now=lambda: self.time)

    def keep(
        self,
        message_id: str,
        content: bytes = b"0123456789",
        session_id: str = "a",
        chats: Sequence[str] = (PHONE, LID),
        mimetype: str = "image/jpeg",
        file_name: str | None = "foto.jpg",
    ) -> KeptMedia:
        draft = self.media.draft(session_id)
        draft.write_bytes(content)
        os.utime(draft, (self.time, self.time))
        self.media.keep(draft, message_id, chats, mimetype, file_name)
        kept = self.media.find(session_id, message_id)
        assert kept
        return kept

    def holds(self, message_id: str, session_id: str = "a") -> bool:
        return self.media.find(session_id, message_id) is not None


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "received")


def test_what_was_kept_is_found(shelf: Shelf):
    kept = shelf.keep("m1")
    assert shelf.media.find("a", "m1") == kept
    assert kept.path.read_bytes() == b"0123456789"
    assert (kept.mimetype, kept.file_name) == ("image/jpeg", "foto.jpg")
    assert not shelf.holds("m2")
    assert not shelf.holds("m1", "b")


@pytest.mark.parametrize(
    "said",
    ["m1", f"false_{PHONE}_m1", f"false_{LID}_m1", "false_5511944440004@s.whatsapp.net_m1", f"false_{LID}_m1_5511@c.us"],
)  # fmt: skip
def test_it_is_found_by_any_of_its_message_s_ids(shelf: Shelf, said: str):
    kept = shelf.keep("m1")
    assert shelf.media.find("a", said) == kept


@pytest.mark.parametrize(
    "said",
    ["m2", "", "_", "false", f"true_{PHONE}_m1", "false_5511944440005@c.us_m1", f"false_{PHONE}", f"false_{PHONE}_", f"{PHONE}_m1"],
)  # fmt: skip
def test_and_by_no_other(shelf: Shelf, said: str):
    shelf.keep("m1")
    assert shelf.media.find("a", said) is None


def test_two_chats_messages_of_one_id_are_two(shelf: Shelf):
    """Whoever writes chooses the id."""
    ours = shelf.keep("m1")
    draft = shelf.media.draft("a")
    draft.write_bytes(b"theirs")
    shelf.media.keep(draft, "m1", ["5511900000000@c.us"], "image/png", None)
    assert shelf.media.find("a", f"false_{LID}_m1") == ours
    assert ours.path.read_bytes() == b"0123456789"
    theirs = shelf.media.find("a", "false_5511900000000@c.us_m1")
    assert theirs
    assert theirs.path.read_bytes() == b"theirs"
    assert shelf.media.find("a", "m1") is None


def test_a_draft_is_not_found(shelf: Shelf):
    shelf.media.draft("a").write_bytes(b"x")
    assert not shelf.holds("m1")


def test_the_oldest_make_room(shelf: Shelf):
    for number in range(5):
        shelf.time += 1
        shelf.keep(f"m{number}")
    assert [shelf.holds(f"m{number}") for number in range(5)] == [False, False, True, True, True]


def test_one_sessions_files_cost_another_nothing(shelf: Shelf):
    shelf.keep("m0", session_id="b")
    for number in range(5):
        shelf.time += 1
        shelf.keep(f"m{number}")
    assert shelf.holds("m0", "b")


def test_old_files_and_forgotten_drafts_go(shelf: Shelf):
    shelf.keep("m1", b"x")
    draft = shelf.media.draft("a")
    draft.write_bytes(b"x")
    os.utime(draft, (shelf.time, shelf.time))
    shelf.time += 101
    shelf.keep("m3", b"x")
    assert not shelf.holds("m1")
    assert not draft.exists()
    assert shelf.holds("m3")


def test_forgetting_a_session(shelf: Shelf):
    kept = shelf.keep("m1")
    shelf.keep("m1", session_id="b")
    shelf.media.forget("a")
    shelf.media.forget("never")
    assert not kept.path.exists()
    assert shelf.holds("m1", "b")


@pytest.mark.parametrize(
    "message_id", ["../../x", "a/b", "\x00", "x" * 5000, ".", "\ud800", "*", "[a-z]*", "?"]
)
def test_odd_ids_stay_in_their_folder(shelf: Shelf, message_id: str, tmp_path: Path):
    kept = shelf.keep(message_id)
    assert kept.path.parent == tmp_path / "received" / "a"
    assert shelf.holds(message_id)


def test_a_senders_name_is_cleaned(shelf: Shelf):
    kept = shelf.keep("m1", mimetype="application/pdf", file_name="../../../x\u202e.pdf")
    assert kept.file_name == "x.pdf"
    kept = shelf.keep("m2", mimetype="application/pdf; x=1", file_name=None)
    assert kept.file_name == "arquivo.pdf"


def test_what_is_too_old_is_not_given_out(shelf: Shelf):
    kept = shelf.keep("m1")
    shelf.time += 101
    assert not shelf.holds("m1")
    assert not kept.path.exists()


@pytest.mark.parametrize("description", [None, "", '{"mimetype": "image/'])
def test_a_crash_between_file_and_description_is_no_find(shelf: Shelf, description: str | None):
    path = shelf.keep("m1").path.with_suffix(".json")
    path.unlink() if description is None else path.write_text(description)
    assert not shelf.holds("m1")
    shelf.keep("m1")
    assert shelf.holds("m1")


def test_a_description_without_its_file_is_no_find(shelf: Shelf):
    shelf.keep("m1").path.unlink()
    assert not shelf.holds("m1")


def test_sweeping_takes_drafts_and_what_is_too_old(shelf: Shelf):
    shelf.keep("m1", session_id="b")
    shelf.time += 101
    kept = shelf.keep("m2")
    shelf.media.draft("b").write_bytes(b"x")
    shelf.media.sweep()
    assert shelf.holds("m2")
    assert not list((kept.path.parents[1] / "b").iterdir())


def test_a_disk_that_takes_nothing_is_reported_as_such(shelf: Shelf, tmp_path: Path):
    (tmp_path / "received").write_text("a file where the folder should be")
    with pytest.raises(Refusal) as refused:
        shelf.media.draft("a")
    assert refused.value.code is Code.STORE_UNAVAILABLE
