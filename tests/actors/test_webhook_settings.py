"""A session's webhook: everything leaves signed, however the target came to be, and each way to set it counts."""

from __future__ import annotations

import pytest

from actors.runtime.effects import Post
from actors.session.unit_of_work import ROTATED_SECRETS
from tests.actors.conftest import MakeGateway
from tests.actors.gateway import ENDPOINT, OK, Gateway
from wppmt.domain import messages
from wppmt.domain.messages import session_address
from wppmt.store.outbox_records import WebhookCounts
from wppmt.store.records import EVENT_NAMES
from wppmt.webhook.classify import Answered, AttemptResult

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")
HOUR = 3600.0
OWN = "http://turbozap/own"


def posts_of(gateway: Gateway) -> list[Post]:
    """All that will be delivered, and taken."""
    posts: list[Post] = []

    def receive(post: Post) -> AttemptResult:
        posts.append(post)
        return OK

    gateway.receive = receive
    return posts


@pytest.mark.parametrize("is_adopted", [True, False])
def test_a_default_webhook_that_is_set_later_gets_signed_events(make_gateway: MakeGateway, is_adopted: bool):
    gateway = make_gateway(endpoint="")
    posts = posts_of(gateway)
    gateway.connect("a", ME)
    gateway.kill_daemon()
    if not is_adopted:
        gateway.browser("a").crash()

    gateway._endpoint = ENDPOINT
    gateway.boot()
    gateway.run(30)
    secrets = gateway.store.secrets("a")
    assert secrets is not None, "…/webhook/test signs with it, before any event"
    gateway.browser("a").receive(FRIEND)
    gateway.run(30)
    assert posts
    assert {post.secrets for post in posts} == {secrets}


def test_a_session_without_a_target_needs_no_secret(make_gateway: MakeGateway):
    gateway = make_gateway(endpoint="")
    gateway.connect("a", ME)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(30)
    assert gateway.store.secrets("a") is None


def test_a_secret_that_is_there_is_kept_by_the_next_daemon(gateway: Gateway):
    gateway.connect("a", ME)
    secrets = gateway.store.secrets("a")
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(30)
    assert gateway.store.secrets("a") == secrets


@pytest.mark.parametrize(
    "set_anew", [messages.StartSession("a", webhook_url=OWN), messages.SetWebhook(OWN, EVENT_NAMES)]
)
def test_setting_the_webhook_anew_ends_a_410_whichever_way_it_is_set(
    gateway: Gateway, set_anew: messages.StartSession | messages.SetWebhook
):
    gateway.receive = lambda _: Answered(410)
    browser = gateway.connect("a", ME, webhook_url=OWN)
    gateway.run(10)
    browser.receive(FRIEND)
    gateway.run(10)
    dead_lettered = gateway.store.webhook_counts("a")
    assert dead_lettered.dead

    posts = posts_of(gateway)
    address = messages.ROOT_ACTOR if isinstance(set_anew, messages.StartSession) else A
    gateway.ask(address, set_anew)
    browser.receive(FRIEND)
    gateway.run(10)
    assert [post.delivery.event.name for post in posts] == ["message_received"]
    assert gateway.store.webhook_counts("a") == WebhookCounts(dead=dead_lettered.dead)


def rotate(gateway: Gateway) -> str:
    settings: messages.SessionWebhook = gateway.ask(A, messages.RotateWebhookSecret())
    assert settings.secret is not None
    return settings.secret


def live(gateway: Gateway) -> list[str]:
    secrets = gateway.store.secrets("a")
    assert secrets is not None
    return secrets.live(gateway.time.now())


@pytest.mark.slow
def test_each_rotated_secret_stays_valid_for_a_day_of_its_own(gateway: Gateway):
    """The receiver may still be on the first one when somebody presses the button a second time."""
    first = gateway.start("a").webhook_secret
    assert first is not None
    second = rotate(gateway)
    gateway.run(6 * HOUR)
    third = rotate(gateway)
    assert live(gateway) == [third, second, first]
    gateway.run(18 * HOUR - 60)
    assert live(gateway) == [third, second, first]
    gateway.run(120)
    assert live(gateway) == [third, second]
    gateway.run(6 * HOUR)
    assert live(gateway) == [third]


@pytest.mark.slow
def test_many_rotations_keep_the_newest_and_forget_the_expired(gateway: Gateway):
    gateway.start("a")
    made = [rotate(gateway) for _ in range(9)]
    assert live(gateway) == made[: -2 - ROTATED_SECRETS : -1]
    gateway.run(25 * HOUR)
    newest = rotate(gateway)
    secrets = gateway.store.secrets("a")
    assert secrets is not None
    assert [secret for secret, _ in secrets.rotated] == [made[-1]]
    assert secrets.current == newest


def test_a_start_that_says_nothing_of_the_webhook_leaves_it_as_it_was(gateway: Gateway):
    gateway.connect("a", ME, webhook_url=OWN, events=("message_received",))
    gateway.start("a", description="Conta A")
    record = gateway.record("a")
    assert (record.webhook_url, record.webhook_events) == (OWN, ("message_received",))
    gateway.start("a", webhook_url=f"{OWN}/2")
    record = gateway.record("a")
    assert (record.webhook_url, record.webhook_events) == (f"{OWN}/2", ("message_received",))


def test_a_start_sets_all_that_it_names_before_the_browser_opens(gateway: Gateway):
    given = {"proxy": "http://u:p@proxy.test:1", "engine": "headless-shell", "ignore": ("groups",)}
    gateway.start("a", **given)
    record = gateway.record("a")
    assert {name: getattr(record, name) for name in given} == given


def test_a_change_keeps_what_it_does_not_name(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.ask(A, messages.ConfigureSession(description="Loja", proxy="http://u:p@proxy.test:1"))
    status = gateway.ask(A, messages.ConfigureSession(proxy=""))
    assert (status.record.description, status.record.proxy) == ("Loja", "")
    record = gateway.store.session("a")
    assert record
    assert (record.description, record.proxy) == ("Loja", "")
    assert len(gateway.browsers.opened["a"]) == 1, "nothing is restarted by itself"
