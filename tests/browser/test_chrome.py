"""What only a real Chrome can show: processes, faults, files on disk."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life, process
from tests.support import free_port, wait_until
from wppmt.browser.cdp.devtools import memory, runtime
from wppmt.browser.chrome import processes
from wppmt.browser.chrome.browser import ChromeBrowser
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.keeper.process import KeeperProcess
from wppmt.browser.port import BrowserGone, CallTimeout, PageGone, StartFailed
from wppmt.browser.profile.folder import ProfileFolder, ProfileLocked
from wppmt.domain.process import Process

pytestmark = pytest.mark.chrome

OpenOn = Callable[[ChromeGround, str], Life]


@pytest.fixture
def settings(chrome_ground: ChromeGround) -> ChromeSettings:
    return chrome_ground.settings


@pytest.fixture
def started(chrome_ground: ChromeGround, open_on: OpenOn, request: pytest.FixtureRequest) -> Life:
    """A browser at the QR screen, on a profile of its own."""
    life = open_on(chrome_ground, re.sub(r"[^a-z0-9]+", "-", request.node.name))
    life.start()
    life.event("ready")
    return life


def helpers(life: Life, kind: str) -> list[int]:
    """Processes of the browser by a part of their command line, such as `--type=renderer`."""
    return [pid for pid in processes.members(process(life).group) if kind in command(pid)]


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")
    except OSError:
        return ""


def evaluate(life: Life, code: str) -> queue.SimpleQueue[Any]:
    """Begins a function of our own in the page, by the very command that a call uses; its value or its failure."""
    browser, answers = life.browser, queue.SimpleQueue[Any]()
    assert isinstance(browser, ChromeBrowser)
    assert browser._channel
    channel = browser._channel

    def run() -> None:
        try:
            asked = runtime.evaluate(f"({code})()", await_promise=True, return_by_value=True)
            result, exception = channel.ask(asked, 10.0)
            answers.put(exception or result.value)
        except (PageGone, BrowserGone, CallTimeout) as failure:
            answers.put(failure)

    threading.Thread(target=run, daemon=True).start()
    return answers


def gone(group: int) -> bool:
    return not processes.members(group)


# ---- what runs


def test_one_group_holds_all_of_chrome_and_no_chromedriver(started: Life) -> None:
    assert helpers(started, "/chromedriver ") == []
    assert process(started).pid in processes.members(process(started).group)
    assert os.getpgrp() != process(started).group


def test_the_memory_flags_work(started: Life) -> None:
    """The hidden omnibox pages would be a second renderer, of 33-49 MB; a later Chrome may name them anew."""
    commands = [command(pid) for pid in processes.members(process(started).group)]
    assert not [line for line in commands if "--top-chrome-webui" in line]
    assert len(helpers(started, "--type=renderer")) == 1
    assert helpers(started, "--type=gpu-process") == []
    assert len(helpers(started, "--type=zygote")) == 1


def test_chrome_still_takes_the_notice_that_memory_is_short(started: Life) -> None:
    """Nobody is told of a refusal where it is given in earnest."""
    assert isinstance(started.browser, ChromeBrowser)
    assert started.browser._channel
    critical = memory.simulate_pressure_notification(memory.PressureLevel.CRITICAL)
    assert started.browser._channel.ask(critical, 10.0) is None


def test_nothing_says_headless(started: Life) -> None:
    asked = "() => JSON.stringify([navigator.userAgent, navigator.userAgentData.brands])"
    said = evaluate(started, asked).get(timeout=10)
    assert "Headless" not in said
    assert re.search(r"Chrome/\d+\.0\.0\.0 ", said)


def test_secrets_of_the_daemons_environment_do_not_reach_chrome(
    started: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path(f"/proc/{process(started).pid}/environ").read_text()
    names = {entry.partition("=")[0] for entry in text.split("\0")}
    assert names - {""} <= {"PATH", "LANG"}


def test_no_log_holds_a_message(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: Callable[[], str]
) -> None:
    life, friend = open_on(chrome_ground, "silent-logs"), new_phone()
    pair(chrome_ground, life, new_phone())
    chrome_ground.register(friend, "Maria")
    message_id = "3EB0AAAAAAAAAAAAAAAAAA"
    life.value("send_text", {"id": message_id, "to": friend, "text": "SEGREDO"})
    life.event("ack_changed", id=message_id)
    logs = list((chrome_ground.settings.tokens_dir / "silent-logs").glob(".*.log"))
    assert logs
    assert not [log.name for log in logs if re.search(f"SEGREDO|{friend}", log.read_text())]


def listeners(pids: Sequence[int]) -> list[str]:
    """Addresses of TCP on which one of them listens."""
    told = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout
    return [line.split()[3] for line in told.splitlines() if any(f"pid={pid}," in line for pid in pids)]


def test_no_port_is_there_at_any_moment(chrome_ground: ChromeGround, open_on: OpenOn) -> None:
    life, seen, over = open_on(chrome_ground, "no-port"), set[str](), threading.Event()

    def look() -> None:
        while not over.is_set():
            group = life.browser._group  # type: ignore[attr-defined]
            seen.update(listeners(processes.members(group)) if group else [])

    watcher = threading.Thread(target=look)
    watcher.start()
    life.start()
    life.event("qr_changed")
    over.set()
    watcher.join()
    assert seen == set()
    assert not (chrome_ground.settings.tokens_dir / "no-port" / "DevToolsActivePort").exists()


def test_proxies_of_the_environment_change_nothing(
    chrome_ground: ChromeGround, open_on: OpenOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    life = open_on(chrome_ground, "proxies")
    life.start()
    life.event("qr_changed")


def test_only_the_top_frame_can_tell(started: Life) -> None:
    """An empty frame, one that has loaded, and one of another site; also at the very moment that it is made."""
    made = """async () => {
      const told = [typeof window.wppmtTell];
      for (const source of ['about:blank', '/', 'data:text/html,x']) {
        const frame = document.createElement('iframe');
        frame.src = source;
        document.body.append(frame);
        told.push(typeof frame.contentWindow.wppmtTell);
        await new Promise((done) => { frame.onload = done; setTimeout(done, 3000); });
        try { told.push(typeof frame.contentWindow.wppmtTell); } catch { told.push('undefined'); }
      }
      return told.join();
    }"""
    assert set(evaluate(started, made).get(timeout=20).split(",")) == {"undefined"}


# ---- how it ends


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_nothing_is_left(started: Life, way: str) -> None:
    group, profile = process(started).group, started.browser._profile  # type: ignore[attr-defined]
    with pytest.raises(ProfileLocked), profile.writer():
        pass
    getattr(started.browser, way)()
    wait_until(lambda: gone(group))
    wait_until(lambda: processes.group_of(group) == 0)  # reaped, too
    with profile.writer():
        pass


def test_lives_leave_no_descriptor_and_no_thread(chrome_ground: ChromeGround, open_on: OpenOn) -> None:
    def held() -> tuple[int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    def live() -> None:
        life = open_on(chrome_ground, "resources")
        life.start()
        life.browser.stop()

    live()
    before = held()
    live()
    live()
    wait_until(lambda: held() <= before)


@pytest.mark.parametrize("victim", ["--headless", "--type=renderer"])
def test_a_death_is_noticed_at_once(started: Life, victim: str) -> None:
    pending = evaluate(started, "() => new Promise(() => {})")
    time_of_death = time.monotonic()
    os.kill(min(helpers(started, victim)), signal.SIGKILL)
    started.wait_closed()
    assert time.monotonic() - time_of_death < 2
    assert isinstance(pending.get(timeout=2), BrowserGone)
    started.browser.kill()
    wait_until(lambda: gone(process(started).group))


def test_a_stopped_chrome_is_a_timeout_and_can_be_killed(started: Life) -> None:
    os.kill(min(helpers(started, "--headless")), signal.SIGSTOP)
    assert isinstance(started.call("facts", deadline=0.5), CallTimeout)
    before = time.monotonic()
    started.browser.kill()
    assert time.monotonic() - before < 0.5, "Root calls this"
    started.wait_closed()
    wait_until(lambda: gone(process(started).group))


def test_a_stop_gets_past_a_frozen_chrome(started: Life) -> None:
    group = process(started).group
    os.killpg(group, signal.SIGSTOP)
    threading.Timer(0.5, started.browser.kill).start()
    before = time.monotonic()
    started.browser.stop()
    assert time.monotonic() - before < 5
    assert gone(group)


def keep_in_local_storage(life: Life) -> None:
    assert evaluate(life, "() => (localStorage.kept = 'yes')").get(timeout=10) == "yes"


def kept_in_local_storage(ground: ChromeGround, open_on: OpenOn, session_id: str) -> object:
    life = open_on(ground, session_id)
    life.start()
    return evaluate(life, "() => localStorage.kept").get(timeout=10)


def test_a_browser_that_nobody_holds_closes_and_keeps_what_it_had(
    chrome_ground: ChromeGround, open_on: OpenOn
) -> None:
    """The daemon and whoever kept the line are dead."""
    life = open_on(chrome_ground, "nobody")
    life.start()
    keep_in_local_storage(life)
    life.browser.let_go()
    chrome_ground.browsers._keeper.forget(f"chrome-nobody-{process(life).pid}")  # type: ignore[attr-defined]
    wait_until(lambda: gone(process(life).group))
    assert kept_in_local_storage(chrome_ground, open_on, "nobody") == "yes"


@pytest.mark.parametrize("way", ["stop", "end_leftovers"])
def test_a_hung_page_does_not_cost_what_was_kept(
    chrome_ground: ChromeGround, open_on: OpenOn, way: str
) -> None:
    name = f"hung-{way.replace('_', '-')}"
    life = open_on(chrome_ground, name)
    life.start()
    keep_in_local_storage(life)
    evaluate(life, "() => { for (;;); }")
    assert isinstance(life.call("facts", deadline=0.3), CallTimeout)
    if way == "stop":
        assert life.browser.stop()
    else:
        life.browser.let_go()
        assert chrome_ground.browsers.end_leftovers(name) == 1
    assert gone(process(life).group)
    assert kept_in_local_storage(chrome_ground, open_on, name) == "yes"


# ---- profiles


def folder_mb(folder: Path) -> float:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / 1_000_000


def test_a_full_cache_does_not_outlive_a_stop_and_the_login_does(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: Callable[[], str]
) -> None:
    """Under 100 MB a profile (docs/MULTI_TENANT_ARCHITECTURE.md 2.2), whatever the page has cached."""
    life, phone = open_on(chrome_ground, "cached"), new_phone()
    pair(chrome_ground, life, phone)
    fill = """async () => {
      const cache = await caches.open('media');
      const bytes = new Uint8Array(30e6);
      for (let i = 0; i < bytes.length; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
      for (let n = 0; n < 4; n++) await cache.put(`/file-${n}`, new Response(bytes));
      return 'filled';
    }"""
    assert evaluate(life, fill).get(timeout=30) == "filled"
    profile = chrome_ground.settings.tokens_dir / "cached"
    assert folder_mb(profile) > 100
    assert life.browser.stop()
    assert folder_mb(profile) < 20
    chrome_ground.browsers.keep_copy("cached")
    assert folder_mb(chrome_ground.settings.snapshots_dir / "cached") < 5
    again = open_on(chrome_ground, "cached")
    again.start()
    again.facts(authenticated=True, mode="MAIN", phone=phone)


def test_a_profile_that_chrome_could_not_read_is_not_overwritten(settings: ChromeSettings) -> None:
    inner = settings.tokens_dir / "unreadable" / "Default"
    inner.parent.mkdir(parents=True)
    inner.write_text("rubbish")
    assert failing(settings, "unreadable").code == "TOKEN_CORRUPT"
    assert inner.read_text() == "rubbish"


def test_a_profile_replaced_by_a_link_is_not_opened(settings: ChromeSettings) -> None:
    victim = settings.tokens_dir / "victim"
    victim.mkdir(parents=True)
    (settings.tokens_dir / "linked").symlink_to(victim)
    life = Life(ChromeBrowsers(settings).open("linked"), "linked")
    with pytest.raises(StartFailed) as refused:
        life.start()
    assert refused.value.code == "PROFILE_UNUSABLE"
    assert list(victim.iterdir()) == []


# ---- reloads


def test_a_reload_under_a_call_fails_it_and_runs_it_once(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: Callable[[], str]
) -> None:
    life, phone = open_on(chrome_ground, "reload-under-call"), new_phone()
    pair(chrome_ground, life, phone)
    count = "localStorage.counted = Number(localStorage.counted || 0) + 1"
    pending = evaluate(life, f"() => new Promise(() => {{ {count}; }})")
    wait_until(lambda: evaluate(life, "() => localStorage.counted").get(timeout=10) == "1")
    life.forget()
    chrome_ground.reload(life, phone)
    assert isinstance(pending.get(timeout=5), PageGone)
    life.event("ready")
    assert evaluate(life, "() => localStorage.counted").get(timeout=10) == "1"


# ---- starts that fail


def failing(settings: ChromeSettings, session_id: str) -> StartFailed:
    """Why a start fails, after which nothing is left."""
    browsers = ChromeBrowsers(settings)
    life = Life(browsers.open(session_id), session_id)
    with pytest.raises(StartFailed) as failed:
        life.start()
    life.hear()
    assert life.closed == [], "the failure says it all"
    assert browsers.end_leftovers(session_id) == 0
    with ProfileFolder(settings.tokens_dir, session_id).writer():
        pass
    return failed.value


def test_no_chrome(settings: ChromeSettings) -> None:
    assert failing(replace(settings, chrome_path=Path("/nonexistent")), "no-chrome").code == "CHROME_MISSING"


def test_no_chromedriver(settings: ChromeSettings) -> None:
    undetected = replace(settings, engine="undetected", accepts_ports=True, driver_path=Path("/nonexistent"))
    assert failing(undetected, "no-driver").code == "CHROME_MISSING"


def test_a_program_that_is_no_chrome(settings: ChromeSettings, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Chromium 1.2.3 || echo "não sou um Chrome"\n')
    other.chmod(0o700)
    failure = failing(replace(settings, chrome_path=other), "no-real-chrome")
    assert (failure.code, failure.detail) == ("BROWSER_CRASHED", "o Chrome não abriu: não sou um Chrome")


def test_no_page(settings: ChromeSettings) -> None:
    nowhere = replace(settings, resolver_rules=f"MAP * 127.0.0.1:{free_port()}")
    failure = failing(nowhere, "no-page")
    assert failure.code == "PAGE_LOAD_FAILED"
    assert "ERR_CONNECTION_REFUSED" in failure.detail


def test_a_kill_ends_a_start_that_is_under_way(settings: ChromeSettings, opened: list[Life]) -> None:
    browsers = ChromeBrowsers(settings)
    life = Life(browsers.open("killed-start"), "killed-start")
    opened.append(life)
    failures: queue.SimpleQueue[StartFailed] = queue.SimpleQueue()

    def start() -> None:
        try:
            life.start()
        except StartFailed as failed:
            failures.put(failed)

    thread = threading.Thread(target=start)
    thread.start()
    wait_until(lambda: life.browser._group)  # type: ignore[attr-defined]
    life.browser.kill()
    assert failures.get(timeout=5).code == "BROWSER_CRASHED"
    thread.join()
    assert gone(life.browser._group)  # type: ignore[attr-defined]


# ---- the daemon dies


DAEMON = """
import json, sys, time
from dataclasses import asdict
from pathlib import Path
from tests.browser.ground import chrome_settings
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.keeper.process import KeeperProcess
tokens, rules, beat = sys.argv[1:]
settings = chrome_settings(Path(tokens), resolver_rules=rules, beat_seconds=float(beat))
browsers = ChromeBrowsers(settings, KeeperProcess(settings.tokens_dir))
print(json.dumps(asdict(browsers.open("orphan").start(lambda notice: None))), flush=True)
time.sleep(600)
"""


@pytest.fixture
def left(settings: ChromeSettings) -> Iterator[Process]:
    """A browser whose daemon was killed."""
    arguments = [str(settings.tokens_dir), str(settings.resolver_rules), str(settings.beat_seconds)]
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON, *arguments], stdout=subprocess.PIPE, text=True
    ) as daemon:
        assert daemon.stdout
        told = Process(**json.loads(daemon.stdout.readline()))
        daemon.kill()
    yield told
    processes.end_group(told.group, 5)


@pytest.fixture
def browsers(settings: ChromeSettings, left: Process) -> Iterator[ChromeBrowsers]:
    """Those of the next daemon."""
    made = ChromeBrowsers(settings, KeeperProcess(settings.tokens_dir))
    yield made
    made.end_leftovers("orphan")
    made.let_go()


@pytest.fixture
def orphan(left: Process) -> int:
    """Its group."""
    return left.group


def test_an_orphan_lives_on_keeps_its_profile_and_is_found(browsers: ChromeBrowsers, orphan: int) -> None:
    assert processes.is_alive(orphan)
    with pytest.raises(StartFailed) as refused:
        browsers.open("orphan").start(lambda _: None)
    assert refused.value.code == "PROFILE_LOCKED"
    assert browsers.end_leftovers("orpha") == 0
    assert browsers.end_leftovers("orphan") == 1
    wait_until(lambda: gone(orphan))


def not_adopted(browsers: ChromeBrowsers, left: Process) -> StartFailed:
    """Why; and that the browser lives on."""
    life = Life(browsers.adopt("orphan", left))
    with pytest.raises(StartFailed) as refused:
        life.start()
    life.hear()
    assert life.closed == []
    life.browser.kill()
    assert processes.is_alive(left.pid)
    return refused.value


def test_an_orphan_is_adopted_at_once_and_stopped_cleanly(
    settings: ChromeSettings, browsers: ChromeBrowsers, left: Process
) -> None:
    life = Life(browsers.adopt("orphan", left))
    began = time.monotonic()
    assert life.start() == left
    assert time.monotonic() - began < 1
    assert (
        life.value("events_since", {"after": 0})["page"] == life.value("events_since", {"after": 9})["page"]
    )
    assert life.browser.stop()
    life.wait_closed()
    assert gone(left.group)
    assert not (settings.tokens_dir / "orphan/SingletonLock").is_symlink(), "Chrome ended by itself"


def test_an_adopted_page_tells_and_hears_after_a_reload(browsers: ChromeBrowsers, left: Process) -> None:
    """What puts the bridge in and hears it lives in Chrome, not in the dead daemon."""
    life = Life(browsers.adopt("orphan", left))
    life.start()
    page = life.value("events_since", {"after": 0})["page"]
    life.forget()
    life.value("reload")
    life.event("ready")
    assert {event.page for event in life.events if event.name == "ready"} != {page}
    assert [event.number for event in life.events if event.page != page].count(1) == 1, "it is heard once"


def test_an_orphan_may_be_adopted_again_and_again(settings: ChromeSettings, left: Process) -> None:
    for _ in range(3):
        browsers = ChromeBrowsers(settings, KeeperProcess(settings.tokens_dir))
        life = Life(browsers.adopt("orphan", left))
        life.start()
        assert "mode" in life.value("facts")
        browsers.let_go()
        assert processes.is_alive(left.pid)


def test_an_adopted_browsers_dead_renderer_is_noticed(browsers: ChromeBrowsers, left: Process) -> None:
    life = Life(browsers.adopt("orphan", left))
    life.start()
    [renderer] = [pid for pid in processes.members(left.group) if "--type=renderer" in command(pid)]
    os.kill(renderer, signal.SIGKILL)
    life.wait_closed()


def test_a_browser_started_otherwise_is_not_adopted(
    settings: ChromeSettings, browsers: ChromeBrowsers, left: Process
) -> None:
    browsers._proxy_of = lambda _: "http://127.0.0.1:9"
    assert "linha de comando" in not_adopted(browsers, left).detail


def test_a_page_with_another_bridge_is_adopted_as_outdated(
    settings: ChromeSettings, browsers: ChromeBrowsers, left: Process
) -> None:
    browsers._settings = replace(settings, beat_seconds=settings.beat_seconds + 1)
    life = Life(browsers.adopt("orphan", left))
    life.start()
    assert "outra versão da ponte" in life.browser.outdated
    assert "mode" in life.value("facts"), "it works as before"


def test_other_switches_make_it_outdated_too(
    settings: ChromeSettings, browsers: ChromeBrowsers, left: Process
) -> None:
    browsers._settings = replace(settings, headless=not settings.headless)
    life = Life(browsers.adopt("orphan", left))
    life.start()
    assert "linha de comando" in life.browser.outdated


def test_a_browser_without_the_profiles_lock_is_not_adopted(
    settings: ChromeSettings, browsers: ChromeBrowsers, left: Process
) -> None:
    lock = settings.tokens_dir / "orphan/.writer.lock"
    lock.unlink()
    assert not_adopted(browsers, left).code == "PROFILE_LOCKED"
    with ProfileFolder(settings.tokens_dir, "orphan").writer():
        assert not_adopted(browsers, left).code == "PROFILE_LOCKED"


def test_a_session_that_chrome_does_not_know_is_not_adopted(browsers: ChromeBrowsers, left: Process) -> None:
    not_adopted(browsers, replace(left, devtools_session="0" * 32))


def test_a_browser_whose_line_nobody_kept_is_not_adopted(settings: ChromeSettings, left: Process) -> None:
    failure = not_adopted(ChromeBrowsers(settings), left)
    assert "canal" in failure.detail


def test_a_reused_number_is_not_adopted(browsers: ChromeBrowsers, left: Process) -> None:
    with subprocess.Popen(["/bin/sleep", "60"], process_group=0) as stranger:
        not_adopted(browsers, replace(left, pid=stranger.pid, group=stranger.pid))
        assert stranger.poll() is None
        stranger.kill()


SENT_ONCE = "3EB0C0FFEE0000000001"


def sends_of(ground: ChromeGround, message_id: str) -> int:
    return len(
        [line for line in ground.simulator.log() if (line["event"], line.get("id")) == ("send", message_id)]
    )


def test_a_send_that_a_dead_daemon_began_is_joined(
    chrome_ground: ChromeGround,
    simulator_process: int,
    open_on: OpenOn,
    opened: list[Life],
    new_phone: Callable[[], str],
) -> None:
    first, phone, friend = open_on(chrome_ground, "joined"), new_phone(), new_phone()
    pair(chrome_ground, first, phone)
    chrome_ground.register(friend, "Maria Souza")
    # Not the form that the page has among its contacts: it has to ask WhatsApp who that is.
    to = friend[:4] + friend[5:]
    message, find = {"id": SENT_ONCE, "to": to, "text": "uma vez"}, {"id": SENT_ONCE, "to": to}
    os.kill(simulator_process, signal.SIGSTOP)
    try:
        wait_until(lambda: " T " in Path(f"/proc/{simulator_process}/stat").read_text())
        begun = first.begin("send_text", message)
        # The page has it: it was asked for something else since.
        first.value("facts")
        left = chrome_ground.leave(first)
        assert isinstance(begun(), BrowserGone)
        opened.append(Life(chrome_ground.browsers.adopt("joined", left)))
        opened[-1].start()
        second = opened[-1]
        assert isinstance(second.call("find_message", find, 0.5), CallTimeout)
        again = second.begin("send_text", message)
    finally:
        os.kill(simulator_process, signal.SIGCONT)
    assert again()["to"] == f"{friend}@c.us"
    second.event("ack_changed", id=SENT_ONCE, ack=1)
    assert second.value("find_message", find)["found"]
    assert chrome_ground.inbox(friend) == [(SENT_ONCE, "uma vez")]
    # The server would know an id again; the page asked it once.
    assert sends_of(chrome_ground, SENT_ONCE) == 1


def test_a_message_that_only_its_chat_holds_is_found(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: Callable[[], str]
) -> None:
    life, friend = open_on(chrome_ground, "in-its-chat"), new_phone()
    pair(chrome_ground, life, new_phone())
    chrome_ground.register(friend, "Maria Souza")
    life.value("send_text", {"id": "3EB0C0FFEE0000000002", "to": friend, "text": "oi"})
    life.event("ack_changed", ack=1)
    forget = "() => { WPP.whatsapp.MsgStore.remove(WPP.whatsapp.MsgStore.findFirst(({ id }) => id.fromMe)); return {}; }"
    assert evaluate(life, forget).get(timeout=10) == {}
    assert life.value("find_message", {"id": "3EB0C0FFEE0000000002", "to": friend})["found"]


# ---- the other engine


@pytest.fixture
def undetected(settings: ChromeSettings, opened: list[Life], monkeypatch: pytest.MonkeyPatch) -> Life:
    """Started beside a proxy that would answer nothing."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    life = Life(
        ChromeBrowsers(replace(settings, engine="undetected", accepts_ports=True)).open("undetected"),
        "undetected",
    )
    opened.append(life)
    life.start()
    life.event("qr_changed")
    return life


