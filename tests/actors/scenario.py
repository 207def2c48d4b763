"""A run by chance: requests, messages and troubles of every kind, then peace, then the verdict on its history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from actors.runtime.effects import Post
from actors.session.heartbeat import PROBES
from actors.session.messages import Called, MemoryShort, PageAnswered
from tests.actors.gateway import DOWN, HANGS, OK, Gateway
from tests.actors.history import Asked, History
from tests.defaults import session_policy, webhook_schedule
from wppmt.browser.fake.browsers import FakeBrowser
from wppmt.browser.port import CallTimeout, ChannelClosed
from wppmt.domain import messages, sends
from wppmt.domain.hibernation import NEVER, HibernationPlan
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.store.outbox_records import DeadLetterFilter
from wppmt.webhook.classify import AttemptResult, Fault, Unanswered

NUMBERS = {"a": "5511999990001", "b": "5511999990002"}
FRIEND = "5511888880001"
OTHER_ENDPOINT = "http://other.test/webhook"
"""Of one session, in every other run; its receiver is always well."""
HASTY = session_policy(
    outcome_deadline=90.0, open_deadline=40.0, screen_deadline=30.0, resend_after=15.0, logout_deadline=30.0
)
"""The same code with less patience, so that more happens in less time."""
HASTY_WEBHOOKS = webhook_schedule(delays=(5.0, 20.0, 40.0))
STEPS = 28
WAKE_SECONDS = 50.0
"""For whatever hangs to be replaced."""
LONG_WAKE_SECONDS = 250.0
"""A start that hangs is given up after 150 s; only then is there a code to scan again."""
PEACE_SECONDS = 100.0
"""For every schedule to come to its end."""
LONG_PEACE_SECONDS = 800.0


class Poison:
    """A message that no actor knows."""


class Scenario:
    """One seed, one run."""

    def __init__(
        self, folder: Path, seed: int, *, is_hasty: bool = True, make: Callable[..., Gateway] = Gateway
    ) -> None:
        given: dict[str, Any] = {"policy": HASTY, "schedule": HASTY_WEBHOOKS} if is_hasty else {}
        self.gateway = make(folder, seed, **given)
        self.random = self.gateway.random
        self.history = History()
        self._is_hasty = is_hasty
        self._texts = 0
        self._receiver: AttemptResult = OK
        self._stalled: list[Any] = []
        self.history.has_own_receiver = {"b"} if seed % 2 else set()
        self.gateway.receive = self._receive
        self.gateway.world.add_phone(FRIEND)

    def run(self) -> History:
        """What happened, with everything settled at its end."""
        for name in NUMBERS:
            self.connect(name)
        for _ in range(STEPS):
            [act] = self.random.choices(list(ACTS), weights=list(ACTS.values()))
            act(self, self.random.choice(list(NUMBERS)))
            self._let_pass()
            self._look_for_doubles()
        self._make_peace()
        return self._tell()

    def connect(self, name: str) -> None:
        own = OTHER_ENDPOINT if name in self.history.has_own_receiver else None
        self._ask(ROOT_ACTOR, name, "start", messages.StartSession(name, webhook_url=own))
        self.gateway.run(2)
        self.scan(name)
        self.gateway.run(1)

    # ---- what people do

    def start(self, name: str) -> None:
        self._ask(ROOT_ACTOR, name, "start", messages.StartSession(name))

    def restart(self, name: str) -> None:
        self._ask(ROOT_ACTOR, name, "restart", messages.RestartSession(name))

    def close(self, name: str) -> None:
        self._ask(session_address(name), name, "close", messages.CloseSession())

    def log_out(self, name: str) -> None:
        self._ask(session_address(name), name, "logout", messages.LogOut())

    def scan(self, name: str) -> None:
        status = self.gateway.directory.status(name)
        if status and status.qr:
            self.gateway.browsers.scan(status.qr.text, NUMBERS[name])

    def send(self, name: str) -> None:
        to = self.random.choice([FRIEND, *(number for other, number in NUMBERS.items() if other != name)])
        for _ in range(self.random.choice([1, 1, 3])):
            self._texts += 1
            text = f"{name}-{self._texts}"
            typing = self.random.choice([0, 0, 500])
            respond_async = self.random.random() < 0.3
            message = sends.SendText(to, text, typing_ms=typing, respond_async=respond_async)
            self._ask(session_address(name), name, "send", message, text)

    def send_into_trouble(self, name: str) -> None:
        """The moments around a hand-over are where a message is lost or doubled."""
        self.send(name)
        for _ in range(self.random.randrange(10)):
            self.gateway.step()
        if self.random.random() < 0.2:
            self.kill_daemon(name)
        else:
            self._browser_trouble(
                name, self.random.choice(["crash", "crash", "reload", "drop_channel", "hang"])
            )

    def fail_for_long(self, name: str) -> None:
        """Ten failures take five minutes."""
        self.gateway.browsers.refuse_start(name, "CHROME_MISSING", times=self.random.choice([6, 10, 12]))
        self._browser_trouble(name, "crash")
        self.gateway.run(340)

    def hibernate(self, name: str) -> None:
        """After a few seconds without use, for a minute or so: there is much to be seen of it in little time."""
        plan = HibernationPlan(
            self.random.choice([0.05, 0.2, 1]), wake_hours=self.random.choice([0.01, 0.03, 6])
        )
        self._configure(name, plan)

    def never_hibernate(self, name: str) -> None:
        self._configure(name, NEVER)

    def _configure(self, name: str, plan: HibernationPlan) -> None:
        self._ask(session_address(name), name, "configure", messages.ConfigureSession(hibernate=plan))

    def ask_page(self, name: str) -> None:
        self._ask(session_address(name), name, "question", messages.CheckNumber(FRIEND))

    def lack_memory(self, name: str) -> None:
        self.gateway.directory.tell(session_address(name), MemoryShort())

    def write(self, name: str) -> None:
        for _ in range(self.random.choice([1, 1, 3])):
            message_id = self.gateway.browsers.send_from_phone(FRIEND, NUMBERS[name], "oi")
            phone = self.gateway.world.find(NUMBERS[name])
            if phone and phone.linked:
                self.history.written.append((name, message_id))

    # ---- what goes wrong

    def kill_daemon(self, name: str) -> None:
        self._fault("kill_daemon", "")
        self.gateway.kill_daemon()
        self._stalled.clear()
        for act in self.random.choices([Scenario.write, Scenario.scan, None], k=2):
            if act:
                act(self, name)
        self.gateway.run(self.random.choice([0, 1, 3]))
        self.gateway.boot()

    def poison(self, name: str) -> None:
        self._fault("poison", name)
        self.gateway.directory.tell(session_address(name), Poison())

    def stall(self, name: str) -> None:
        address = session_address(name)
        if self.gateway.directory.is_alive(address):
            self._fault("stall", name)
            mailbox = self.gateway.mailbox(address)
            mailbox.stall()
            self._stalled.append(mailbox)

    def stall_in_turn(self, name: str) -> None:
        """Longer than Root's patience, or not."""
        self._fault("stall", name)
        self.gateway.hang_in_turn(session_address(name), self.random.choice([2, 60]))

    def resume(self, name: str) -> None:
        while self._stalled:
            self._stalled.pop().resume()
        self.gateway.scheduler.resume_stalled()

    def fill_disk(self, name: str) -> None:
        self.history.disk.append((self.gateway.time.moment, True))
        self.gateway.store.fill_after = self.random.randrange(6)

    def free_disk(self, name: str = "") -> None:
        self.history.disk.append((self.gateway.time.moment, False))
        self.gateway.store.fill_after, self.gateway.store.is_full = None, False

    def lack_room(self, name: str) -> None:
        self._fault("lack_room", "")
        self.gateway.measure_disk(self.random.randrange(200))

    def have_room(self, name: str = "") -> None:
        self.gateway.measure_disk(10_000)

    def hang_start(self, name: str) -> None:
        self.gateway.hang_start(name)

    def speak_late(self, name: str) -> None:
        """A browser that is gone has one more thing to say, and to answer."""
        gone = [browser for browser in self.gateway.browsers.opened.get(name, []) if not browser.is_alive]
        if gone:
            self.random.choice(gone)._notify(ChannelClosed("tarde"))
        record = self.gateway.store.session(name)
        if record and record.generation > 1:
            late = PageAnswered(record.generation - 1, Called.PROBE, CallTimeout("tarde"), "")
            for _ in range(PROBES):
                self.gateway.directory.tell(session_address(name), late)

    def refuse_starts(self, name: str) -> None:
        code = self.random.choice(["BROWSER_CRASHED", "PROFILE_LOCKED", "PAGE_LOAD_FAILED"])
        self.gateway.browsers.refuse_start(name, code, times=self.random.choice([1, 1, 2, 11]))

    def break_receiver(self, name: str) -> None:
        unreachable = Unanswered(Fault.UNREACHABLE, "recusada")
        answers: list[AttemptResult] = [DOWN, HANGS, unreachable, OK, OK]
        self._receiver = self.random.choice(answers)

    def _browser_trouble(self, name: str, lever: str, *arguments: Any) -> None:
        living = self.gateway.browsers.living(name)
        if living:
            self._fault(lever, name)
            getattr(living[-1], lever)(*arguments)

    # ---- how it goes on

    def _ask(self, address: str, name: str, verb: str, message: object, subject: str = "") -> None:
        at = self.gateway.time.moment
        reply = self.gateway.request(address, message)
        self.history.asked.append(Asked(at, name, verb, reply, subject))

    def _fault(self, what: str, whom: str) -> None:
        self.history.faults.append((self.gateway.time.moment, what, whom))

    def _let_pass(self) -> None:
        if self.random.random() < 0.5:
            for _ in range(self.random.randrange(15)):
                self.gateway.step()
        else:
            self.gateway.run(self.random.expovariate(1 / 4))

    def _look_for_doubles(self) -> None:
        browsers = self.gateway.browsers
        doubled = [name for name in NUMBERS if len(browsers.living(name)) > 1]
        browsers.doubles.extend((self.gateway.time.moment, name) for name in doubled)

    def _receive(self, post: Post) -> AttemptResult | None:
        return OK if post.delivery.endpoint == OTHER_ENDPOINT else self._receiver

    def _make_peace(self) -> None:
        self.free_disk()
        self.have_room()
        self.resume("")
        self._receiver = OK
        browsers = self.gateway.browsers
        browsers._refusals.clear()
        self.gateway.scheduler.stall_none()
        self.gateway.store.before_write = lambda: None
        for name in NUMBERS:
            for browser in browsers.living(name):
                soothe(browser)
        self.gateway.run(WAKE_SECONDS if self._is_hasty else LONG_WAKE_SECONDS)
        for _ in range(5):
            for name in NUMBERS:
                self.start(name)
            self.gateway.run(WAKE_SECONDS / 5)
            for name in NUMBERS:
                self.scan(name)
        self.gateway.run(PEACE_SECONDS if self._is_hasty else LONG_PEACE_SECONDS)

    def _tell(self) -> History:
        gateway, history = self.gateway, self.history
        history.openings = gateway.browsers.openings
        history.doubles = gateway.browsers.doubles
        history.logs, history.posts = gateway.logs, gateway.posts
        history.pending = gateway.store.webhook_counts().pending
        for name in NUMBERS:
            own = gateway.world.profiles[name].sent
            history.acknowledged |= {message_id for message_id, message in own.items() if message["ack"] >= 1}
            history.events[name] = gateway.events(name)
            dead = gateway.store.dead_letters(DeadLetterFilter(name), limit=10_000)
            history.dead |= {delivery.event.id for delivery in dead}
            record = gateway.store.session(name)
            if record:
                history.states[name] = (record.state.value, record.reason.value)
        history.inboxes = {
            number: [m for m in inbox if m["from"] != FRIEND]
            for number, inbox in gateway.world.inboxes.items()
        }
        return history


