"""A customer answers by hand on the phone while a robot answers for it: docs/api.md, "respondeu pelo celular"."""

from __future__ import annotations

import pytest

from tests.flows.conftest import NewCustomer
from tests.system.daemon import Daemon
from tests.system.tenant import new_text

pytestmark = pytest.mark.chrome


def test_the_robot_hears_what_the_owner_writes_and_keeps_silent(
    new_customer: NewCustomer, daemon: Daemon, maria: str
):
    turbozap = new_customer("cliente-012").connected()
    question, by_robot, by_hand = new_text(), new_text(), new_text()
    daemon.private |= {question, by_robot, by_hand}

    # 1. TurboZap asks for everything, and for nothing from groups.
    url = turbozap.webhook_url
    assert turbozap.call("PUT", "webhook", {"url": url, "events": ["*"]}).status == 200
    assert turbozap.call("PATCH", "", {"ignore": ["groups", "channels", "status"]}).status == 200

    # 2. Maria writes; the robot answers, and hears nothing of its own answer.
    daemon.phones.write(maria, turbozap.phone, question)
    asked = turbozap.hears("message_received")["message"]
    assert (asked["body"], asked["chatId"]) == (question, f"{maria}@c.us")
    assert turbozap.post("send-message", {"phone": maria, "message": by_robot}).status == 200

    # 3. The owner takes over on the phone: the same chat, by its key.
    daemon.phones.write(turbozap.phone, maria, by_hand)
    taken_over = turbozap.hears("message_sent")["message"]
    assert (taken_over["body"], taken_over["fromMe"]) == (by_hand, True)
    assert taken_over["chatKey"] == asked["chatKey"]

    # 4. TurboZap shows the whole conversation, whoever wrote.
    shown = turbozap.get(f"chats/{maria}@c.us/messages")["messages"]
    assert [message["body"] for message in shown] == [by_hand, by_robot, question]
    [chat] = turbozap.get("chats")["chats"]
    assert (chat["name"] is not None, chat["lastMessage"]["body"]) == (True, by_hand)
