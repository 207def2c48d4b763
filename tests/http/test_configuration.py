"""GET and PATCH of a session's configuration, and GET …/limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.conftest import Api
from tests.http.fakes import BORN
from wppmt.domain.account_limits import AccountLimits, Source
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.hibernation import HibernationPlan
from wppmt.domain.messages import StartSession
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.domain.times import iso

PATH = "/api/sessions/cliente-001"
OFF = {
    "newContactsPerDay": 0, "warmUp": False, "strangerGapSeconds": [0, 0], "quietHours": None,
    "timeZone": "America/Sao_Paulo",
}  # fmt: skip
ALL = {
    "newContactsPerDay": 30, "warmUp": True, "strangerGapSeconds": [30, 90],
    "quietHours": {"from": "22:00", "to": "08:00"}, "timeZone": "America/Manaus",
}  # fmt: skip


@pytest.fixture(autouse=True)
def session(api: Api) -> None:
    api.front.has("cliente-001", description="Empresa ABC")


async def test_a_session_begins_with_the_daemons_policy(api: Api):
    answer = await api.get(PATH)
    assert answer.status == 200
    assert answer.body == {
        "sessionId": "cliente-001", "description": "Empresa ABC", "proxy": None, "engine": None, "policy": OFF, "ignore": ["channels", "status"],
        "hibernate": None,
    }  # fmt: skip


async def test_what_is_not_named_stays(api: Api):
    first = await api.call("PATCH", PATH, json={"policy": ALL})
    assert first.body["policy"] == ALL, first.body
    changed = await api.call("PATCH", PATH, json={"policy": {"newContactsPerDay": 7}})
    assert changed.body["policy"] == ALL | {"newContactsPerDay": 7}
    assert changed.body["description"] == "Empresa ABC"
    changed = await api.call("PATCH", PATH, json={"policy": {"quietHours": None}, "ignore": []})
    assert changed.body["policy"] == ALL | {"newContactsPerDay": 7, "quietHours": None}
    assert changed.body["ignore"] == []
    assert (await api.get(PATH)).body == changed.body


async def test_a_policy_of_null_is_the_daemons_again(api: Api):
    await api.call("PATCH", PATH, json={"policy": ALL})
    assert (await api.call("PATCH", PATH, json={"description": "x"})).body["policy"] == ALL
    assert (await api.call("PATCH", PATH, json={"policy": None})).body["policy"] == OFF
    await api.post(f"{PATH}/start", {"policy": None})
    [started] = [message for _, message in api.front.asked if isinstance(message, StartSession)]
    assert started.policy is None


async def test_an_empty_text_empties(api: Api):
    assert (await api.call("PATCH", PATH, json={"description": ""})).body["description"] is None


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"newContactsPerDay": -1}, "policy.newContactsPerDay"),
        ({"newContactsPerDay": 1.5}, "policy.newContactsPerDay"),
        ({"strangerGapSeconds": [90, 30]}, "policy.strangerGapSeconds"),
        ({"strangerGapSeconds": [30]}, "policy.strangerGapSeconds"),
        ({"strangerGapSeconds": [-1, 5]}, "policy.strangerGapSeconds[0]"),
        ({"strangerGapSeconds": ["30", "90"]}, "policy.strangerGapSeconds[0]"),
        ({"timeZone": "Marte/Base"}, "policy.timeZone"),
        ({"timeZone": "../../etc/passwd"}, "policy.timeZone"),
        ({"timeZone": ""}, "policy.timeZone"),
        ({"quietHours": {"from": "25:00", "to": "08:00"}}, "policy.quietHours.from"),
        ({"quietHours": {"from": "22:00"}}, "policy.quietHours.to"),
        ({"quietHours": {"from": "22:00", "to": "22:00"}}, "policy.quietHours"),
        ({"quietHours": "22:00-08:00"}, "policy.quietHours"),
        ("off", "policy"),
    ],
)
@pytest.mark.parametrize("start", [False, True])
async def test_what_makes_no_sense_is_refused(api: Api, policy: Any, field: str, start: bool):
    how, path = ("POST", f"{PATH}/start") if start else ("PATCH", PATH)
    answer = await api.call(how, path, json={"policy": policy})
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert field in {detail["field"] for detail in answer.body["details"]}
    assert (await api.get(PATH)).body["policy"] == OFF


async def test_start_takes_the_same(api: Api):
    await api.post(f"{PATH}/start", {"policy": ALL, "ignore": ["groups"]})
    [started] = [message for _, message in api.front.asked if isinstance(message, StartSession)]
    assert started.policy is not None
    assert started.ignore == ("groups",)
    assert started.policy.of(ContactPolicy()) == ContactPolicy(
        30,
        warm_up=True,
        gap_min=30,
        gap_max=90,
        quiet_from="22:00",
        quiet_to="08:00",
        time_zone="America/Manaus",
    )


async def test_limits_as_whatsapp_told_them(api: Api):
    now = api.time
    told = AccountLimits(
        reachout_until=now + 30, reachout_kind="DEFAULT", reachout_source=Source.WHATSAPP,
        quota_source=Source.WHATSAPP, quota_status="FIRST_WARNING", quota_used=38, quota_total=50,
        cycle_ends=now + 60,
    )  # fmt: skip
    api.front.has("cliente-001", limits=told)
    answer = await api.get(f"{PATH}/limits")
    assert answer.body == {
        "coolDown": {"active": True, "kind": "DEFAULT", "until": iso(now + 30), "source": "whatsapp"},
        "newChats": {
            "status": "FIRST_WARNING", "used": 38, "total": 50, "cycleEndsAt": iso(now + 60),
            "source": "whatsapp",
        },
        "budget": {"perDay": 0, "used": 0, "resetsAt": "2026-02-11T03:00:00Z"},
        "paused": True,
    }  # fmt: skip
    assert (await api.get(f"{PATH}/status")).body["limits"] == answer.body
    api.time += 90
    over = (await api.get(f"{PATH}/limits")).body
    assert over["coolDown"] == {"active": False, "kind": None, "until": None, "source": "whatsapp"}
    assert over["newChats"]["source"] == "unknown"
    assert over["paused"] is False


async def test_a_pause_of_our_own_says_so(api: Api):
    api.front.has("cliente-001", limits=AccountLimits(api.time + 60, "", Source.GATEWAY))
    cool_down = (await api.get(f"{PATH}/limits")).body["coolDown"]
    assert cool_down == {"active": True, "kind": None, "until": iso(api.time + 60), "source": "gateway"}
    api.time += 60
    assert (await api.get(f"{PATH}/limits")).body["coolDown"]["source"] == "unknown"


# ---- hibernation

PLAN = {"idleMinutes": 30, "awakeFrom": "08:00", "awakeTo": "20:00", "wakeHours": 4}


async def test_a_plan_to_hibernate_is_kept_whole_and_taken_away_by_null(api: Api):
    assert (await api.call("PATCH", PATH, json={"hibernate": PLAN})).body["hibernate"] == PLAN
    assert (await api.call("PATCH", PATH, json={"description": "x"})).body["hibernate"] == PLAN
    short = await api.call("PATCH", PATH, json={"hibernate": {"idleMinutes": 0.5}})
    assert short.body["hibernate"] == {
        "idleMinutes": 0.5, "awakeFrom": None, "awakeTo": None, "wakeHours": 6,
    }  # fmt: skip
    assert (await api.get(PATH)).body == short.body
    assert (await api.call("PATCH", PATH, json={"hibernate": None})).body["hibernate"] is None


async def test_start_takes_a_plan_and_null_says_nothing(api: Api):
    await api.post(f"{PATH}/start", {"hibernate": PLAN})
    await api.post(f"{PATH}/start", {"hibernate": None})
    first, second = [message for _, message in api.front.asked if isinstance(message, StartSession)]
    assert first.hibernate == HibernationPlan(30, "08:00", "20:00", 4)
    assert second.hibernate is None


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({}, "hibernate.idleMinutes"),
        (PLAN | {"idleMinutes": 0}, "hibernate.idleMinutes"),
        (PLAN | {"idleMinutes": -5}, "hibernate.idleMinutes"),
        (PLAN | {"idleMinutes": "30"}, "hibernate.idleMinutes"),
        (PLAN | {"wakeHours": 0}, "hibernate.wakeHours"),
        (PLAN | {"wakeHours": 7}, "hibernate.wakeHours"),
        (PLAN | {"awakeFrom": "8h"}, "hibernate.awakeFrom"),
        (PLAN | {"awakeTo": "24:00"}, "hibernate.awakeTo"),
        (PLAN | {"awakeFrom": "20:00"}, "hibernate"),
        ({"idleMinutes": 30, "awakeFrom": "08:00"}, "hibernate"),
        (30, "hibernate"),
    ],
)
@pytest.mark.parametrize("start", [False, True])
async def test_a_plan_that_makes_no_sense_is_refused(api: Api, plan: Any, field: str, start: bool):
    how, path = ("POST", f"{PATH}/start") if start else ("PATCH", PATH)
    answer = await api.call(how, path, json={"hibernate": plan})
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert field in {detail["field"] for detail in answer.body["details"]}
    assert (await api.get(PATH)).body["hibernate"] is None


async def test_a_session_that_hibernates_says_so_and_needs_no_qr_code(api: Api):
    api.front.has(
        "cliente-001", state=State.CONNECTED, reason=Reason.HIBERNATING, asleep_since=BORN, wake_at=BORN + 3600,
        phone="5511999999999", has_login=True,
    )  # fmt: skip
    status = (await api.get(f"{PATH}/status")).body
    assert (status["status"], status["reasonCode"]) == ("connected", "HIBERNATING")
    assert status["hibernation"] == {"since": iso(BORN), "nextWake": iso(BORN + 3600)}
    assert status["abilities"] == {"canSend": True, "canReceive": False, "canAck": True, "canSendMedia": True}
    code = await api.get(f"{PATH}/qrcode")
    assert (code.status, code.body["status"], code.body["phone"]) == (200, "connected", "5511999999999")
    assert "hiberna" in code.body["message"]
    picture = await api.call("GET", f"{PATH}/qrcode", headers={"Accept": "image/png"})
    assert (picture.status, picture.body["code"]) == (404, "QR_NOT_AVAILABLE")
