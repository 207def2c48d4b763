"""Whatever somebody puts into an archive, key or no key: it is refused, and the installation is as it was."""

from __future__ import annotations

import io
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.archive.forging import described, opened, put_together, sealed, taken_apart
from tests.archive.installation import KEY, Installation, fill
from wppmt.archive.manifest import MOST_BYTES
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.archive.seal import CHUNK_BYTES, HEADER_BYTES, MAGIC, TAG_BYTES
from wppmt.store.sqlite.schema import VERSION

Manifest = dict[str, Any]
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    here = Installation(tmp_path_factory.mktemp("honest"))
    fill(here)
    archive, _ = here.back_up()
    here.store.close()
    return archive.read_bytes()


def refusal(
    there: Installation, content: bytes, key: bytes = KEY, chrome: str = "156.0.0.1"
) -> ArchiveRefused:
    """And nothing was changed."""
    archive = there.place.tokens.parent / "hostile"
    archive.write_bytes(content)
    before, names = there.rows("padaria"), everything(there)
    with pytest.raises(ArchiveRefused) as refused:
        there.take_in(archive, key, chrome)
    assert there.rows("padaria") == before
    assert there.store.session("loja") is None
    assert everything(there) == names
    return refused.value


def everything(there: Installation) -> list[str]:
    """All names in all folders, but what SQLite makes beside its file."""
    folder = there.place.tokens.parent
    return sorted(str(path) for path in folder.parent.rglob("*") if "wppmt.sqlite" not in path.name)


def test_a_wrong_key(there: Installation, honest: bytes):
    refused = refusal(there, honest, b"another key of thirty-two bytes..")
    assert refused.why is Why.WRONG_KEY
    assert "WPP_ARCHIVE_KEY" in str(refused)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"age-encryption.org/v1\n", bytes(4096)])
def test_something_else(there: Installation, content: bytes):
    assert refusal(there, content).why is Why.NOT_AN_ARCHIVE