def soothe(browser: FakeBrowser) -> None:
    browser.wake()
    browser.go_silent(False)
    browser.hold_acks(False)
    if browser.page.facts.authenticated and browser.browsers.world.profiles[browser.session_id].login:
        browser.set_facts(phone_online=True, needs_update=False)
        browser.network_back()
        browser.page.traffic.resume()
    else:
        browser.reload()


Act = Callable[[Scenario, str], None]


def lever(name: str, *arguments: Any) -> Act:
    return lambda scenario, session: scenario._browser_trouble(session, name, *arguments)


ACTS: dict[Act, float] = {
    Scenario.send: 8,
    Scenario.send_into_trouble: 3,
    Scenario.write: 6,
    Scenario.fail_for_long: 0.3,
    Scenario.scan: 4,
    Scenario.start: 3,
    Scenario.restart: 2,
    Scenario.close: 1.5,
    Scenario.log_out: 0.7,
    Scenario.kill_daemon: 2,
    Scenario.hibernate: 5,
    Scenario.never_hibernate: 0.5,
    Scenario.ask_page: 2,
    Scenario.lack_memory: 0.5,
    Scenario.poison: 0.7,
    Scenario.stall: 0.7,
    Scenario.stall_in_turn: 0.7,
    Scenario.resume: 0.7,
    Scenario.fill_disk: 1.5,
    Scenario.free_disk: 2,
    Scenario.lack_room: 1,
    Scenario.have_room: 2,
    Scenario.hang_start: 0.6,
    Scenario.speak_late: 1,
    Scenario.refuse_starts: 1.2,
    Scenario.break_receiver: 1.5,
    lever("crash"): 3,
    lever("hang"): 1.2,
    lever("wake"): 1.2,
    lever("reload"): 2,
    lever("drop_channel"): 0.8,
    lever("lose_line"): 0.4,
    lever("go_silent", True): 0.7,
    lever("go_silent", False): 0.7,
    lever("phone_offline"): 0.8,
    lever("phone_online"): 1,
    lever("network_lost"): 0.8,
    lever("network_back"): 1,
    lever("unlink"): 0.4,
    lever("replaced"): 0.3,
    lever("hold_acks", True): 0.8,
    lever("hold_acks", False): 1,
}
