"""wppconnect and whatsapp-web.js from npm, unmodified and whole, on the simulator. `make test-peers` runs it."""

import sys
from pathlib import Path

import pytest

from tests.peers.stories import play
from tests.simulator.conftest import SimulatorProcess

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

WIDER = "call: "
BROKEN_BY_THE_BUILD = {
    "send to the status": "asks for WAWebStatusGatingUtils.canCheckStatusRankingPosterGating",
    "Contact.block": "asks for WAWebBlockContactUtils.getContactToBlockOnlyUseIfNoAssociatedChat",
    "Contact.unblock": "asks for WAWebBlockContactUtils.getContactToBlockOnlyUseIfNoAssociatedChat",
    "Client.addOrEditCustomerNote": "asks for WAWebBizGatingUtils",
    "Client.getCustomerNote": "asks for WAWebBizGatingUtils",
    "GroupChat.revokeInvite": "asks for WAWebGroupQueryJob.resetGroupInviteCode",
}
"""Calls of whatsapp-web.js 1.34.7 that look for what this build of WhatsApp has not."""


def test_wppconnect_works_whole(simulator_process: SimulatorProcess, tmp_path: Path) -> None:
    steps = play("wppconnect.js", simulator_process, tmp_path)
    assert "logs out" in steps
    assert {name: error for name, error in steps.items() if error} == {}


@pytest.fixture(scope="module")
def whatsapp_web(
    simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str | None]:
    return play("whatsapp_web.js", simulator_process, tmp_path_factory.mktemp("whatsapp_web"))


def test_whatsapp_web_js_works_whole(whatsapp_web: dict[str, str | None]) -> None:
    steps = {name: error for name, error in whatsapp_web.items() if not name.startswith(WIDER)}
    assert "logs out" in steps
    assert {name: error for name, error in steps.items() if error} == {}


def test_wider_calls_of_whatsapp_web_js_work(whatsapp_web: dict[str, str | None]) -> None:
    calls = {
        name.removeprefix(WIDER): error for name, error in whatsapp_web.items() if name.startswith(WIDER)
    }
    failed = {name: error for name, error in calls.items() if error}
    sys.stdout.write(f"{len(calls) - len(failed)} of {len(calls)} wider calls of whatsapp-web.js work\n")
    assert failed.keys() == BROKEN_BY_THE_BUILD.keys(), failed
    assert len(calls) - len(failed) >= 38
