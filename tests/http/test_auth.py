"""Tokens: the pure claim rules, and the attacks on signatures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from contextlib import suppress
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.defaults import auth_policy
from tests.http.conftest import SECRET, Api, token
from tests.http.fakes import BORN
from wppmt.domain.errors import Code, Refusal, SetupError
from wppmt.http.security.auth import MAX_VERIFIED, Authenticator, AuthPolicy, grant_of
from wppmt.http.security.grant import Grant
from wppmt.http.security.jwks import Jwks, fetch_from
from wppmt.http.security.keys import Keys, PublicKey, SharedSecret

NOW = BORN
POLICY = auth_policy()


def claims(**changes: Any) -> dict[str, Any]:
    return {"exp": NOW + 900} | changes


def refused(code: Code, given: dict[str, Any], policy: AuthPolicy = POLICY) -> bool:
    with pytest.raises(Refusal) as caught:
        grant_of(given, policy, NOW)
    return caught.value.code is code


def granted(given: dict[str, Any], policy: AuthPolicy = POLICY) -> bool:
    return isinstance(grant_of(given, policy, NOW), Grant)


class TestClaims:
    def test_a_token_that_names_no_session_may_act_for_every_one(self):
        assert grant_of(claims(), POLICY, NOW).may("qualquer")

    def test_unless_option_c_is_switched_off(self):
        grant = grant_of(claims(), auth_policy(require_session_claim=True), NOW)
        assert not grant.may("qualquer")

    @pytest.mark.parametrize("named", ["a", ["a"], ["b", "a"]])
    def test_a_bound_token_may_act_for_its_own(self, named: Any):
        grant = grant_of(claims(sessions=named), POLICY, NOW)
        assert grant.may("a")
        assert not grant.may("c")

    @pytest.mark.parametrize("named", ["*", ["*"], ["a", "*"]])
    def test_a_star_means_all(self, named: Any):
        assert grant_of(claims(sessions=named), POLICY, NOW).may("c")

    @pytest.mark.parametrize("named", ["", [], [""]])
    def test_an_empty_claim_means_none(self, named: Any):
        assert not grant_of(claims(sessions=named), POLICY, NOW).may("a")

    @pytest.mark.parametrize("named", [None, 1, True, {"a": 1}, ["a", 1], [["a"]]])
    def test_a_claim_of_another_type_is_refused(self, named: Any):
        assert refused(Code.UNAUTHENTICATED, claims(sessions=named))

    @pytest.mark.parametrize(
        ("more", "expected"),
        [
            ({"scope": "wpp:admin"}, True),
            ({"scope": "read wpp:admin write"}, True),
            ({"roles": ["x", "wpp:admin"]}, True),
            ({"scope": "wpp:administrator"}, False),
            ({"scope": ["wpp:admin"]}, False),
            ({"roles": "wpp:admin"}, False),
            ({}, False),
        ],
    )
    def test_admin_is_a_scope_or_a_role(self, more: dict[str, Any], expected: bool):
        assert grant_of(claims(**more), POLICY, NOW).is_admin is expected

    def test_leeway_is_thirty_seconds(self):
        assert granted(claims(exp=NOW - 29), POLICY)
        assert refused(Code.TOKEN_EXPIRED, claims(exp=NOW - 31))

    @pytest.mark.parametrize(
        "exp", [None, "1770733900", True, float("inf"), float("nan"), 1e300, -1e300, [1], {}, 10**400]
    )
    def test_exp_is_a_number(self, exp: Any):
        assert refused(Code.UNAUTHENTICATED, claims(exp=exp))

    def test_a_year_is_too_long(self):
        assert refused(Code.UNAUTHENTICATED, claims(exp=NOW + 31_536_000))
        assert granted(claims(exp=NOW + 31_536_000), auth_policy(max_lifetime=0))

    def test_a_long_life_is_refused_to_its_last_second(self):
        assert refused(Code.UNAUTHENTICATED, claims(iat=NOW - 86_000, exp=NOW + 100))

    @pytest.mark.parametrize("name", ["nbf", "iat"])
    def test_the_future_is_refused(self, name: str):
        assert refused(Code.UNAUTHENTICATED, claims(**{name: NOW + 300}))
        assert granted(claims(**{name: NOW + 20}), POLICY)
        assert refused(Code.UNAUTHENTICATED, claims(**{name: "agora"}))

    @pytest.mark.parametrize("aud", ["outro", None, ["wppconnect"], ["wppconnect", "x"]])
    def test_audience(self, aud: Any):
        policy = auth_policy(audience="wppconnect")
        assert refused(Code.UNAUTHENTICATED, claims(aud=aud), policy)
        assert granted(claims(aud="wppconnect"), policy)

    def test_issuer(self):
        policy = auth_policy(issuer="avadmin")
        assert refused(Code.UNAUTHENTICATED, claims(iss="evil"), policy)
        assert granted(claims(iss="avadmin"), policy)

    @given(st.dictionaries(
        st.sampled_from(["exp", "iat", "nbf", "sessions", "scope", "roles", "iss", "aud"]),
        st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4),
    ))  # fmt: skip
    def test_whatever_the_claims_are_there_is_a_grant_or_a_refusal(self, anything: dict[str, Any]):
        with suppress(Refusal):
            assert granted(anything)


def public_pem(key: Any) -> str:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


RSA = rsa.generate_private_key(65537, 2048)
SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


async def accepts(keys: Keys, text: str) -> bool:
    try:
        await Authenticator(keys, POLICY).grant([f"Bearer {text}"], NOW)
    except Refusal as refusal:
        if refusal.code is not Code.UNAUTHENTICATED:
            raise
        return False
    return True


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class TestSignatures:
    @pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
    async def test_a_public_key_pins_its_algorithm(self, key: Any, algorithm: str):
        keys = PublicKey(public_pem(key))
        assert keys.algorithm == algorithm
        assert await accepts(keys, token(key, algorithm))

    @pytest.mark.parametrize("alg", ["none", "NoNe", "NONE", ""])
    async def test_no_algorithm(self, alg: str):
        forged = f"{part({'alg': alg, 'typ': 'JWT'})}.{part(claims())}."
        for keys in (SharedSecret(SECRET), PublicKey(public_pem(RSA))):
            assert not await accepts(keys, forged)

    async def test_hs256_signed_with_the_public_key(self):
        pem = public_pem(RSA)
        signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims())}"
        digest = hmac.new(pem.encode(), signed.encode(), hashlib.sha256).digest()
        forged = f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
        assert not await accepts(PublicKey(pem), forged)

    @pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
    async def test_another_algorithm_with_the_right_key(self, algorithm: str):
        assert not await accepts(PublicKey(public_pem(RSA)), token(RSA, algorithm))

    async def test_hs512_with_the_right_secret(self):
        assert not await accepts(SharedSecret(SECRET * 2), token(SECRET * 2, "HS512"))

    async def test_another_key_and_embedded_keys(self):
        other = rsa.generate_private_key(65537, 2048)
        keys = PublicKey(public_pem(RSA))
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key()))
        assert not await accepts(keys, token(other, "RS256"))
        assert not await accepts(keys, token(other, "RS256", {"jwk": jwk}))
        assert not await accepts(
            keys, token(other, "RS256", {"jku": "http://evil/jwks", "x5u": "http://evil"})
        )

    async def test_a_changed_payload_and_a_stripped_signature(self):
        header, _, signature = token(sessions="a").split(".")
        forged = part(claims(sessions="*"))
        keys = SharedSecret(SECRET)
        assert not await accepts(keys, f"{header}.{forged}.{signature}")
        assert not await accepts(keys, f"{header}.{forged}.")
        assert not await accepts(keys, f"{header}.{forged}")

    async def test_critical_headers_are_not_understood(self):
        assert not await accepts(SharedSecret(SECRET), token(headers={"crit": ["exp"], "exp": 1}))
        assert not await accepts(SharedSecret(SECRET), token(headers={"crit": []}))

    @pytest.mark.parametrize(
        "text", ["", "a", "a.b", "a.b.c", "....", "é.é.é", "\x00.\x00.\x00", part([]) + "." + part([]) + ".x"]
    )
    async def test_what_is_no_token_at_all(self, text: str):
        assert not await accepts(SharedSecret(SECRET), text)

    async def test_a_signed_payload_that_is_no_object(self):
        signed = jwt.api_jws.encode(b"[" * 5000, SECRET, "HS256")
        assert not await accepts(SharedSecret(SECRET), signed)
        assert not await accepts(SharedSecret(SECRET), jwt.api_jws.encode(b'["a"]', SECRET, "HS256"))
        huge = b'{"exp": ' + b"9" * 5000 + b"}"
        assert not await accepts(SharedSecret(SECRET), jwt.api_jws.encode(huge, SECRET, "HS256"))

    async def test_a_token_that_was_good_once_still_ends(self):
        authenticator = Authenticator(SharedSecret(SECRET), POLICY)
        text = [f"Bearer {token()}"]
        for moment in (NOW, NOW + 900 + 29):
            await authenticator.grant(text, moment)
        with pytest.raises(Refusal) as caught:
            await authenticator.grant(text, NOW + 900 + 31)
        assert caught.value.code is Code.TOKEN_EXPIRED

    async def test_remembered_tokens_do_not_fill_the_memory(self):
        authenticator = Authenticator(SharedSecret(SECRET), POLICY)
        for number in range(MAX_VERIFIED + 10):
            await authenticator.grant([f"Bearer {token(jti=str(number))}"], NOW)
        assert len(authenticator._verified) <= MAX_VERIFIED

    async def test_a_very_long_token(self):
        assert not await accepts(SharedSecret(SECRET), token(padding="x" * 1_000_000))

    @pytest.mark.parametrize(
        "pem", ["", "x", public_pem(SHORT), public_pem(ec.generate_private_key(ec.SECP384R1()))]
    )  # fmt: skip
    def test_a_key_of_no_use_refuses_the_start(self, pem: str):
        with pytest.raises(SetupError, match="WPP_JWT_PUBLIC_KEY"):
            PublicKey(pem)


class Issuer:
    """AvAdmin's JWKS, with levers."""

    def __init__(self) -> None:
        self.keys = {"1": rsa.generate_private_key(65537, 2048)}
        self.fetches = 0
        self.down = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.given_up = False

    async def fetch(self) -> dict[str, Any]:
        self.fetches += 1
        try:
            await self.answers.wait()
        except asyncio.CancelledError:
            self.given_up = True
            raise
        if self.down:
            raise OSError
        return {
            "keys": [
                json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) | {"kid": kid}
                for kid, key in self.keys.items()
            ]
            + [{"kty": "novo", "kid": "x"}]
        }

    def token(self, kid: Any = "1", key: str = "1") -> str:
        return token(self.keys[key], "RS256", {"kid": kid})

    def long_lived(self) -> tuple[Authenticator, str]:
        """With a token of key 1 that outlives the cache."""
        old = token(self.keys["1"], "RS256", {"kid": "1"}, exp=NOW + 10_000)
        return Authenticator(Jwks(self.fetch), auth_policy(max_lifetime=0)), old

    async def idle(self) -> None:
        """Until no fetch is under way."""
        async with asyncio.timeout(1):
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))


