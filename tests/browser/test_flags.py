"""Chrome's command line."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from wppmt.browser.chrome.flags import Situation, command_line, user_agent

SITUATION = Situation(profile=Path("/tokens/a"), user_agent="UA")


def switches(situation: Situation) -> dict[str, str]:
    """Name to value; a name that stands twice fails."""
    pairs = [
        argument.partition("=")[::2] for argument in command_line(situation) if argument.startswith("--")
    ]
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def test_certificates_and_names_are_only_bent_for_the_simulator() -> None:
    real = switches(SITUATION)
    assert "--host-resolver-rules" not in real
    assert "--ignore-certificate-errors" not in real
    simulated = switches(Situation(Path("/t/a"), "UA", resolver_rules="MAP * 127.0.0.1:1"))
    assert simulated["--host-resolver-rules"] == "MAP * 127.0.0.1:1"
    assert "--ignore-certificate-errors" in simulated


def test_the_sandbox_is_on_unless_given_up() -> None:
    assert "--no-sandbox" not in switches(SITUATION)
    assert "--no-sandbox" in switches(Situation(Path("/t/a"), "UA", sandbox=False))


def test_both_names_of_the_hidden_omnibox_are_off() -> None:
    off = switches(SITUATION)["--disable-features"].split(",")
    assert {"WebUIOmniboxPopup", "WebUIOmniboxAimPopup"} <= set(off)
    assert len(off) == len(set(off))


def test_a_proxy_is_the_setting_or_none() -> None:
    assert "--no-proxy-server" in switches(SITUATION)
    proxied = switches(Situation(Path("/t/a"), "UA", proxy="socks5://10.0.0.1:1080"))
    assert proxied["--proxy-server"] == "socks5://10.0.0.1:1080"
    assert "--no-proxy-server" not in proxied


def test_what_costs_memory_or_isolation_is_not_used() -> None:
    used = set(switches(SITUATION))
    assert not {"--no-zygote", "--single-process", "--enable-automation"} & used
    assert len({"--in-process-gpu", "--no-unsandboxed-zygote"} & used) == 2, "one alone costs memory"


def test_the_first_page_is_blank() -> None:
    assert command_line(SITUATION)[-1] == "about:blank"


def test_a_window_can_be_shown() -> None:
    assert "--headless" not in switches(Situation(Path("/t/a"), "UA", headless=False))


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=4))
def test_the_user_agent_names_the_installed_chrome_and_nothing_headless(version: list[int]) -> None:
    agent = user_agent(".".join(map(str, version)))
    assert f"Chrome/{version[0]}.0.0.0" in agent
    assert "Headless" not in agent
