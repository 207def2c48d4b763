"""Received media out of the page, piece by piece, into a file."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_fake import VirtualTime
from wppmt.browser.cdp.transfer import PIECE_BYTES, Download
from wppmt.browser.fake.browsers import FakeBrowser, FakeBrowsers
from wppmt.browser.port import CallFailure, CallRejected, CallResult

ME, FRIEND = "5511999990001", "5511888880001"
LIMIT = 5 * PIECE_BYTES
Change = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Scene:
    """A connected page that has received one file."""

    def __init__(self, folder: Path, content: bytes, said: int | None = None) -> None:
        """`said` is what the sender says of its size."""
        self.time = VirtualTime()
        self.browsers = FakeBrowsers(self.time, lambda: self.time.now)
        self.browser: FakeBrowser = self.browsers.open("a")
        self.browser.start(lambda _: None)
        self.time.run(1)
        self.browser.scan(ME)
        about = {
            "mimetype": "image/jpeg",
            "fileName": "foto.jpg",
            "size": len(content) if said is None else said,
        }
        self.message_id = self.browser.receive(FRIEND, type="image", media=about, bytes=content)
        self.path = folder / "draft"
        self.outcomes: list[CallResult] = []

    def begin(self, message_id: str | None = None, limit: int = LIMIT) -> None:
        download = Download(self.browser, self.path, limit, 15.0, self.outcomes.append)
        download.start(message_id or f"false_{FRIEND}@c.us_{self.message_id}")

    def fetch(self, **how: Any) -> Any:
        self.begin(**how)
        self.time.run(60)
        [outcome] = self.outcomes
        return outcome

    def calls(self, function: str) -> int:
        return [name for name, _ in self.browser.calls].count(function)

    def tamper(self, function: str, change: Change) -> None:
        """Let a function of the page answer something else."""
        honest = self.browser.functions.answer

        def answer(name: str, arguments: Mapping[str, Any]) -> CallResult:
            value: Any = honest(name, arguments)
            return change(value) if name == function else value

        self.browser.functions.answer = answer  # type: ignore[assignment,method-assign]


@pytest.mark.parametrize("size", [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, LIMIT])
def test_every_byte_arrives_in_small_pieces(tmp_path: Path, size: int):
    content = secrets.token_bytes(size)
    scene = Scene(tmp_path, content)
    outcome = scene.fetch()
    assert (outcome["mimetype"], outcome["fileName"], outcome["size"]) == ("image/jpeg", "foto.jpg", size)
    assert scene.path.read_bytes() == content
    assert scene.calls("blob_read") == -(-size // PIECE_BYTES)
    assert scene.calls("blob_end") == 1


def test_whatsapps_short_id_will_do(tmp_path: Path):
    scene = Scene(tmp_path, b"foto")
    scene.fetch(message_id=scene.message_id)
    assert scene.path.read_bytes() == b"foto"


def test_what_whatsapp_has_no_more_is_gone(tmp_path: Path):
    outcome = Scene(tmp_path, b"foto").fetch(message_id="false_5511888880001@c.us_3EB0")
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "media_gone"


@pytest.mark.parametrize(("said", "ended"), [(11, 0), (1, 1), (0, 1)], ids=["honest", "a lie", "not said"])
def test_too_much_is_not_read_and_if_its_size_is_said_not_even_downloaded(
    tmp_path: Path, said: int, ended: int
):
    scene = Scene(tmp_path, b"x" * 11, said)
    outcome = scene.fetch(limit=10)
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "too_large"
    assert (scene.calls("blob_read"), scene.calls("blob_end")) == (0, ended)
    assert not scene.path.exists()


def test_a_file_shorter_than_it_said_ends(tmp_path: Path):
    scene = Scene(tmp_path, b"foto")
    scene.tamper("download_media", lambda answer: {**answer, "size": 1000})
    outcome = scene.fetch()
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "media_gone"
    assert scene.calls("blob_read") == 2


@pytest.mark.parametrize("taken", ["before", "halfway"])
def test_a_disk_that_takes_nothing_ends_it(tmp_path: Path, taken: str):
    scene = Scene(tmp_path, b"x" * 3 * PIECE_BYTES)

    def spoil(answer: Mapping[str, Any]) -> Mapping[str, Any]:
        scene.path.unlink(missing_ok=True)
        scene.path.mkdir(exist_ok=True)
        return answer

    scene.tamper("download_media" if taken == "before" else "blob_read", spoil)
    outcome = scene.fetch()
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "not_stored"
    assert scene.calls("blob_end") == 1


@pytest.mark.parametrize("trouble", [FakeBrowser.crash, FakeBrowser.reload, FakeBrowser.hang])
def test_a_page_that_is_lost_halfway_is_told_once(tmp_path: Path, trouble: Callable[[FakeBrowser], None]):
    scene = Scene(tmp_path, b"x" * LIMIT)
    scene.begin()
    while scene.calls("blob_read") < 2:
        scene.time.run(0.001)
    trouble(scene.browser)
    scene.time.run(60)
    [outcome] = scene.outcomes
    assert isinstance(outcome, CallFailure)
