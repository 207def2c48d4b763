"""401 says why: to the caller in `details`, to the operator in the log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.conftest import SECRET, Api, token
from tests.http.fakes import BORN
from wppmt.http.security.token_faults import TokenFault

STATUS = "/api/sessions/a/status"
STRANGER = "outro-segredo-de-teste-com-mais-de-32-bytes"

FAULTS: list[tuple[dict[str, str] | str | None, TokenFault, str, str]] = [
    (None, TokenFault.MISSING, "Authorization", "nenhum token"),
    ({"Authorization": " "}, TokenFault.MISSING, "Authorization", "nenhum token"),
    ({"Authorization": "Basic YTpi"}, TokenFault.NOT_BEARER, "Authorization", "Bearer"),
    ({"Authorization": "Bearer"}, TokenFault.NOT_BEARER, "Authorization", "Bearer"),
    ("abc", TokenFault.MALFORMED, "Authorization", "não é um JWT"),
    ("x" * 8001, TokenFault.TOO_LONG, "Authorization", "8000"),
    (token(SECRET * 2, "HS512"), TokenFault.ALGORITHM, "alg", "HS256"),
    (token(STRANGER), TokenFault.SIGNATURE, "Authorization", "assinatura"),
    (token(STRANGER, exp=BORN - 90), TokenFault.SIGNATURE, "Authorization", "assinatura"),
    (token(exp=None), TokenFault.NO_EXPIRY, "exp", "obrigatória"),
    (token(exp=BORN - 90), TokenFault.EXPIRED, "exp", "90 s"),
    (token(exp=BORN + 86_400), TokenFault.LIFETIME, "exp", "86400 s; o máximo é 1800 s"),
    (token(nbf=BORN + 300), TokenFault.NOT_YET, "nbf", "300 s no futuro"),
    (token(iat=BORN + 300), TokenFault.NOT_YET, "iat", "300 s no futuro"),
    (token(exp="amanhã"), TokenFault.NOT_A_NUMBER, "exp", "número"),
    (token(sessions=1), TokenFault.SESSIONS, "sessions", "lista"),
]


@pytest.mark.parametrize(
    ("sent", "fault", "field", "words"), FAULTS, ids=[f"{i}-{row[1]}" for i, row in enumerate(FAULTS)]
)
async def test_caller_and_log_learn_what_is_wrong_with_a_token(
    api: Api, sent: Any, fault: TokenFault, field: str, words: str
):
    api.front.has("a")
    if isinstance(sent, dict):
        answer = await api.get(STATUS, headers=sent)
    else:
        answer = await api.get(STATUS, token=sent)
    code = "TOKEN_EXPIRED" if fault is TokenFault.EXPIRED else "UNAUTHENTICATED"
    assert (answer.status, answer.body["code"]) == (401, code)
    [detail] = answer.body["details"]
    assert detail["field"] == field
    assert words in detail["problem"]
    [line] = [line for line in api.log.lines if line["event"] == "token_refused"]
    assert (line["level"], line["sessionId"]) == ("warning", "a")
    assert line["details"] == {"reason": fault.value, "client": "127.0.0.1"}


@pytest.mark.parametrize(
    ("header", "client"),
    [("203.0.113.7", "203.0.113.7"), ("10.0.0.1, 2001:db8::7", "2001:db8::7"), ("<script>", "127.0.0.1"), ("", "127.0.0.1")],
)  # fmt: skip
async def test_behind_a_proxy_of_this_machine_the_client_is_whom_it_names(api: Api, header: str, client: str):
    await api.get(STATUS, token=None, headers={"X-Forwarded-For": header})
    [line] = [line for line in api.log.lines if line["event"] == "token_refused"]
    assert line["details"]["client"] == client


@pytest.mark.parametrize("path", ["/api/sessions", "/nada", "/api/sessions/unknown/status"])
async def test_a_path_without_a_session_names_none(api: Api, path: str):
    await api.get(path, token=None)
    [line] = [line for line in api.log.lines if line["event"] == "token_refused"]
    assert line["sessionId"] is None
