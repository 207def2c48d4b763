"""The webhook actor's promises, in virtual time: schedule, order, isolation, durability, dead letters."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.webhooks.lanes import CONNECTIONS, REST_SECONDS, RETRIES_PER_LANE, RETRIES_PER_ORIGIN
from actors.webhooks.messages import Drain
from actors.webhooks.origins import HOLD_AFTER, PROBE_SECONDS
from actors.webhooks.outbox_jobs import STEP
from tests.actors.webhook_world import ERROR, GONE, HANGS, OK, REFUSED, Attempt, Endpoint, World
from tests.defaults import webhook_policy, webhook_schedule
from wppmt.domain.messages import ReplayDeadLetters
from wppmt.store.operator_records import AuditEntry
from wppmt.store.outbox_records import DeadLetterFilter, Lane, SigningSecrets, WebhookCounts
from wppmt.store.records import EventDraft, EventRecord, SessionRecord
from wppmt.webhook.classify import Answered, Fault, Unanswered

PER_LANE = 1 + RETRIES_PER_LANE
ONE, TWO = "http://one.test/", "http://two.test/"
HOUR = 3600.0
SHM = "/dev/shm" if Path("/dev/shm").is_dir() else None


def new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="wppmt-webhooks-", dir=SHM))


@pytest.fixture
def folder() -> Iterator[Path]:
    made = new_folder()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def world(folder: Path) -> World:
    return World(folder)


def failing(times: int, then: Answered = OK) -> Endpoint:
    """Answers 500 to the first attempts of every event."""
    return lambda attempt: ERROR if attempt.number <= times else then


# The way out


def test_an_event_is_delivered_at_once(world: World):
    event = world.record()
    assert world.times(event) == [1000.0]
    world.run(1)
    assert world.store.webhook_counts() == WebhookCounts()


def test_first_attempts_keep_their_order_one_at_a_time(world: World):
    world.endpoints[ONE] = lambda _: (OK, 0.2)
    events = [world.record() for _ in range(5)]
    world.run(10)
    assert [attempt.event for attempt in world.attempts] == events
    assert [attempt.at for attempt in world.attempts] == pytest.approx(
        [1000.0, 1000.2, 1000.4, 1000.6, 1000.8]
    )
    assert set(world.peak.values()) == {1}


def test_an_attempt_is_signed_with_the_secrets_of_its_moment(world: World):
    world.endpoints[ONE] = failing(1)
    rotations = [SigningSecrets("whsec_1"), SigningSecrets("whsec_2", (("whsec_1", 9e9),))]
    for secrets in rotations:
        with world.store.transaction() as transaction:
            transaction.save_secrets("a", secrets)
        if not world.attempts:
            world.record()
    world.run(6)
    assert [attempt.secrets for attempt in world.attempts] == rotations


# Schedule


def test_after_four_attempts_within_335_seconds_it_is_a_dead_letter(world: World):
    world.endpoints[ONE] = failing(9)
    event = world.record()
    world.run(HOUR)
    assert world.times(event) == pytest.approx([1000, 1005, 1035, 1335], abs=0.1)
    assert [attempt.number for attempt in world.attempts] == [1, 2, 3, 4]
    [dead] = world.store.dead_letters(DeadLetterFilter("a"))
    assert (dead.event, dead.attempts, dead.last_status, dead.last_error) == (event, 4, 500, "HTTP 500")
    [log] = world.logged("webhook_abandoned")
    assert (log.level, log.session_id) == ("error", "a")
    assert log.details
    assert log.details["eventId"] == event.id


def test_each_wait_begins_with_the_failure_before_it(world: World):
    world.endpoints[ONE] = lambda _: (HANGS, 30.0)
    event = world.record()
    world.run(HOUR)
    assert world.times(event) == pytest.approx([1000, 1035, 1095, 1425], abs=0.1)


@pytest.mark.parametrize(
    ("failures", "expected"), [(1, [1000, 1005]), (2, [1000, 1005, 1035]), (3, [1000, 1005, 1035, 1335])]
)
def test_a_success_ends_the_series(world: World, failures: int, expected: list[float]):
    world.endpoints[ONE] = failing(failures)
    event = world.record()
    world.run(HOUR)
    assert world.times(event) == pytest.approx(expected, abs=0.1)
    assert world.store.webhook_counts() == WebhookCounts()


def test_retry_after_lengthens_the_wait(world: World):
    world.endpoints[ONE] = lambda attempt: Answered(503, "60") if attempt.number == 1 else OK
    event = world.record()
    world.run(HOUR)
    assert world.times(event) == pytest.approx([1000, 1060], abs=0.1)


def test_a_forbidden_address_is_a_dead_letter_at_once(world: World):
    world.endpoints[ONE] = lambda _: Unanswered(Fault.FORBIDDEN, "URL de destino não permitida")
    event = world.record()
    world.run(HOUR)
    assert len(world.times(event)) == 1
    [dead] = world.store.dead_letters(DeadLetterFilter("a"))
    assert dead.last_error == "URL de destino não permitida"


def test_a_superseded_qr_code_is_not_sent_again(world: World):
    world.endpoints[ONE] = failing(9)
    old = world.record(name="qr_code")
    world.run(1)
    new = world.record(name="qr_code")
    world.run(HOUR)
    assert (len(world.times(old)), len(world.times(new))) == (1, 4)
    assert world.store.webhook_counts() == WebhookCounts(dead=1)


def test_qr_codes_that_wait_in_a_lane_are_reduced_to_the_newest(world: World):
    world.endpoints[ONE] = lambda _: (OK, 10.0)
    world.record()
    codes = [world.record(name="qr_code") for _ in range(5)]
    world.run(HOUR)
    assert [len(world.times(code)) for code in codes] == [0, 0, 0, 0, 1]


# Isolation


def test_a_retry_does_not_hold_back_newer_events(world: World):
    world.endpoints[ONE] = lambda attempt: ERROR if attempt.event.sequence == 1 else OK
    bad, good = world.record(), world.record()
    world.run(1)
    assert len(world.times(good)) == 1
    world.run(HOUR)
    assert len(world.times(bad)) == 4


def test_hanging_retries_leave_connections_for_newer_events(world: World):
    world.endpoints[ONE] = lambda attempt: ERROR if attempt.number == 1 else (HANGS, 30.0)
    for number in range(8):
        world.record(session_id=f"s{number}")
    world.run(6)
    assert world.in_flight.total() == 8
    world.endpoints[ONE] = lambda _: OK
    fresh = [world.record(session_id=session_id) for session_id in ("fresh", "s0")]
    assert [world.times(event) for event in fresh] == [[world.now], [world.now]]


def test_hanging_tenants_of_a_shared_address_delay_none_of_the_others(world: World):
    """As when all use WEBHOOK_URL."""
    world.endpoints[ONE] = lambda a: (HANGS, 30.0) if a.event.session_id.startswith("bad") else (OK, 0.02)
    for round_ in range(120):
        for number in range(8):
            world.record(session_id=f"bad{number}")
        fine = world.record(session_id=f"ok{round_ % 6}")
        assert world.times(fine) == [world.now]
        world.run(5)


def test_hanging_retries_of_others_at_a_shared_address_delay_no_retry(world: World):
    world.endpoints[ONE] = lambda a: (HANGS, 100.0) if a.event.session_id != "ok" else failing(1)(a)
    for number in range(2 * RETRIES_PER_ORIGIN):
        for _ in range(9):
            world.record(session_id=f"bad{number}")
    world.run(500)
    assert world.in_flight.total() >= 2 * RETRIES_PER_ORIGIN
    fine = world.record(session_id="ok")
    began = world.now
    world.run(10)
    assert world.times(fine) == pytest.approx([began, began + 5], abs=0.1)


def test_retries_come_in_time_however_busy_the_lane_and_the_address_are(world: World):
    """Each first attempt hangs as long as each retry: still every one has its four attempts, then is a dead letter."""
    world.endpoints[ONE] = lambda _: (HANGS, 30.0)
    for session in range(6):
        for _ in range(20):
            world.record(session_id=f"s{session}")
    world.run(20 * 30 + 4 * 30 + 400)
    assert world.store.webhook_counts() == WebhookCounts(dead=120)
    for event in world.recorded:
        first, *retries = world.times(event)
        assert retries == pytest.approx([first + 35, first + 95, first + 425], abs=1)


@pytest.mark.slow
def test_hanging_endpoints_delay_nobody(world: World):
    for number in range(CONNECTIONS):
        address = f"http://hangs-{number}.test/"
        world.endpoints[address] = lambda _: (HANGS, 30.0)
        for session in range(2):
            world.record(address, f"s{session}")
    assert world.in_flight.total() >= CONNECTIONS
    event = world.record(TWO)
    assert world.times(event) == [world.now]


def test_a_long_queue_does_not_delay_another_tenant_at_that_endpoint(world: World):
    world.endpoints[ONE] = lambda _: (OK, 1.0)
    for _ in range(50):
        world.record(session_id="busy")
    event = world.record(session_id="quiet")
    assert world.times(event) == [world.now]


def test_a_lane_gets_four_connections_and_all_of_an_address_their_turn(world: World):
    world.endpoints[ONE] = lambda _: (HANGS, 100.0)
    for _ in range(8):
        for session in range(20):
            world.record(session_id=f"s{session}")
    for _ in range(100):
        world.run(20)
        assert world.in_flight.total() <= 20 + max(20, RETRIES_PER_ORIGIN)
    assert set(world.peak.values()) <= set(range(2, PER_LANE + 1))
    world.run(2 * HOUR)
    assert world.store.webhook_counts() == WebhookCounts(dead=160)


# An endpoint that wants no more


def test_a_410_stops_the_endpoint_until_the_webhook_is_set_again(world: World):
    world.endpoints[ONE] = lambda attempt: (GONE, 1.0) if attempt.event.session_id == "a" else (OK, 1.0)
    first = world.record()
    waiting = world.record()
    other = world.record(session_id="b")
    world.run(HOUR)
    later = world.record()
    world.run(HOUR)
    assert (world.times(waiting), world.times(later)) == ([], [])
    assert len(world.times(first)) == len(world.times(other)) == 1
    assert world.store.webhook_counts("a") == WebhookCounts(dead=3)
    [log] = world.logged("webhook_stopped")
    assert (log.session_id, log.details) == ("a", {"endpoint": "http://one.test", "deadLetters": 2})
    del world.endpoints[ONE]
    with world.store.transaction() as transaction:
        transaction.resume_lanes("a")
    world.record()
    assert world.replay(DeadLetterFilter("a")) == 3
    world.run(HOUR)
    assert world.store.webhook_counts("a") == WebhookCounts()


def busy_with_a_replay(world: World) -> None:
    """Other chores wait for it."""
    with world.store.transaction() as transaction:
        for number in range(5 * STEP):
            transaction.record("busy", EventDraft(f"old{number}", "message_received", world.now, {}, TWO))
        transaction.dead_letter(Lane(TWO, "busy"), world.now, "")
    world.endpoints[TWO] = lambda _: (OK, HOUR)
    world.ask(ReplayDeadLetters(DeadLetterFilter("busy")))


@pytest.mark.parametrize("is_busy", [True, False])
def test_a_stopped_endpoint_is_reported_once_and_left_alone(world: World, is_busy: bool):
    world.endpoints[ONE] = failing(9)
    for _ in range(30):
        world.record()
    world.run(4.99)
    world.endpoints[ONE] = lambda _: (GONE, 0.005)
    if is_busy:
        busy_with_a_replay(world)
    world.run(60)
    posted = world.attempts[30:]
    assert len([attempt for attempt in posted if attempt.endpoint == ONE]) == RETRIES_PER_LANE
    assert world.store.webhook_counts("a") == WebhookCounts(dead=30)
    [log] = world.logged("webhook_stopped")
    assert log.details == {"endpoint": "http://one.test", "deadLetters": 30}


def test_a_webhook_set_anew_is_served_while_the_dead_letter_job_waits(world: World):
    world.endpoints[ONE] = lambda _: (GONE, 0.005)
    world.record()
    old = world.record()
    busy_with_a_replay(world)
    world.run(0.006)
    with world.store.transaction() as transaction:
        transaction.resume_lanes("a")
    world.endpoints[ONE] = failing(1)
    new = world.record()
    assert world.store.webhook_counts("a").pending == 2, "not dead_lettered yet"
    assert world.times(new) == [world.now]
    world.run(60)
    assert (len(world.times(old)), len(world.times(new))) == (0, 2)
    assert world.store.webhook_counts("a") == WebhookCounts(dead=2)


def test_a_second_410_gives_up_what_came_since_the_first(world: World):
    world.endpoints[ONE] = lambda _: (GONE, 0.005)
    world.record()
    world.record()
    busy_with_a_replay(world)
    world.run(0.006)
    with world.store.transaction() as transaction:
        transaction.resume_lanes("a")
    for _ in range(3):
        world.record()
    world.run(60)
    assert len([attempt for attempt in world.attempts if attempt.endpoint == ONE]) == 2
    assert world.store.webhook_counts("a") == WebhookCounts(dead=5)


def test_what_was_committed_when_a_410_came_is_a_dead_letter_too(world: World):
    world.endpoints[ONE] = lambda _: (GONE, 1.0)
    world.record()
    with world.store.transaction() as transaction:
        transaction.record("a", EventDraft("quiet", "message_received", world.now, {}, ONE))
    world.run(60)
    world.record(session_id="b")
    world.run(60)
    assert len([attempt for attempt in world.attempts if attempt.event.session_id == "a"]) == 1
    assert world.store.webhook_counts("a") == WebhookCounts(dead=2)


def test_a_removed_webhook_gets_nothing_more(world: World):
    world.endpoints[ONE] = failing(9)
    event = world.record()
    world.run(1)
    with world.store.transaction() as transaction:
        transaction.dead_letter(Lane(ONE, "a"), world.now, "Webhook removido")
    world.run(HOUR)
    assert len(world.times(event)) == 1
    [dead] = world.store.dead_letters(DeadLetterFilter("a"))
    assert dead.last_error == "Webhook removido"


# Dead letters


def test_a_replay_delivers_every_dead_letter_with_its_id_and_body(world: World):
    world.endpoints[ONE] = failing(4)
    events = [world.record() for _ in range(20)]
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts(dead=20)
    assert world.replay(DeadLetterFilter("a", event_ids=(events[3].id,))) == 1
    assert world.replay(DeadLetterFilter("a")) == 19
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts()
    again = [attempt for attempt in world.attempts if attempt.number == 5]
    assert [attempt.event for attempt in again] == [events[3], *events[:3], *events[4:]]


def test_a_replay_has_a_schedule_of_its_own(world: World):
    world.endpoints[ONE] = failing(99)
    event = world.record()
    world.run(HOUR)
    began = world.now
    world.endpoints[TWO] = failing(99)
    assert world.replay(DeadLetterFilter("a"), TWO) == 1
    world.run(HOUR)
    assert world.times(event)[4:] == pytest.approx([began, began + 5, began + 35, began + 335], abs=0.1)
    assert [a.number for a in world.attempts] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {a.endpoint for a in world.attempts[4:]} == {TWO}


def test_an_endpoint_that_works_again_is_reported_with_its_dead_letters(world: World):
    world.endpoints[ONE] = failing(9)
    for _ in range(3):
        world.record()
    world.run(HOUR)
    assert len([log for log in world.logged("webhook_failed") if log.level == "warning"]) == 1
    del world.endpoints[ONE]
    world.record()
    world.record()
    world.run(1)
    [log] = world.logged("webhook_recovered")
    assert log.details == {
        "endpoint": "http://one.test",
        "deadLetters": 3,
        "replayed": 0,
        "note": "O destino voltou a receber. Eventos abandonados que podem ser reenviados: 3",
    }
    assert world.store.webhook_counts() == WebhookCounts(dead=3)


def test_automatic_replay_tries_each_dead_letter_once_more(folder: Path):
    world = World(folder, webhook_policy(auto_replay=True))
    configure(world, ONE)
    world.endpoints[ONE] = lambda attempt: ERROR if attempt.event.sequence == 1 or world.now < 2000 else OK
    poison, *others = [world.record() for _ in range(4)]
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts(dead=4)
    for _ in range(5):
        world.record()
        world.run(HOUR)
    assert [d.event for d in world.store.dead_letters(DeadLetterFilter("a"))] == [poison]
    assert len(world.times(poison)) == 8
    assert {len(world.times(event)) for event in others} == {5}


def configure(world: World, url: str) -> None:
    with world.store.transaction() as transaction:
        transaction.save(SessionRecord("a", 0.0, webhook_url=url))


@pytest.mark.parametrize(("own", "is_replayed"), [(ONE, True), (TWO, False), ("", False)])
def test_automatic_replay_goes_to_the_present_webhook_only(folder: Path, own: str, is_replayed: bool):
    world = World(folder, webhook_policy(auto_replay=True, default_url="http://default.test/"))
    world.endpoints[ONE] = lambda a: ERROR if a.event.sequence < 3 else (OK, HOUR)
    for _ in range(3):
        world.record()
    world.run(HOUR - 10)  # the third is still under way
    assert world.store.webhook_counts() == WebhookCounts(pending=1, dead=2)
    configure(world, own)
    world.endpoints[ONE] = lambda _: OK
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts(dead=0 if is_replayed else 2)


def test_a_flapping_endpoint_is_reported_once_a_minute(world: World):
    world.endpoints[ONE] = lambda a: ERROR if a.event.sequence % 2 else OK
    for _ in range(40):
        world.record()
        world.run(5)
    world.endpoints[ONE] = lambda _: OK
    world.run(HOUR)
    told = [log.event for log in world.logs if log.level != "debug"]
    assert told == 4 * ["webhook_failed", "webhook_recovered"]  # of twenty failures in 200 s


@pytest.mark.parametrize("is_busy", [True, False])
def test_what_dies_within_a_minute_of_a_recovery_is_replayed_all_the_same(folder: Path, is_busy: bool):
    world = World(folder, webhook_policy(auto_replay=True, default_url=ONE))
    configure(world, ONE)
    world.endpoints[ONE] = lambda a: OK if 1300 <= a.at < 1330 or a.at >= 1340 else ERROR
    unlucky = world.record()
    world.run(310)
    world.record()  # works
    world.run(35)
    assert world.store.webhook_counts() == WebhookCounts(dead=1)
    world.record()  # works again, when that was told 35 s ago
    world.run(5)
    assert len(world.times(unlucky)) == 4
    for _ in range(12 if is_busy else 0):
        world.record()
        world.run(5)
    world.run(125)
    assert world.store.webhook_counts() == WebhookCounts()
    assert len(world.times(unlucky)) == 5
    assert [log.details["replayed"] for log in world.logged("webhook_recovered") if log.details] == [0, 1]


@pytest.mark.slow
def test_a_long_replay_and_a_long_dead_letter_job_let_others_through(world: World):
    world.endpoints[ONE] = failing(4)
    for _ in range(3 * STEP):
        world.record()
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts(dead=3 * STEP)
    world.endpoints[ONE] = lambda _: (GONE, 30.0)
    asked = world.ask(ReplayDeadLetters(DeadLetterFilter("a")))
    assert (asked.is_answered, world.store.webhook_counts().dead) == (False, 2 * STEP)
    other = world.record(TWO)
    assert world.times(other) == [world.now]
    world.run(10)
    assert asked.value == 3 * STEP
    world.run(19.99)
    assert world.store.webhook_counts() == WebhookCounts(pending=3 * STEP)
    while world.store.webhook_counts().pending == 3 * STEP:
        world.step()
    assert world.store.webhook_counts() == WebhookCounts(pending=2 * STEP - 1, dead=STEP + 1)
    late = world.record()
    world.run(1)
    assert world.times(late) == []
    assert world.store.webhook_counts() == WebhookCounts(dead=3 * STEP + 1)
    [log] = world.logged("webhook_stopped")
    assert log.details == {"endpoint": "http://one.test", "deadLetters": 3 * STEP}
    assert len([a for a in world.attempts if a.number == 5]) == 1


def test_a_webhook_set_again_amid_a_dead_letter_job_gets_new_events(world: World):
    world.endpoints[ONE] = lambda _: (GONE, 1.0)
    for _ in range(3 * STEP):
        world.record()
    while not world.store.webhook_counts().dead:
        world.step()
    assert world.store.webhook_counts().pending > STEP
    with world.store.transaction() as transaction:
        transaction.resume_lanes("a")
    world.endpoints[ONE] = lambda _: (OK, 5.0)
    new = [world.record() for _ in range(2)]
    world.run(HOUR)
    assert [len(world.times(event)) for event in new] == [1, 1]
    assert world.store.webhook_counts() == WebhookCounts(dead=3 * STEP)


def test_a_code_is_not_delivered_any_more_once_there_is_nothing_to_scan(world: World):
    world.endpoints[ONE] = failing(9)
    code = world.record(name="qr_code")
    world.run(6)
    world.record(name="connection_change", status="connected")
    world.run(HOUR)
    assert len(world.times(code)) == 2
    # The change, which the endpoint refused.
    assert world.store.webhook_counts() == WebhookCounts(dead=1)


def test_a_code_that_nobody_took_is_replayed_while_it_is_the_newest(world: World):
    world.endpoints[ONE] = failing(4)
    code, message = world.record(name="qr_code"), world.record()
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts(dead=2)
    assert world.replay(DeadLetterFilter("a")) == 2
    world.run(HOUR)
    assert (len(world.times(code)), len(world.times(message))) == (5, 5)
    assert world.store.webhook_counts() == WebhookCounts()


def test_a_dead_code_is_gone_once_there_is_nothing_to_scan(world: World):
    world.endpoints[ONE] = failing(4)
    world.record(name="qr_code")
    world.run(HOUR)
    world.record(name="connection_change", status="connected")
    world.run(HOUR)
    assert [letter.event.name for letter in world.store.dead_letters(DeadLetterFilter("a"))] == [
        "connection_change"
    ]


# Holding


@pytest.fixture
def holding(folder: Path) -> World:
    return World(folder, webhook_policy(hold_seconds=2 * HOUR))


def test_thirty_minutes_without_a_connection_cost_no_attempt_and_no_order(holding: World):
    back = holding.now + HOUR / 2
    holding.endpoints[ONE] = lambda attempt: REFUSED if attempt.at < back else OK
    events: dict[str, list[EventRecord]] = {session: [] for session in "ab"}
    for _ in range(30):
        for session, recorded in events.items():
            recorded.append(holding.record(session_id=session))
        holding.run(30)
    assert (
        len(holding.attempts) <= HOLD_AFTER + 3 + (HOUR / 2) / PROBE_SECONDS[-1]
    )  # half-open probes, not one per event
    holding.run(2 * HOUR)
    assert holding.store.webhook_counts() == WebhookCounts()
    for session, recorded in events.items():
        heard = [a for a in holding.attempts if a.at >= back and a.event.session_id == session]
        assert [a.event for a in heard] == recorded
        assert {a.number for a in heard} == {1}


def test_an_http_error_of_one_endpoint_holds_nobody(holding: World):
    holding.endpoints["http://host.test/a"] = failing(9)
    bad = holding.record("http://host.test/a", "a")
    good = holding.record("http://host.test/b", "b")
    holding.run(HOUR)
    assert (len(holding.times(bad)), len(holding.times(good))) == (4, 1)


def test_a_hold_is_per_origin(holding: World):
    holding.endpoints["http://down.test/a"] = lambda _: REFUSED
    holding.endpoints["http://down.test/b"] = lambda _: REFUSED
    holding.record("http://down.test/a", "a")
    waits = holding.record("http://down.test/b", "b")
    fine = holding.record("http://up.test/", "c")
    holding.run(1)
    assert len(holding.times(fine)) == 1
    assert len(holding.times(waits)) <= 2
    holding.run(30)
    before = len(holding.attempts)
    holding.run(10 * PROBE_SECONDS[-1])
    assert len(holding.attempts) - before in range(9, 12)


def test_a_lane_that_cannot_connect_is_tried_thrice_then_probed(
    holding: World,
):
    holding.endpoints[ONE] = lambda _: REFUSED
    event = holding.record()
    holding.run(100)
    assert holding.times(event) == pytest.approx([1000, 1001, 1002, 1003, 1008, 1038, 1068, 1098], abs=0.1)
    [log] = holding.logged("webhook_held")
    assert (log.level, log.session_id, log.details) == ("warning", None, {"endpoint": "http://one.test"})
    assert holding.logged("webhook_released") == []
    del holding.endpoints[ONE]
    holding.run(60)
    [log] = holding.logged("webhook_released")
    assert log.details == {"endpoint": "http://one.test"}
    assert holding.store.webhook_counts() == WebhookCounts()


def test_one_refused_connect_holds_its_lane_for_a_second_and_nobody_else(holding: World):
    holding.endpoints[ONE] = lambda a: REFUSED if a.event.session_id == "a" and a.at < 1000.5 else OK
    unlucky = holding.record()
    others = [holding.record(session_id="b") for _ in range(5)]
    holding.run(5)
    assert {holding.times(event)[0] for event in others} <= {1000.0}
    assert holding.times(unlucky) == pytest.approx([1000, 1001], abs=0.01)
    assert holding.logged("webhook_held") == []


def test_connects_begun_before_a_hold_do_not_put_its_probes_off(holding: World):
    holding.endpoints[ONE] = lambda a: (REFUSED, 2.5 if a.event.session_id == "slow" else 0.0)
    holding.record(session_id="slow")
    for number in range(HOLD_AFTER):
        holding.record(session_id=f"s{number}")
    holding.run(20)
    assert [a.at for a in holding.attempts[HOLD_AFTER + 1 :]] == pytest.approx([1001, 1006], abs=0.1)


def test_connects_that_fail_after_a_later_one_has_succeeded_hold_nobody(holding: World):
    """Slow to fail: they were begun before."""
    holding.endpoints[ONE] = lambda a: (REFUSED, 5.0) if a.event.session_id != "ok" and a.at < 1001 else OK
    slow = [holding.record(session_id=f"s{number}") for number in range(2 * HOLD_AFTER)]
    holding.run(4)
    holding.record(session_id="ok")
    holding.run(2)
    assert holding.logged("webhook_held") == []
    holding.run(1)
    assert {len(holding.times(event)) for event in slow} == {2}
    assert holding.store.webhook_counts() == WebhookCounts()


def test_the_hold_counts_from_when_the_origin_was_lost_not_from_the_event(holding: World):
    """An event from long before: a replay, or the daemon itself was off."""
    holding.now += 3 * HOUR
    holding.endpoints[ONE] = lambda _: REFUSED
    old = holding.record(at=1000.0)
    holding.run(HOUR)
    assert holding.store.webhook_counts() == WebhookCounts(pending=1)
    del holding.endpoints[ONE]
    holding.run(31)
    assert holding.store.webhook_counts() == WebhookCounts()
    assert {attempt.number for attempt in holding.attempts if attempt.event == old} == {1}


@pytest.mark.slow
def test_a_replayed_letter_is_held_from_its_replay(holding: World):
    holding.endpoints[ONE] = failing(4)
    holding.record()
    holding.run(HOUR)
    holding.endpoints[ONE] = lambda _: REFUSED
    holding.record()
    holding.run(1.9 * HOUR)
    assert holding.replay(DeadLetterFilter("a")) == 1
    holding.run(HOUR)
    assert holding.store.webhook_counts() == WebhookCounts(pending=1, dead=1)
    [dead] = holding.store.dead_letters(DeadLetterFilter("a"))
    assert dead.event.sequence == 2


@pytest.mark.parametrize("hold", [0.0, 2 * HOUR])
def test_a_clock_that_is_set_back_delays_nothing_for_longer_than_planned(folder: Path, hold: float):
    world = World(folder, webhook_policy(hold_seconds=hold))
    world.now = 10 * HOUR
    world.endpoints[ONE] = lambda a: REFUSED if a.event.sequence == 1 else ERROR
    refused, failed = world.record(), world.record(session_id="b")
    world.run(10)
    world.shift_clock(-HOUR)
    world.endpoints[ONE] = lambda _: OK
    world.run(61)
    assert world.store.webhook_counts() == WebhookCounts()
    assert (world.times(refused)[-1], world.times(failed)[-1]) < (10 * HOUR, 10 * HOUR)


def test_retries_from_before_a_clock_was_set_back_do_not_wait(world: World):
    world.now = 10 * HOUR
    world.endpoints[ONE] = failing(9)
    old = world.record()
    world.run(1)
    world.shift_clock(-HOUR)
    for _ in range(10):
        world.record()
        world.run(3)
    assert len(world.times(old)) > 1


def test_a_daemon_that_starts_on_an_earlier_clock_retries_all_the_same(world: World):
    world.now = 10 * HOUR
    world.endpoints[ONE] = failing(2)
    world.record()
    world.run(10)
    world.now = 9 * HOUR
    world.crash()
    world.run(31)
    assert world.store.webhook_counts() == WebhookCounts()


@pytest.mark.slow
def test_what_was_held_too_long_is_a_dead_letter(holding: World):
    holding.endpoints[ONE] = lambda _: REFUSED
    for _ in range(3):
        holding.record()
    holding.run(2 * HOUR - 60)
    assert holding.store.webhook_counts() == WebhookCounts(pending=3)
    young = holding.record()
    holding.run(120)
    assert holding.store.webhook_counts() == WebhookCounts(pending=1, dead=3)
    [log] = holding.logged("webhook_abandoned")
    assert log.details == {"endpoint": "http://one.test", "deadLetters": 3}
    del holding.endpoints[ONE]
    holding.run(60)
    assert len([a for a in holding.attempts if a.event == young and a.number == 1]) >= 1
    assert holding.replay(DeadLetterFilter("a")) == 3
    holding.run(60)
    assert holding.store.webhook_counts() == WebhookCounts()


def test_without_a_hold_one_replay_delivers_half_an_hour_of_dead_letters(world: World):
    back = world.now + HOUR / 2
    world.endpoints[ONE] = lambda attempt: REFUSED if attempt.at < back else OK
    events = []
    for _ in range(60):
        events.append(world.record())
        world.run(30)
    world.run(HOUR)
    counts = world.store.webhook_counts()
    assert counts.pending == 0
    assert 0 < counts.dead < 60
    assert world.replay(DeadLetterFilter("a")) == counts.dead
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts()
    assert {a.event.id for a in world.attempts if a.at >= back} == {event.id for event in events}


# Trouble


def test_a_full_disk_stops_new_attempts_before_too_many_would_be_repeated(world: World):
    world.endpoints[ONE] = lambda _: (OK, 0.001)
    for _ in range(700):
        world.record()
    world.store.full = True
    world.run(20)
    sent = len(world.attempts)
    assert 500 <= sent < 520
    world.store.full = False
    world.run(20)
    assert world.store.webhook_counts() == WebhookCounts()
    assert len(world.attempts) == 700  # nothing was sent twice: there was no crash


def test_a_410_on_a_full_disk_is_remembered(world: World):
    world.endpoints[ONE] = lambda _: (GONE, 1.0)
    world.record()
    world.record()
    world.store.full = True
    world.run(10)
    world.store.full = False
    world.run(10)
    assert len(world.attempts) == 1
    assert world.store.webhook_counts() == WebhookCounts(dead=2)


def test_what_is_old_enough_is_pruned_and_the_rest_stays(folder: Path):
    world = World(folder, webhook_policy(keep_seconds=HOUR, journal_keep_seconds=HOUR))
    world.record()
    world.endpoints[TWO] = failing(9)
    world.record(TWO)
    world.run(HOUR / 2)
    assert len(world.store.events_after("a", 0, 9)) == 2
    world.run(4 * HOUR)
    assert world.store.events_after("a", 0, 9) == []


def test_the_audit_trail_stays_as_long_as_is_set(folder: Path):
    world = World(folder, webhook_policy(audit_keep_seconds=6 * HOUR))
    with world.store.transaction() as transaction:
        transaction.audit(AuditEntry(world.now, "session.start"))
    world.run(4 * HOUR)
    assert len(world.store.audit_entries_after(0, 9)) == 1
    world.run(4 * HOUR)
    assert world.store.audit_entries_after(0, 9) == []


def test_a_clock_that_is_a_week_ahead_for_an_hour_costs_no_event(folder: Path):
    world = World(folder)
    world.record()
    world.run(2 * HOUR)
    world.shift_clock(8 * 24 * HOUR)
    world.run(50 * 60)
    assert len(world.store.events_after("a", 0, 9)) == 1
    world.run(HOUR)
    assert world.store.events_after("a", 0, 9) == []


def test_what_is_too_much_is_put_aside_and_reported_but_never_messages(folder: Path):
    world = World(folder, webhook_policy(pending_max=10))
    world.endpoints[ONE] = lambda _: (HANGS, HOUR)
    for _ in range(20):
        world.record()
        world.record(name="message_ack")
    world.run(120)
    assert world.store.webhook_counts() == WebhookCounts(pending=20, dead=20)
    [full] = world.logged("webhook_queue_full")
    assert (full.level, full.session_id) == ("warning", "a")
    assert full.details == {"pending": 40, "allowed": 10}
    [told] = world.logged("webhook_abandoned")
    assert told.details == {"dropped": 0, "deadLetters": 20}
    assert {d.event.name for d in world.store.dead_letters(DeadLetterFilter("a"))} == {"message_ack"}


def test_leaving_waits_for_what_is_in_flight_and_starts_nothing_more(world: World):
    world.endpoints[ONE] = lambda _: (OK, 2.0)
    sent, waiting = world.record(), world.record()
    asked = world.ask(Drain())
    world.run(1.9)
    assert not asked.is_answered
    world.run(0.2)
    assert asked.is_answered
    assert world.store.webhook_counts() == WebhookCounts(pending=1)
    world.run(HOUR)
    assert (len(world.times(sent)), world.times(waiting)) == (1, [])
    world.crash()
    world.run(HOUR)
    assert (len(world.times(sent)), len(world.times(waiting))) == (1, 1)


def test_leaving_idle_is_answered_at_once(world: World):
    world.record()
    world.run(1)
    assert world.ask(Drain()).is_answered


def test_an_unknown_message_is_a_bug(world: World):
    with pytest.raises(TypeError):
        world.mind.handle("what?", 1.0)


def test_an_outcome_of_an_earlier_life_changes_nothing(world: World):
    world.endpoints[ONE] = lambda _: (OK, 5.0)
    event = world.record()
    agenda = list(world._agenda)
    world.crash()
    world._agenda += agenda
    world.run(60)
    assert len(world.times(event)) == 2
    assert world.store.webhook_counts() == WebhookCounts()


# Everything at once

behaviours = st.sampled_from(
    list(
        {
            "ok": lambda _: OK,
            "slow": lambda _: (OK, 0.7),
            "errors": lambda _: ERROR,
            "hangs": lambda _: (HANGS, 30.0),
            "refuses": lambda _: REFUSED,
            "first fails": lambda attempt: ERROR if attempt.number == 1 else OK,
            "flaky": lambda attempt: (
                (ERROR, 0.1) if (attempt.event.sequence + attempt.number) % 3 else (OK, 0.1)
            ),
        }.items()
    )
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.sampled_from("abc"), st.sampled_from([ONE, TWO])),
        st.tuples(st.just("run"), st.sampled_from([0.05, 1.0, 7.0, 100.0])),
        st.tuples(st.just("steps"), st.integers(1, 5)),
        st.tuples(st.just("crash")),
    ),
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(steps, behaviours, behaviours, st.sampled_from([0.0, HOUR]))
@pytest.mark.slow
def test_nothing_is_lost_whatever_happens(
    script: list[tuple[Any, ...]], one: tuple[str, Endpoint], two: tuple[str, Endpoint], hold: float
):
    folder = new_folder()
    try:
        world = World(folder, webhook_policy(hold_seconds=hold), endpoints={ONE: one[1], TWO: two[1]})
        crashes = 0
        for step in script:
            match step:
                case ("record", session_id, endpoint):
                    world.record(endpoint, session_id)
                case ("run", seconds):
                    world.run(seconds)
                case ("steps", number):
                    for _ in range(number):
                        world.step()
                case _:
                    world.crash()
                    crashes += 1
        world.run(4 * HOUR)
        check_history(world, crashes)
        world.store.close()
    finally:
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    "point", [*range(0, 60, 6), *[pytest.param(n, marks=pytest.mark.long) for n in range(200)]]
)
def test_a_crash_at_any_point_of_the_life_of_events_loses_none(folder: Path, point: int):
    flaky: Endpoint = lambda a: (ERROR if (a.event.sequence + a.number) % 3 else OK, 0.3)  # noqa: E731
    world = World(folder, endpoints={ONE: flaky, TWO: failing(2)})
    for number in range(30):
        world.record((ONE, TWO)[number % 2], "abc"[number % 3])
    for _ in range(point * 2):
        world.step()
    world.crash()
    world.run(HOUR)
    check_history(world, crashes=1)
    world.store.close()


def check_history(world: World, crashes: int) -> None:
    assert world.store.webhook_counts().pending == 0
    assert max(world.peak.values(), default=0) <= PER_LANE
    held = world.policy.hold_seconds > 0
    dead = {d.event.id for s in "abc" for d in world.store.dead_letters(DeadLetterFilter(s), limit=1000)}
    firsts: dict[tuple[str, str], list[int]] = {}
    for event in world.recorded:
        tried = [a for a in world.attempts if a.event.id == event.id]
        assert tried or (event.id in dead and held), "never tried"
        assert {a.event for a in tried} <= {event}  # whatever is sent again is the same, byte for byte
        assert len(tried) <= 4 + crashes or held
        check_waits(tried, crashes)
        if event.id not in dead:
            assert any(is_success(world, a) for a in tried)
    for attempt in world.attempts:
        seen = firsts.setdefault((attempt.endpoint, attempt.event.session_id), [])
        if attempt.event.sequence not in seen:
            seen.append(attempt.event.sequence)
    assert all(order == sorted(order) for order in firsts.values())


def is_success(world: World, attempt: Attempt) -> bool:
    met = world.endpoints[attempt.endpoint](attempt)
    return OK in (met if isinstance(met, tuple) else (met,))


def check_waits(tried: list[Attempt], crashes: int) -> None:
    """Between two attempts with growing numbers lies at least the schedule's delay."""
    delays = webhook_schedule().delays
    for before, after in pairwise(tried):
        if after.number > before.number:
            assert after.at - before.at >= delays[before.number - 1] - 0.001
        else:
            assert crashes or after.at - before.at >= REST_SECONDS - 0.001


@pytest.mark.slow
@pytest.mark.parametrize(
    "total", [300, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(300)])]
)
def test_ten_thousand_events_keep_to_the_schedule(world: World, total: int):
    """All fail always: four attempts each, every one within 0.1 s of its time; then all are dead, and replayed."""
    fails = failing(4)
    world.endpoints = {f"http://e{number}.test/": fails for number in range(10)}
    for number in range(total):
        world.record(f"http://e{number % 10}.test/", f"s{number % 7}")
        world.run(0.05)
    world.run(HOUR)
    times: dict[str, list[float]] = {}
    for attempt in world.attempts:
        times.setdefault(attempt.event.id, []).append(attempt.at)
    for event in world.recorded:
        at = event.at
        assert times[event.id] == pytest.approx([at, at + 5, at + 35, at + 335], abs=0.1)
    assert world.store.webhook_counts() == WebhookCounts(dead=total)
    assert sum(world.replay(DeadLetterFilter(f"s{number}")) for number in range(7)) == total
    world.run(HOUR)
    assert world.store.webhook_counts() == WebhookCounts()
