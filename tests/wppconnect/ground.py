"""Folders as wppconnect-server leaves them."""

from __future__ import annotations

from pathlib import Path

OURS = "156.0.8078.79"
LOGIN = {
    "Local State": "{}",
    "Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000003.log": "keys",
    "Default/Local Storage/leveldb/000003.log": "account",
    "Default/Preferences": "{}",
}
OTHERS = ("Default/Cache/data_0", "SingletonCookie", "Default/History", "GrShaderCache/data_1")


def profile(folder: Path, version: str = "155.0.7000.1") -> Path:
    """With a login, closed in order."""
    for name, content in (LOGIN | dict.fromkeys(OTHERS, "other")).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "Last Version").write_text(version)
    return folder


def server(folder: Path) -> Path:
    """wppconnect-server's own folder, with two sessions and one of which only the token is left."""
    profile(folder / "userDataDir" / "Loja_Centro")
    profile(folder / "userDataDir" / "filial")
    (folder / "tokens").mkdir()
    for name in ("Loja_Centro", "filial", "antiga"):
        (folder / "tokens" / f"{name}.data.json").write_text('{"config": {"webhook": "http://old/"}}')
    return folder


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