def test_a_file_that_is_cut_anywhere(there: Installation, honest: bytes):
    ends = [len(MAGIC), HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1, len(honest) // 2, len(honest) - 1]
    for end in ends:
        assert refusal(there, honest[:end]).why is Why.DAMAGED, end


def test_a_file_that_is_cut_between_two_chunks(there: Installation):
    """The part that is left is whole, and yet it is not the end."""
    content = sealed(zlib.compress(bytes(range(256)) * 4 * CHUNK_BYTES, level=0))
    cut = content[: HEADER_BYTES + 2 * (CHUNK_BYTES + TAG_BYTES)]
    with pytest.raises(ArchiveRefused) as refused:
        opened(cut)
    assert refused.value.why is Why.DAMAGED


def test_a_byte_that_is_another(there: Installation, honest: bytes):
    for at in (HEADER_BYTES - 40, HEADER_BYTES + 3, len(honest) - 3):
        changed = bytearray(honest)
        changed[at] ^= 1
        assert refusal(there, bytes(changed)).why in {Why.DAMAGED, Why.WRONG_KEY, Why.NOT_AN_ARCHIVE}


def test_bytes_behind_the_end(there: Installation, honest: bytes):
    assert refusal(there, honest + b"more").why is Why.DAMAGED


def test_a_seal_of_a_later_version(there: Installation, honest: bytes):
    later = honest[: len(MAGIC)] + b"\x02" + honest[len(MAGIC) + 1 :]
    assert refusal(there, later).why is Why.NEWER


NAMES = (
    "../outside", "/etc/cron.d/x", "profile/../../outside", "profile/Default/Cookies/../../../../x", "profile",
    "profile/", "profile//Default/Cookies", "./rows.sqlite", "profile/Default/Cookies\0", "profile\\..\\x",
    "profile/Default/Extensions/evil/manifest.json", "profile/.writer.lock", "profile/First Run", "outgoing/../x",
    "outgoing/a/b", "outgoing", "other", "", ".", "..",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere(there: Installation, honest: bytes, name: str):
    manifest, files = taken_apart(honest)
    files[name] = b"evil"
    manifest["files"] = described(files)
    assert refusal(there, put_together(manifest, list(files.values()))).why is Why.FORGED


@pytest.mark.parametrize(
    "more", [{"type": "link"}, {"target": "/etc/passwd"}, {"device": [1, 3]}, {"mode": 0o4755}]
)
def test_links_and_devices_cannot_be_said(there: Installation, honest: bytes, more: dict[str, Any]):
    manifest, files = taken_apart(honest)
    manifest["files"][0] |= more
    assert refusal(there, put_together(manifest, list(files.values()))).why is Why.FORGED


def test_a_file_in_place_of_a_folder(there: Installation, honest: bytes):
    manifest, files = taken_apart(honest)
    files["profile/Default/IndexedDB"] = b"a file"
    manifest["files"] = described(dict(sorted(files.items())))
    content = put_together(manifest, [content for _, content in sorted(files.items())])
    archive = there.place.tokens.parent / "hostile"
    archive.write_bytes(content)
    with pytest.raises((ArchiveRefused, OSError)):
        there.take_in(archive)
    assert there.store.session("loja") is None
    assert there.leftovers() == []


def changed(manifest: Manifest, **values: Any) -> Manifest:
    return manifest | values


FORGERIES: dict[str, Callable[[Manifest, Files], tuple[Manifest | bytes, list[bytes]]]] = {
    "twice": lambda manifest, files: (
        changed(manifest, files=manifest["files"] + manifest["files"][-1:]), [*files.values(), list(files.values())[-1]]),
    "no rows": lambda manifest, files: (
        changed(manifest, files=[one for one in manifest["files"] if one["name"] != "rows.sqlite"]),
        [content for name, content in files.items() if name != "rows.sqlite"]),
    "shorter": lambda manifest, files: (manifest, list(files.values())[:-1]),
    "longer": lambda manifest, files: (manifest, [*files.values(), b"more"]),
    "not json": lambda manifest, files: (b"{", list(files.values())),
    "deep": lambda manifest, files: (b"[" * 100_000, list(files.values())),
    "a list": lambda manifest, files: (b"[]", list(files.values())),
    "no id": lambda manifest, files: (changed(manifest, session_id="../x"), list(files.values())),
    "negative": lambda manifest, files: (
        changed(manifest, files=[manifest["files"][0] | {"size": -1}]), list(files.values())),
    "not a number": lambda manifest, files: (
        str(manifest).replace("'", '"').replace(str(manifest["made_at"]), "NaN").encode(), list(files.values())),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_manifest_that_is_none(there: Installation, honest: bytes, name: str):
    assert refusal(there, put_together(*FORGERIES[name](*taken_apart(honest)))).why is Why.FORGED


def test_a_hash_that_is_another(there: Installation, honest: bytes):
    manifest, files = taken_apart(honest)
    files["profile/Default/Cookies"] = b"COOKIES"
    assert refusal(there, put_together(manifest, list(files.values()))).why is Why.DAMAGED


def test_compression_that_is_none(there: Installation):
    assert refusal(there, sealed(b"\0\0\0\2{}")).why is Why.FORGED


def test_something_behind_the_compressed_part(there: Installation, honest: bytes):
    manifest, files = taken_apart(honest)
    assert refusal(there, put_together(manifest, list(files.values()), b"more")).why is Why.FORGED


def test_a_bomb_says_how_large_it_is(there: Installation, honest: bytes):
    manifest, files = taken_apart(honest)
    manifest["files"][-1]["size"] = MOST_BYTES
    assert refusal(there, put_together(manifest, list(files.values()))).why is Why.TOO_LARGE
    manifest["files"][-1]["size"] = 10**18
    assert refusal(there, put_together(manifest, list(files.values()))).why is Why.FORGED


def test_a_bomb_that_says_nothing(there: Installation):
    """4 GB of a manifest, and 256 MB behind an honest one: neither is unpacked."""
    assert refusal(there, sealed(zlib.compress(b"\xff\xff\xff\xff" + bytes(10_000_000)))).why is Why.FORGED


def test_a_newer_format_or_schema_or_chrome(there: Installation, honest: bytes):
    manifest, files = taken_apart(honest)
    contents = list(files.values())
    assert refusal(there, put_together(manifest | {"format": 2, "new": 1}, contents)).why is Why.NEWER
    refused = refusal(there, honest, chrome="155.0.1.2")
    assert refused.why is Why.NEWER
    assert "156.0.8078.79" in str(refused)
    # The manifest may say nothing: the profile itself is asked, too.
    assert (
        refusal(there, put_together(manifest | {"chrome": ""}, contents), chrome="155.0.1.2").why is Why.NEWER
    )


@contextmanager
def rows_of(honest: bytes, folder: Path) -> Iterator[tuple[sqlite3.Connection, Callable[[], bytes]]]:
    """The rows, to be changed, and what then makes an archive of them."""
    manifest, files = taken_apart(honest)
    path = folder / "forged.sqlite"
    path.write_bytes(files["rows.sqlite"])

    def again() -> bytes:
        files["rows.sqlite"] = path.read_bytes()
        path.unlink()
        manifest["files"] = described(files)
        return put_together(manifest, list(files.values()))

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection, again


ROWS = {
    "another session's": "UPDATE journal SET session_id = 'padaria'",
    "another record's id": "UPDATE sessions SET record = json_set(record, '$.id', 'padaria')",
    "another session's row": "INSERT INTO sessions SELECT 'padaria', created_at, desired, record FROM sessions",
    "no session": "DELETE FROM sessions",
    "another's event": "UPDATE events SET body = replace(CAST(body AS TEXT), 'loja', 'padaria')",
    "an event that exists there": "UPDATE events SET id = 'evt_padaria_0_0' WHERE sequence = 1",
    "a sequence set back": "UPDATE tallies SET sequence = 1",
    "a record that is none": "UPDATE sessions SET record = '[]'",
    "a body that is none": "UPDATE events SET body = x'00ff'",
    "a key for the API": "INSERT INTO api_keys VALUES ('k','d','n',NULL,'admin','',1,9e9,NULL)",
    "an audit entry": "INSERT INTO audit (at, action) VALUES (1, 'x')",
    "an alert": "INSERT INTO alerts VALUES ('X','',1,NULL,'m','r',NULL)",
    "a trigger": "CREATE TRIGGER evil AFTER INSERT ON journal BEGIN DELETE FROM sessions; END",
    "a view": "CREATE VIEW evil AS SELECT * FROM sessions",
    "a table": "CREATE TABLE evil (x)",
    "a column": "ALTER TABLE journal ADD COLUMN evil TEXT",
    "an index": "CREATE INDEX evil ON journal (upper(payload))",
    "a trigger of ours that does more": """DROP TRIGGER delivery_added;
        CREATE TRIGGER delivery_added AFTER INSERT ON deliveries BEGIN DELETE FROM tallies; END""",
    "another version": f"PRAGMA user_version = {VERSION - 1}",
    "no version": "PRAGMA user_version = 0",
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_are_not_one_session(there: Installation, honest: bytes, tmp_path: Path, name: str):
    with rows_of(honest, tmp_path) as (connection, again):
        connection.executescript(ROWS[name])
        connection.close()
        assert refusal(there, again()).why is Why.FORGED


def test_rows_of_a_newer_schema(there: Installation, honest: bytes, tmp_path: Path):
    with rows_of(honest, tmp_path) as (connection, again):
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.close()
        assert refusal(there, again()).why is Why.NEWER


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_rows_that_are_no_database(there: Installation, honest: bytes, content: bytes):
    manifest, files = taken_apart(honest)
    files["rows.sqlite"] = content
    manifest["files"] = described(files)
    assert refusal(there, put_together(manifest, list(files.values()))).why is Why.FORGED


def test_a_link_in_the_place_of_the_profile(there: Installation, honest: bytes, tmp_path: Path):
    """Not of the archive, but of whoever may write here: nothing is written where it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    there.place.profile("loja").symlink_to(elsewhere)
    archive = tmp_path / "archive"
    archive.write_bytes(honest)
    with pytest.raises(ArchiveRefused) as refused:
        there.take_in(archive)
    assert refused.value.why is Why.EXISTS
    assert list(elsewhere.iterdir()) == []


def test_damage_in_the_rows_pages(there: Installation, honest: bytes):
    manifest, files = taken_apart(honest)
    rows = bytearray(files["rows.sqlite"])
    rows[4096 * 2 : 4096 * 3] = b"\xff" * 4096
    files["rows.sqlite"] = bytes(rows)
    manifest["files"] = described(files)
    assert refusal(there, put_together(manifest, list(files.values()))).why is Why.FORGED
    assert io.BytesIO(honest).read(len(MAGIC)) == MAGIC
