"""Why a token is refused: told to the caller in `details`, and to the operator's log (docs/contract.md 2)."""

from __future__ import annotations

from enum import StrEnum

from wppmt.domain.errors import Code, Refusal


class TokenFault(StrEnum):
    """The log's word for it."""

    MISSING = "missing"
    NOT_BEARER = "not_bearer"
    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    NO_EXPIRY = "no_expiry"
    EXPIRED = "expired"
    LIFETIME = "lifetime"
    NOT_YET = "not_yet"
    NOT_A_NUMBER = "not_a_number"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    SESSIONS = "sessions"
    UNKNOWN_API_KEY = "unknown_api_key"
    EXPIRED_API_KEY = "expired_api_key"


_TOLD = {
    TokenFault.MISSING: ("Authorization", "nenhum token: envie o cabeçalho Authorization: Bearer <JWT>"),
    TokenFault.NOT_BEARER: ("Authorization", "use a forma Bearer <JWT>"),
    TokenFault.TOO_LONG: ("Authorization", "o token tem mais de {limit} caracteres"),
    TokenFault.MALFORMED: ("Authorization", "o token não é um JWT bem formado"),
    TokenFault.ALGORITHM: ("alg", "algoritmo não aceito; este serviço só aceita {expected}"),
    TokenFault.UNKNOWN_KEY: ("kid", "nenhuma chave conhecida do emissor tem este kid"),
    TokenFault.SIGNATURE: ("Authorization", "a assinatura do token não confere com a chave deste serviço"),
    TokenFault.NO_EXPIRY: ("exp", "claim obrigatória: o token precisa dizer quando expira"),
    TokenFault.EXPIRED: ("exp", "o token expirou há {seconds} s"),
    TokenFault.LIFETIME: ("exp", "o token vale por {seconds} s; o máximo é {limit} s (WPP_JWT_MAX_LIFETIME)"),
    TokenFault.NOT_YET: ("{claim}", "está {seconds} s no futuro: confira o relógio do emissor"),
    TokenFault.NOT_A_NUMBER: ("{claim}", "deve ser um número: segundos desde 1970"),
    TokenFault.ISSUER: ("iss", "emissor diferente do exigido (WPP_JWT_ISSUER)"),
    TokenFault.AUDIENCE: ("aud", "audiência diferente da exigida (WPP_JWT_AUDIENCE)"),
    TokenFault.SESSIONS: ("sessions", "deve ser um texto ou uma lista de textos"),
    TokenFault.UNKNOWN_API_KEY: ("Authorization", "nenhuma chave é esta: ela foi revogada, ou nunca existiu"),
    TokenFault.EXPIRED_API_KEY: ("Authorization", "a chave expirou há {seconds} s: crie outra"),
}
_EXPIRED = {TokenFault.EXPIRED, TokenFault.EXPIRED_API_KEY}


class TokenRefused(Refusal):
    """401, with the one thing that is wrong. `given` fills in the sentence."""

    def __init__(self, fault: TokenFault, **given: object) -> None:
        field, problem = (text.format(**given) for text in _TOLD[fault])
        code = Code.TOKEN_EXPIRED if fault in _EXPIRED else Code.UNAUTHENTICATED
        super().__init__(code, details=[{"field": field, "problem": problem}])
        self.fault = fault