class TestJwks:
    @pytest.mark.slow
    async def test_unknown_kids_cost_one_fetch_in_thirty_seconds(self):
        issuer = Issuer()
        authenticator = Authenticator(Jwks(issuer.fetch), POLICY)
        await authenticator.grant([f"Bearer {issuer.token()}"], NOW)
        for number in range(1000):
            with pytest.raises(Refusal):
                await authenticator.grant(
                    [f"Bearer {issuer.token(kid=str(number + 2))}"], NOW + number * 0.029
                )
        assert issuer.fetches == 1
        with pytest.raises(Refusal):
            await authenticator.grant([f"Bearer {issuer.token(kid='2')}"], NOW + 31)
        assert issuer.fetches == 2

    async def test_a_clock_that_is_set_back_does_not_put_off_the_next_fetch(self):
        issuer = Issuer()
        keys = Jwks(issuer.fetch)
        for moment in (NOW, NOW - 3600):
            with pytest.raises(Refusal):
                await keys.find("another", moment)
        assert issuer.fetches == 2

    @pytest.mark.slow
    @pytest.mark.parametrize("kid", ["../../dev/null", "x" * 7000, 1, None, ["1"]])
    async def test_odd_kids(self, kid: Any):
        issuer = Issuer()
        forged = f"{part({'alg': 'RS256', 'kid': kid})}.{part(claims())}.AAAA"
        assert not await accepts(Jwks(issuer.fetch), forged)

    @pytest.mark.slow
    async def test_a_rotated_key_is_found_within_one_fetch(self):
        issuer = Issuer()
        authenticator = Authenticator(Jwks(issuer.fetch), POLICY)
        await authenticator.grant([f"Bearer {issuer.token()}"], NOW)
        issuer.keys["2"] = rsa.generate_private_key(65537, 2048)
        await authenticator.grant([f"Bearer {issuer.token('2', '2')}"], NOW + 40)
        assert issuer.fetches == 2

    async def test_known_keys_go_on_while_the_issuer_is_down(self):
        issuer = Issuer()
        authenticator, old = issuer.long_lived()
        await authenticator.grant([f"Bearer {old}"], NOW)
        issuer.down = True
        for moment in (NOW + 5_000, NOW + 5_029, NOW + 5_031):
            await authenticator.grant([f"Bearer {old}"], moment)
            await issuer.idle()
        assert issuer.fetches == 3

    async def test_nobody_with_a_known_key_waits_for_an_issuer_that_hangs(self):
        issuer = Issuer()
        authenticator, old = issuer.long_lived()
        await authenticator.grant([f"Bearer {old}"], NOW)
        issuer.answers.clear()
        async with asyncio.timeout(1):
            for moment in (NOW + 601, NOW + 602, NOW + 700):
                await authenticator.grant([f"Bearer {old}"], moment)
                await asyncio.sleep(0)
        assert issuer.fetches == 2
        stranger = asyncio.create_task(authenticator.grant([f"Bearer {issuer.token('2', '1')}"], NOW + 701))
        done, _ = await asyncio.wait({stranger}, timeout=0.05)
        assert not done
        issuer.answers.set()
        with pytest.raises(Refusal):
            await stranger
        assert issuer.fetches == 2

    def test_a_fetch_under_way_ends_with_the_daemon(self):
        issuer = Issuer()

        async def daemon() -> None:
            authenticator, old = issuer.long_lived()
            await authenticator.grant([f"Bearer {old}"], NOW)
            issuer.answers.clear()
            await authenticator.grant([f"Bearer {old}"], NOW + 601)
            await asyncio.sleep(0)

        asyncio.run(daemon())
        assert (issuer.fetches, issuer.given_up) == (2, True)

    async def test_a_withdrawn_key_ends_the_tokens_that_it_signed(self):
        issuer = Issuer()
        authenticator, old = issuer.long_lived()
        await authenticator.grant([f"Bearer {old}"], NOW)
        issuer.keys = {"2": issuer.keys["1"]}
        await authenticator.grant([f"Bearer {old}"], NOW + 599)
        assert issuer.fetches == 1
        await authenticator.grant([f"Bearer {old}"], NOW + 601)
        await issuer.idle()
        with pytest.raises(Refusal):
            await authenticator.grant([f"Bearer {old}"], NOW + 602)

    async def test_a_kid_that_now_means_another_key_does_not_help_an_old_token(self):
        issuer = Issuer()
        authenticator, old = issuer.long_lived()
        await authenticator.grant([f"Bearer {old}"], NOW)
        issuer.keys = {"1": rsa.generate_private_key(65537, 2048)}
        await authenticator.grant([f"Bearer {old}"], NOW + 601)
        await issuer.idle()
        with pytest.raises(Refusal):
            await authenticator.grant([f"Bearer {old}"], NOW + 602)

    @pytest.mark.slow
    async def test_an_issuer_that_talks_nonsense_is_as_if_down(self):
        nonsense: list[Any] = [{}, {"keys": []}, {"keys": None}, {"keys": [1]}, [], None]
        for document in nonsense:

            async def fetch(said: Any = document) -> Any:
                return said

            assert not await accepts(Jwks(fetch), Issuer().token())