def test_the_patched_driver_shows_no_automation(undetected: Life) -> None:
    told = "() => JSON.stringify([navigator.webdriver, Object.keys(window).filter((key) => key.startsWith('cdc_'))])"
    assert evaluate(undetected, told).get(timeout=10) == "[false,[]]"


def test_its_ports_are_on_loopback_and_its_driver_ends_with_it(
    settings: ChromeSettings, undetected: Life
) -> None:
    group = process(undetected).group
    [chromedriver] = helpers(undetected, "/chromedriver-")
    found = listeners(processes.members(group))
    assert len(found) >= 2
    assert all(address.startswith(("127.0.0.1:", "[::1]:")) for address in found)
    assert undetected.browser.stop()
    assert not processes.is_alive(chromedriver)


def test_its_page_needs_no_chromedriver(undetected: Life) -> None:
    [chromedriver] = helpers(undetected, "/chromedriver-")
    os.kill(chromedriver, signal.SIGKILL)
    wait_until(lambda: not processes.is_alive(chromedriver))
    undetected.forget()
    undetected.value("reload")
    undetected.event("ready")


def test_a_chromedriver_without_its_chrome_is_found(settings: ChromeSettings, undetected: Life) -> None:
    group = process(undetected).group
    os.kill(group, signal.SIGKILL)
    wait_until(lambda: not processes.is_alive(group))
    assert helpers(undetected, "/chromedriver-")
    assert ChromeBrowsers(settings).end_leftovers("undetected") == 1
    assert gone(group)
