"""The routes by which whole sessions come (docs/contract.md 18)."""

from __future__ import annotations

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.http.api import archive_responses as answers
from wppmt.http.api import archive_schemas as schemas
from wppmt.http.api.route import ASKED, Access, Route
from wppmt.http.handlers import imports

ARCHIVE_ROUTES = (
    Route(
        "POST", "/api/admin/imports", imports.register, Access.ADMIN,
        "Fazer uma sessão do perfil que wppmt import trouxe", {201: answers.Imported},
        body=schemas.ImportBody,
        refusals=(*ASKED, Code.SESSION_EXISTS),
        action=Action.IMPORT_SESSION,
    ),
)  # fmt: skip