class TestFetching:
    async def served(self, answer: web.Response) -> Any:
        async def serve(_: web.Request) -> web.Response:
            return answer

        app = web.Application()
        app.router.add_get("/jwks", serve)
        async with TestServer(app) as issuer:
            return await fetch_from(str(issuer.make_url("/jwks")))()

    async def test_over_http(self):
        document = await Issuer().fetch()
        assert await self.served(web.json_response(document)) == document

    @pytest.mark.parametrize("answer", [
        web.Response(status=500), web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        web.Response(text="{"), web.Response(text='"' + "x" * 300_000 + '"'),
    ])  # fmt: skip
    async def test_anything_else_is_a_failure(self, answer: web.Response):
        with pytest.raises((OSError, ValueError)):
            await self.served(answer)

    async def test_nobody_there(self):
        with pytest.raises(OSError, match="connect"):
            await fetch_from("http://127.0.0.1:1/jwks")()


class TestOverHttp:
    async def test_no_token(self, api: Api):
        for path in ("/api/sessions", "/api/sessions/a/status", "/nada", "/api/admin/sessions"):
            answer = await api.get(path, token=None)
            assert (answer.status, answer.body["code"]) == (401, "UNAUTHENTICATED"), path
            assert answer.headers["WWW-Authenticate"] == "Bearer"

    async def test_schemes(self, api: Api):
        async def status(*values: str) -> int:
            headers = [("Authorization", value) for value in values]
            async with api.http.get(f"{api.base}/api/sessions", headers=headers) as response:
                return response.status

        assert await status(f"bearer {api.token}") == 200
        assert await status("Basic eDp5") == 401
        assert await status("Bearer") == 401
        assert await status(f"Bearer {api.token}", f"Bearer {api.token}") == 400

    async def test_an_expired_token_is_told_apart(self, api: Api):
        answer = await api.get("/api/sessions", token=token(exp=BORN - 31))
        assert (answer.status, answer.body["code"]) == (401, "TOKEN_EXPIRED")

    async def test_a_header_of_100_kb(self, api: Api):
        answer = await api.get("/api/sessions", token="x" * 100_000)
        assert answer.status in {400, 401, 431}

    async def test_a_session_header_that_differs(self, api: Api):
        api.front.has("a")
        answer = await api.get("/api/sessions/a/status", headers={"X-Session-ID": "b"})
        assert (answer.status, answer.body["code"]) == (400, "SESSION_ID_MISMATCH")
        assert (await api.get("/api/sessions/a/status", headers={"X-Session-ID": "a"})).status == 200
