"""The parts of a session that its watchdogs read and act on."""

from __future__ import annotations

from dataclasses import dataclass

from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.page_calls import Page
from actors.session.page_state import PageState
from actors.session.policy import SessionPolicy
from actors.session.sending.queue import SendQueue
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Watched:
    work: UnitOfWork
    page: Page
    lifecycle: BrowserLifecycle
    page_state: PageState
    sending: SendQueue
    timers: Timers
    policy: SessionPolicy
