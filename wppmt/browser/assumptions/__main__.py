"""Writes docs/assumptions.md anew: `make docs`."""

from pathlib import Path

from wppmt.browser.assumptions.document import document

Path("docs/assumptions.md").write_text(document(), encoding="utf-8")
