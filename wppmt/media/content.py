"""What a file is, by its content; its name and its sender's word decide only where content can't tell."""

from __future__ import annotations

import codecs
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

import filetype

UNKNOWN = "application/octet-stream"
_TEXTS = {
    ".csv": "text/csv", ".htm": "text/html", ".html": "text/html", ".json": "application/json",
    ".ics": "text/calendar", ".log": "text/plain", ".md": "text/markdown", ".svg": "image/svg+xml", ".txt": "text/plain",
    ".vcf": "text/vcard", ".xml": "application/xml",
}  # fmt: skip
"""Text, by its name's ending; it goes out as a document and is never rendered."""
_FROM_ZIP = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_ENDING_OF = {mimetype: ending for ending, mimetype in reversed((_TEXTS | _FROM_ZIP).items())}
_STANDARD = mimetypes.MimeTypes()
_TELLING = frozenset(kind.mime for kind in filetype.types)
"""What is not recognised is none of these, whatever is said about it."""
_WRITTEN_IN_TEXT = frozenset({"application/pdf", "application/rtf", "application/postscript"})
_ENDINGS_IN_TEXT = frozenset({".pdf", ".rtf", ".ps", ".eps"})
"""All other formats that are recognised have bytes that no text has."""
_NOT_IN_TEXT = bytes({*range(0x20)} - {0x09, 0x0A, 0x0C, 0x0D, 0x1A, 0x1B}) + b"\x7f"
_PDF = re.compile(rb"[\s\x00\xef\xbb\xbf]*%PDF-\d")
_PDF_WITHIN = 1024
"""Readers of PDF look so far for its beginning."""
_HEAD = 8192
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """`mimetype` by content; `ending`, with its dot, is that of such files (empty: nobody knows)."""

    mimetype: str
    ending: str = ""
    is_text: bool = False

    @property
    def family(self) -> str:
        return self.mimetype.partition("/")[0]


def recognise(path: Path, ending: str, stated: str) -> Content:
    """`ending` of its name, lower case and with its dot; `stated`: the type that its sender says."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = filetype.guess(head)
    mimetype, its_ending = (str(found.mime), f".{found.extension}") if found else ("", "")
    if not mimetype and _is_pdf(head, ending, stated):
        mimetype, its_ending = "application/pdf", ".pdf"
    if is_text(path) and (mimetype not in _WRITTEN_IN_TEXT or _is_called_text(ending, stated)):
        # Any likeness to a binary format is chance.
        return _text(ending, stated)
    if not mimetype:
        return _binary(stated)
    if mimetype == "application/zip":
        of_zip = _FROM_ZIP.get(ending) or (stated if stated in _FROM_ZIP.values() else mimetype)
        return Content(of_zip, _ENDING_OF.get(of_zip, its_ending))
    return Content(mimetype, its_ending)


def is_text(path: Path) -> bool:
    """Whether all of it decodes as text: UTF-8, UTF-16 with its mark, or, as old programs export, Windows-1252."""
    with path.open("rb") as file:
        mark = file.read(2)
        file.seek(0)
        if mark in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return _decodes(file.read().decode("utf-16", "replace"))
        possible = {encoding: codecs.getincrementaldecoder(encoding)() for encoding in ("utf-8", "cp1252")}
        while piece := file.read(_PIECE):
            if len(piece.translate(None, _NOT_IN_TEXT)) != len(piece):
                return False
            for encoding, decoder in list(possible.items()):
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    del possible[encoding]
            if not possible:
                return False
    return True


def _decodes(text: str) -> bool:
    return "\ufffd" not in text and not set(text) & set(_NOT_IN_TEXT.decode("latin-1"))


def _is_pdf(head: bytes, ending: str, stated: str) -> bool:
    """Behind blank lines and marks in any case; behind other bytes where it is called so."""
    if _PDF.match(head):
        return True
    called = ending == ".pdf" or stated == "application/pdf"
    return called and b"%PDF-" in head[:_PDF_WITHIN]


def _type_by_name(ending: str) -> str:
    by_name = _TEXTS.get(ending) or _STANDARD.types_map[True].get(ending, "")
    return by_name if ending in _TEXTS or by_name.startswith("text/") else ""


def _is_called_text(ending: str, stated: str) -> bool:
    """By its name, or by its sender where the name does not say otherwise."""
    return bool(_type_by_name(ending)) or (_is_text_type(stated) and ending not in _ENDINGS_IN_TEXT)


def _is_text_type(mimetype: str) -> bool:
    return mimetype.startswith("text/") or mimetype in _TEXTS.values()


def _text(ending: str, stated: str) -> Content:
    mimetype = _type_by_name(ending) or (stated if stated and stated not in _TELLING else UNKNOWN)
    return Content(mimetype, _ending_of(mimetype), is_text=True)


def _binary(stated: str) -> Content:
    """Not recognised: what its sender says of it, unless that would have been recognised."""
    if not stated or stated in _TELLING or _is_text_type(stated):
        return Content(UNKNOWN)
    return Content(stated, _ending_of(stated))


def _ending_of(mimetype: str) -> str:
    return (
        "" if mimetype == UNKNOWN else _ENDING_OF.get(mimetype) or _STANDARD.guess_extension(mimetype) or ""
    )
