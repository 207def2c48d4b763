"""One ZIP file with all that is held about a person."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from wppmt.lgpd.holdings import Held
from wppmt.media.file_names import clean_name
from wppmt.media.received import KeptMedia

_README = """\
Dados pessoais guardados pelo wppmt sobre um contato
====================================================

manifesto.json         quando foi feito, por qual versão, de que contato, e quanto há de cada tipo
SESSÃO/events.jsonl    eventos: mensagens recebidas, confirmações das enviadas e outros, um por linha
SESSÃO/journal.jsonl   mensagens enviadas, com o conteúdo e o andamento
SESSÃO/deliveries.jsonl  entregas desses eventos ao sistema do cliente (webhook)
SESSÃO/attempts.jsonl  tentativas dessas entregas, e o começo do que ele respondeu
SESSÃO/wanted_media.jsonl, SESSÃO/chat_names.jsonl, SESSÃO/received.jsonl  mídia ainda por buscar; como o WhatsApp
                       chama o contato; ids das mensagens recebidas
SESSÃO/midia/          arquivos recebidos do contato; SESSÃO não se aplica a enviados/, dos que ainda estão a caminho dele

Cada SESSÃO é uma conta de WhatsApp de um cliente. As conversas que o próprio WhatsApp guarda, no celular do cliente e na
página do WhatsApp Web, não estão aqui: são da conta do cliente.
"""


def write(to: Path, held: Held, contact: str, version: str, now: float) -> None:
    """A new file, mode 0600. Raises FileExistsError, and OSError wherever the disk does."""
    with (
        os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        ZipFile(file, "w", ZIP_DEFLATED) as archive,
    ):
        archive.writestr("LEIA-ME.txt", _README)
        archive.writestr("manifesto.json", _json(_manifest(held, contact, version, now), indent=2))
        for session_id in held.sessions:
            for table, rows in held.rows.items():
                if lines := [_json(_shown(row)) for row in rows if row["session_id"] == session_id]:
                    archive.writestr(f"{session_id}/{table}.jsonl", "\n".join(lines) + "\n")
            for number, kept in enumerate(held.media.get(session_id, ()), 1):
                archive.write(kept.path, f"{session_id}/midia/{_name(number, kept)}")
        for path in held.outgoing:
            archive.write(path, f"enviados/{path.name}")


def _manifest(held: Held, contact: str, version: str, now: float) -> Mapping[str, Any]:
    return {
        "wppmt": version,
        "at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "contact": contact,
        "sessions": held.sessions,
        "counts": {table: len(rows) for table, rows in held.rows.items()} | {"files": held.count_files()},
    }


def _name(number: int, kept: KeptMedia) -> str:
    return f"{number:04}-{clean_name(kept.file_name)}"


def _shown(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is JSON within a row is shown as such."""
    return {column: _unfolded(column, value) for column, value in row.items()}


def _unfolded(column: str, value: Any) -> Any:
    return json.loads(value) if column in {"body", "payload"} else value


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
