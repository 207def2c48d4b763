"""Explanations: one timeline in order, what to do, and nothing that anybody wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.actions import Action
from wppmt.domain.errors import CATALOGUE, Code
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.remedies import ITSELF, remedy
from wppmt.domain.states import State
from wppmt.explain.material import TOLD_EVENTS, Deliveries, Explanation, MessageMaterial, SessionMaterial
from wppmt.explain.message import explain_message
from wppmt.explain.session import MOST_LINES, explain_session
from wppmt.explain.webhook import REPLAY, WAIT
from wppmt.store.operator_records import Attempt, AuditEntry
from wppmt.store.outbox_records import DeliveryState
from wppmt.store.records import EventRecord, JournalEntry, SendState, SessionRecord

NOW = 1000.0
SECRET, PHONE = "segredo de alguém", "5511999998888"
RECORD = SessionRecord("a", 1.0, state=State.CONNECTED, reason=Reason.READY, since=1.0)
ENTRY = JournalEntry("a", "3EB0AA", f"{PHONE}@c.us", "text", {"text": SECRET}, accepted_at=100.0)
PENDING, DONE, DEAD = DeliveryState.PENDING, DeliveryState.DONE, DeliveryState.DEAD


def event(name: str, at: float, event_id: str = "evt_1", **body: Any) -> EventRecord:
    return EventRecord(event_id, "a", 1, name, at, json.dumps(body).encode())


def change(at: float, state: State, reason: Reason) -> EventRecord:
    return event(
        "connection_change", at, status=state.value, reason=sentence(reason), reasonCode=reason.value
    )


def ack(at: float, level: int, status: str = "", event_id: str = "evt_1") -> EventRecord:
    return event(
        "message_ack", at, event_id, messageId="3EB0AA", ack=level, status=status, to=f"{PHONE}@c.us"
    )


def attempt(at: float, error: str = "", event_id: str = "evt_1") -> Attempt:
    return Attempt(event_id, "a", at, 500 if error else 200, 12, SECRET, error)


def lines(explanation: Explanation) -> list[tuple[float, str]]:
    return [(line.at, line.text) for line in explanation.timeline]


class TestAMessage:
    def test_that_went_all_the_way_while_its_webhook_was_down(self):
        entry = replace(ENTRY, state=SendState.SENT, ack=2, handed_at=101.0, acked_at=105.0, payload={})
        told = [ack(102.0, 1, "sent"), ack(105.0, 2, "delivered", "evt_2")]
        failures = [attempt(102.5, "HTTP 500"), attempt(107.5, "HTTP 500"), attempt(137.5, "HTTP 500")]
        deliveries = Deliveries([*failures, attempt(437.5)], {"evt_1": DONE})
        found = explain_message(MessageMaterial(RECORD, NOW, entry, told, (), deliveries))
        assert lines(found) == [
            (100.0, "texto para ***8888: pedido aceito"),
            (101.0, "enviada ao WhatsApp"),
            (102.0, "o servidor do WhatsApp confirmou"),
            (102.5, "webhook (confirmação) recusado 3 vezes (HTTP 500)"),
            (105.0, "entregue no celular do contato"),
            (437.5, "webhook (confirmação) entregue"),
        ]
        assert found.advice == "Nada a fazer: foi entregue."

    def test_that_waits_for_its_session_tells_why(self):
        offline = replace(RECORD, state=State.PHONE_DISCONNECTED, reason=Reason.PHONE_OFFLINE)
        around = [change(90.0, State.CONNECTED, Reason.READY), change(101.0, offline.state, offline.reason)]
        found = explain_message(MessageMaterial(offline, NOW, ENTRY, (), around))
        assert lines(found)[1:] == [(101.0, "Celular desconectado da internet")]
        assert found.advice == (
            "A mensagem espera na fila e sai quando a sessão voltar. O cliente verifica a internet do celular."
        )

    def test_how_the_session_was_afterwards_is_not_its_business(self):
        entry = replace(ENTRY, state=SendState.SENT, ack=1, handed_at=101.0, acked_at=102.0)
        around = [
            change(101.5, State.RECONNECTING, Reason.NETWORK), change(300.0, State.ERROR, Reason.CONFLICT),
        ]  # fmt: skip
        found = explain_message(MessageMaterial(RECORD, NOW, entry, (), around))
        assert [at for at, _ in lines(found)] == [100.0, 101.0, 101.5, 102.0]

    @pytest.mark.parametrize("code", Code)
    def test_that_was_refused_says_why_and_what_to_do(self, code: Code):
        entry = replace(ENTRY, state=SendState.FAILED, ack=-1, failure=code.value)
        found = explain_message(MessageMaterial(RECORD, NOW, entry))
        assert lines(found)[-1][1] == f"texto: não foi enviada. {CATALOGUE[code].text}"
        assert found.advice
        assert "Nada a fazer" not in found.advice

    def test_that_was_refused_later(self):
        entry = replace(ENTRY, state=SendState.FAILED, ack=-1, failure="NOT_ON_WHATSAPP")
        found = explain_message(MessageMaterial(RECORD, NOW, entry, [ack(105.0, -1, "failed")]))
        assert lines(found)[-1] == (105.0, "texto: não foi enviada. Este número não está no WhatsApp")
        assert found.advice == "Confira o número com o cliente (…/check-number)."

    @pytest.mark.parametrize("state", SendState)
    @pytest.mark.parametrize("level", [-1, 0, 1, 2, 3, 4])
    def test_of_each_fate_has_an_advice(self, state: SendState, level: int):
        entry = replace(ENTRY, state=state, ack=level, handed_at=101.0, acked_at=102.0)
        found = explain_message(MessageMaterial(RECORD, NOW, entry))
        assert found.advice
        assert len(found.timeline) >= 2

    def test_that_may_have_left_is_not_to_be_sent_again(self):
        entry = replace(ENTRY, state=SendState.UNKNOWN, handed_at=101.0)
        found = explain_message(MessageMaterial(RECORD, NOW, entry, [ack(110.0, 0, "unknown")]))
        assert lines(found)[-1] == (110.0, "não se sabe se foi enviada")
        assert "confira na conversa antes" in found.advice

    def test_that_came_in_and_that_nobody_took(self):
        message = {"id": "3EB0BB", "from": f"{PHONE}@c.us", "type": "ptt", "body": SECRET}
        told = [event("message_received", 100.0, message=message, backfilled=True)]
        deliveries = Deliveries([attempt(100.5, "O destino recusou a conexão")], {"evt_1": DEAD})
        found = explain_message(MessageMaterial(RECORD, NOW, None, told, (), deliveries))
        assert lines(found) == [
            (100.0, "mensagem de voz recebida de ***8888, lida depois de uma parada do serviço"),
            (100.5, "webhook (mensagem recebida) recusado 1 vez (O destino recusou a conexão)"),
            (100.5, "webhook (mensagem recebida): evento abandonado"),
        ]
        assert found.advice == f"1 evento foi abandonado. {REPLAY}"

    def test_that_came_in_and_was_taken(self):
        told = [event("message_received", 100.0, message={"id": "x", "from": "123@g.us", "type": "image"})]
        found = explain_message(
            MessageMaterial(RECORD, NOW, None, told, (), Deliveries([attempt(101.0)], {"evt_1": DONE}))
        )
        assert [text for _, text in lines(found)] == [
            "imagem recebida de um grupo", "webhook (mensagem recebida) entregue",
        ]  # fmt: skip
        assert found.advice == ITSELF


class TestASession:
    def test_states_deeds_and_troubles_are_one_timeline(self):
        material = SessionMaterial(
            replace(RECORD, state=State.ERROR, reason=Reason.CONFLICT),
            NOW,
            events=[
                change(10.0, State.CONNECTED, Reason.READY),
                event("error", 40.0, error="Dez tentativas falharam", code="X"),
                event("account_limit", 45.0, paused=True),
                change(50.0, State.ERROR, Reason.CONFLICT),
            ],
            audit=[
                AuditEntry(5.0, Action.START_SESSION, "ana", session_id="a"),
                AuditEntry(27.0, Action.HIBERNATE_SESSION, "wppmt", session_id="a", target="idle"),
                AuditEntry(28.0, Action.WAKE_SESSION, "wppmt", session_id="a", target="request"),
                AuditEntry(30.0, Action.RESTART_SESSION, "wppmt", session_id="a", target="BROWSER_CRASHED"),
                AuditEntry(31.0, Action.CLOSE_SESSION, session_id="a"),
            ],
            failed=[replace(ENTRY, accepted_at=35.0, state=SendState.FAILED, failure="NOT_ON_WHATSAPP")],
            deliveries=Deliveries(
                [
                    attempt(20.0, "HTTP 500"),
                    attempt(21.0, "HTTP 404"),
                    attempt(22.0, "HTTP 500"),
                    attempt(25.0),
                ]
            ),
        )
        found = explain_session(material)
        assert lines(found) == [
            (5.0, "sessão iniciada por ana"),
            (10.0, "Conectado ao WhatsApp"),
            (20.0, "webhook recusado 3 vezes (HTTP 500, HTTP 404)"),
            (25.0, "webhook voltou a receber"),
            (27.0, "sessão posta para hibernar pelo serviço (sem uso)"),
            (28.0, "sessão acordada pelo serviço (um envio ou outro pedido)"),
            (30.0, f"navegador reiniciado pelo serviço ({sentence(Reason.BROWSER_CRASHED)})"),
            (31.0, "sessão encerrada, com o login guardado"),
            (35.0, "texto: não foi enviada. Este número não está no WhatsApp (para ***8888)"),
            (40.0, "erro: Dez tentativas falharam"),
            (45.0, "envios a novos contatos em pausa, por um limite do WhatsApp ou da sessão"),
            (50.0, f"em erro: {sentence(Reason.CONFLICT)}"),
            (NOW, f"Agora: em erro: {sentence(Reason.CONFLICT)}"),
        ]  # fmt: skip
        assert found.advice == remedy(Reason.CONFLICT)

    @pytest.mark.parametrize("reason", Reason)
    @pytest.mark.parametrize("state", State)
    def test_of_which_nothing_is_known_says_how_it_is_and_what_to_do(self, reason: Reason, state: State):
        found = explain_session(SessionMaterial(replace(RECORD, state=state, reason=reason), NOW))
        [(at, text)] = lines(found)
        assert (at, sentence(reason) in text) == (NOW, True)
        assert found.advice == remedy(reason)

    @pytest.mark.parametrize(
        ("state", "said"), [(PENDING, WAIT), (DEAD, REPLAY), (DONE, "")], ids=["waits", "dead", "done"]
    )
    def test_a_webhook_in_trouble_is_something_to_do(self, state: DeliveryState, said: str):
        deliveries = Deliveries([attempt(20.0, "HTTP 500")], {"evt_1": state})
        found = explain_session(SessionMaterial(RECORD, NOW, deliveries=deliveries))
        assert found.advice.endswith(said)
        assert found.advice.startswith(remedy(Reason.READY))

    def test_one_that_receives_again_brings_the_rest_itself(self):
        tried = [attempt(20.0, "HTTP 500"), attempt(25.0, "", "evt_2")]
        deliveries = Deliveries(tried, {"evt_1": PENDING, "evt_2": DONE})
        assert explain_session(SessionMaterial(RECORD, NOW, deliveries=deliveries)).advice == remedy(
            Reason.READY
        )

    def test_an_erased_event_tells_nothing(self):
        events = [event(name, 1.0, erased=True) for name in TOLD_EVENTS if name.startswith(("c", "e"))]
        assert len(explain_session(SessionMaterial(RECORD, NOW, events=events)).timeline) == 1

    def test_of_very_much_the_newest_is_told(self):
        events = [change(float(at), State.CONNECTED, Reason.READY) for at in range(MOST_LINES + 50)]
        found = lines(explain_session(SessionMaterial(RECORD, 10_000.0, events=events)))
        assert [at for at, _ in found] == [*map(float, range(50, MOST_LINES + 50)), 10_000.0]


phones = st.from_regex(r"[1-9][0-9]{7,14}", fullmatch=True)
moments = st.floats(1.0, NOW)
chats = st.one_of(phones.map(lambda phone: f"{phone}@c.us"), phones.map(lambda phone: f"{phone}@lid"), phones)
entries = st.builds(
    JournalEntry, st.just("a"), st.just("3EB0AA"), chats, st.sampled_from(["text", "media", "novo"]),
    st.just({"text": SECRET}), st.sampled_from(SendState), st.integers(-1, 5), moments, st.none() | moments,
    st.none() | moments, st.sampled_from(["", "NOT_ON_WHATSAPP", "OF_LATER"]),
)  # fmt: skip
bodies = st.builds(
    lambda phone, status, level, reason: {
        "message": {"id": "3EB0AA", "from": f"{phone}@c.us", "to": phone, "body": SECRET, "type": "chat"}, "ack": level,
        "messageId": "3EB0AA", "status": status, "reason": reason, "error": "x", "paused": True, "body": SECRET, "text": SECRET,
    },
    phones, st.sampled_from([*State, "sent", "unknown", "novo"]), st.integers(-1, 9), st.sampled_from(["porque sim", "outro motivo"]),
)  # fmt: skip
names = st.sampled_from(
    [*TOLD_EVENTS, "message_received", "message_sent", "message_ack", "message_reaction", "novo"]
)
events = st.lists(
    st.builds(
        lambda name, at, body, number: EventRecord(f"evt_{number}", "a", number, name, at, json.dumps(body).encode()),
        names, moments, bodies | st.just({"erased": True}), st.integers(1, 5),
    ),
    max_size=8,
)  # fmt: skip
deliveries = st.builds(
    Deliveries,
    st.lists(
        st.builds(
            lambda number, at, error: attempt(at, error, f"evt_{number}"),
            st.integers(1, 5), moments, st.sampled_from(["", "HTTP 500"]),
        ),
        max_size=8,
    ),
    st.dictionaries(st.integers(1, 5).map(lambda number: f"evt_{number}"), st.sampled_from(DeliveryState)),
)  # fmt: skip
records = st.builds(
    lambda state, reason: replace(RECORD, state=state, reason=reason),
    st.sampled_from(State),
    st.sampled_from(Reason),
)
audits = st.lists(
    st.builds(AuditEntry, moments, st.sampled_from([*Action, "of.later"]), st.none() | phones, st.none(), st.just("a"), st.none() | phones),
    max_size=5,
)  # fmt: skip


def check(explanation: Explanation, *phones_known: str) -> None:
    assert explanation.timeline
    assert explanation.advice
    moments_told = [line.at for line in explanation.timeline]
    assert moments_told == sorted(moments_told)
    text = " ".join(line.text for line in explanation.timeline) + explanation.advice
    assert SECRET not in text
    assert not [phone for phone in phones_known if phone in text]
    assert all(line.text.strip() for line in explanation.timeline)


@given(records, events, audits, st.lists(entries, max_size=4), deliveries)
def test_any_session_is_explained_in_order_and_tells_no_secret(record, events, audits, failed, deliveries):
    material = SessionMaterial(record, NOW, events, audits, failed, deliveries)
    named = [entry.who for entry in audits] + [entry.target for entry in audits]
    people = [entry.to.partition("@")[0] for entry in failed]
    check(explain_session(material), *people, *(name for name in named if name))


@given(records, st.none() | entries, events, events, deliveries)
def test_any_message_is_explained_in_order_and_tells_no_secret(record, entry, told, around, deliveries):
    if entry is None and not told:
        return
    material = MessageMaterial(record, NOW, entry, told, around, deliveries)
    people = [json.loads(one.body).get("message", {}).get("to", "") for one in told]
    check(explain_message(material), *filter(None, people), *([entry.to.partition("@")[0]] if entry else []))
