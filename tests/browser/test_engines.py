"""The engines: what keeps one from opening a profile, and that a login goes from one to the other and back."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life, chrome_settings, process
from tests.browser.test_chrome import command, evaluate, helpers
from wppmt.browser.chrome import engines, processes
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.keeper.process import KeeperProcess
from wppmt.browser.port import StartFailed
from wppmt.domain.engines import Engine

CHROME, SHELL = Engine.CHROME, Engine.HEADLESS_SHELL


def program(file: Path, version: str) -> Path:
    """Says its version, and is nothing else."""
    file.write_text(f"#!/bin/sh\necho Chromium {version}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def settings(tmp_path: Path) -> ChromeSettings:
    """Chromium 157 and headless-shell 156 are installed."""
    return chrome_settings(
        tmp_path / "tokens",
        chrome_path=program(tmp_path / "chromium", "157.0.1"),
        shell_path=program(tmp_path / "shell", "156.0.9"),
    )


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "profile").mkdir()
    return tmp_path / "profile"


def refusal(settings: ChromeSettings, profile: Path) -> StartFailed:
    with pytest.raises(StartFailed) as refused:
        engines.check(settings, profile)
    return refused.value


def test_who_opens_a_profile_says_so_in_it(settings: ChromeSettings, profile: Path) -> None:
    assert engines.opened_by(profile) == ("", "")
    engines.note(settings.on(SHELL), profile)
    assert engines.opened_by(profile) == ("headless-shell", "156.0.9")
    assert engines.last_version(profile) == "156.0.9"


@pytest.mark.parametrize("told_by", [".opened-by", "Last Version"])
def test_a_profile_of_a_newer_chromium_is_not_for_headless_shell(
    settings: ChromeSettings, profile: Path, told_by: str
) -> None:
    (profile / told_by).write_text("chrome 157.0.1\n" if told_by == ".opened-by" else "157.0.1")
    engines.check(settings.on(CHROME), profile)
    refused = refusal(settings.on(SHELL), profile)
    assert refused.code == "ENGINE_UNUSABLE"
    assert "gravado pelo Chromium 157.0.1, e o headless-shell instalado é o 156.0.9" in refused.detail
    assert "apt-get install chromium-headless-shell" in refused.detail


def test_an_older_or_unknown_profile_is(settings: ChromeSettings, profile: Path) -> None:
    engines.check(settings.on(SHELL), profile)
    engines.note(replace(settings, shell_path=settings.shell_path).on(SHELL), profile)
    engines.check(settings.on(SHELL), profile)
    (profile / "Last Version").write_text("156.0.99")
    engines.check(settings.on(SHELL), profile)


def test_a_missing_program_is_told_with_its_package(settings: ChromeSettings, profile: Path) -> None:
    nothing = replace(settings, shell_path=Path("/nonexistent/shell"))
    refused = refusal(nothing.on(SHELL), profile)
    assert refused.code == "CHROME_MISSING"
    assert refused.detail == (
        "/nonexistent/shell: arquivo ou pasta não existe; instale com apt-get install chromium-headless-shell"
    )


def test_a_session_gets_no_ports_that_nobody_has_accepted(settings: ChromeSettings, profile: Path) -> None:
    assert "WPP_UNDETECTED_ACCEPT_LOCAL_PORTS" in refusal(settings.on(Engine.UNDETECTED), profile).detail
    engines.check(replace(settings, accepts_ports=True).on(Engine.UNDETECTED), profile)


def test_headless_shell_has_no_window(settings: ChromeSettings, profile: Path) -> None:
    assert "janela" in refusal(replace(settings, headless=False).on(SHELL), profile).detail


def test_nothing_is_opened_by_an_engine_that_must_not(settings: ChromeSettings) -> None:
    inner = settings.tokens_dir / "newer"
    inner.mkdir(parents=True)
    (inner / "Last Version").write_text("157.0.1")
    life = Life(ChromeBrowsers(settings, engine_of=lambda _: SHELL).open("newer"), "newer")
    with pytest.raises(StartFailed) as refused:
        life.start()
    assert refused.value.code == "ENGINE_UNUSABLE"
    assert {path.name for path in inner.iterdir()} <= {"Last Version", ".writer.lock"}


def test_each_engine_runs_its_own_program(settings: ChromeSettings, profile: Path) -> None:
    chrome, shell = (settings.on(engine).command(profile) for engine in (CHROME, SHELL))
    assert (chrome[0], shell[0]) == (str(settings.chrome_path), str(settings.shell_path))
    assert "--headless=new" in chrome
    assert "Chrome/156.0.0.0" in " ".join(shell)


# ---- with the real ones


@pytest.fixture
def own_engine() -> dict[str, str]:
    """Of a session, by its name."""
    return {}


@pytest.fixture
def browsers(chrome_ground: ChromeGround, own_engine: dict[str, str]) -> ChromeBrowsers:
    keeper = KeeperProcess(chrome_ground.settings.tokens_dir)
    return ChromeBrowsers(chrome_ground.settings, keeper, engine_of=lambda name: own_engine.get(name, ""))


KEEP = """async () => {
  document.cookie = 'kept=sim; max-age=86400; secure';
  localStorage.setItem('kept', 'sim');
  const opened = indexedDB.open('kept', 1);
  opened.onupgradeneeded = () => opened.result.createObjectStore('kept');
  await new Promise((done) => { opened.onsuccess = done; });
  const writes = opened.result.transaction('kept', 'readwrite', { durability: 'strict' });
  writes.objectStore('kept').put('sim', 1);
  await new Promise((done) => { writes.oncomplete = done; });
  opened.result.close();
  return 'sim';
}"""
KEPT = """async () => {
  const opened = indexedDB.open('kept', 1);
  await new Promise((done) => { opened.onsuccess = done; });
  const asked = opened.result.transaction('kept').objectStore('kept').get(1);
  await new Promise((done) => { asked.onsuccess = done; });
  opened.result.close();
  return JSON.stringify([document.cookie.includes('kept=sim'), localStorage.getItem('kept'), asked.result]);
}"""


@pytest.mark.chrome
def test_a_login_goes_from_one_engine_to_the_other_and_back(
    chrome_ground: ChromeGround,
    browsers: ChromeBrowsers,
    own_engine: dict[str, str],
    opened: list[Life],
    new_phone: Callable[[], str],
) -> None:
    """All three stores: cookies are written encrypted, and both must know the key."""
    phone, name = new_phone(), "to-and-fro"
    for turn, engine in enumerate((CHROME, SHELL, CHROME)):
        own_engine[name] = engine
        life = Life(browsers.open(name), name)
        opened.append(life)
        if turn == 0:
            pair(chrome_ground, life, phone, browsers)
            assert evaluate(life, KEEP).get(timeout=10) == "sim"
        else:
            life.start()
            life.facts(authenticated=True, mode="MAIN", phone=phone)
            assert json.loads(evaluate(life, KEPT).get(timeout=10)) == [True, "sim", "sim"]
        assert (Path(f"/proc/{process(life).pid}/exe").resolve().name == "chromium") is (engine == CHROME)
        assert life.browser.stop()
        assert engines.opened_by(chrome_ground.settings.tokens_dir / name)[0] == engine


@pytest.mark.chrome
def test_a_browser_of_another_engine_is_not_adopted(
    chrome_ground: ChromeGround, browsers: ChromeBrowsers, own_engine: dict[str, str], opened: list[Life]
) -> None:
    own_engine["other"] = SHELL
    life = Life(browsers.open("other"), "other")
    opened.append(life)
    left = life.start()
    browsers.let_go()
    own_engine["other"] = CHROME
    keeper = KeeperProcess(chrome_ground.settings.tokens_dir)
    following = ChromeBrowsers(chrome_ground.settings, keeper, engine_of=own_engine.__getitem__)
    with pytest.raises(StartFailed, match="outra linha de comando"):
        following.adopt("other", left).start(lambda _: None)
    own_engine["other"] = SHELL
    adopted = Life(following.adopt("other", left), "other")
    opened.append(adopted)
    assert adopted.start() == left
    assert adopted.browser.outdated == ""


@pytest.fixture
def shell(shell_ground: ChromeGround, opened: list[Life]) -> Life:
    life = Life(shell_ground.browsers.open("shell"), "shell")
    opened.append(life)
    life.start()
    life.event("ready")
    return life


SAYS = """() => JSON.stringify([navigator.userAgent, navigator.userAgentData.brands, navigator.languages,
    navigator.userAgentData.mobile, navigator.userAgentData.platform])"""


@pytest.mark.chrome
def test_headless_shell_says_of_itself_what_chromium_says(
    chrome_ground: ChromeGround, shell: Life, opened: list[Life]
) -> None:
    """Also after a reload, and whatever name that means nothing this version's brands have."""
    chrome = Life(chrome_ground.browsers.open("says"), "says")
    opened.append(chrome)
    chrome.start()
    said = evaluate(chrome, SAYS).get(timeout=10)
    assert "Headless" not in said
    assert evaluate(shell, SAYS).get(timeout=10) == said
    shell.forget()
    shell.value("reload")
    shell.event("ready")
    assert evaluate(shell, SAYS).get(timeout=10) == said


@pytest.mark.chrome
def test_headless_shell_has_one_page_and_its_death_is_noticed(shell: Life) -> None:
    assert len(helpers(shell, "--type=renderer")) == 1
    commands = [command(pid) for pid in processes.members(process(shell).group)]
    assert not any("chromedriver" in one for one in commands)
    [renderer] = helpers(shell, "--type=renderer")
    os.kill(renderer, signal.SIGKILL)
    shell.wait_closed()
