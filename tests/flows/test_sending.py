"""docs/MULTI_TENANT_ARCHITECTURE.md 8.2: a message is sent."""

from __future__ import annotations

import pytest

from tests.flows.conftest import NewCustomer
from tests.system.daemon import Daemon
from tests.system.tenant import new_text

pytestmark = pytest.mark.chrome


def test_sending(new_customer: NewCustomer, daemon: Daemon, maria: str):
    turbozap = new_customer("cliente-001").connected()
    customer = turbozap.customer

    # 1. Cliente solicita envio no TurboZap (dentro do limite de 35/dia)
    text = new_text()
    daemon.private.add(text)

    # 2. TurboZap valida limite no SQLite
    assert customer.left_today == 35

    # 3. TurboZap chama: POST /api/sessions/cliente-001/send-message
    # 4. WPPConnect verifica se sessão está "connected"
    # 5. Se sim: Envia mensagem via WhatsApp Web
    sent = turbozap.post(
        "send-message", {"phone": maria, "message": text, "typing": True, "typingDuration": 300}
    )

    # 6. WPPConnect retorna sucesso + messageId
    assert sent.status == 200
    assert (sent.json["success"], sent.json["to"], sent.json["status"]) == (True, f"{maria}@c.us", "sent")
    message_id = sent.json["id"]
    [arrived] = daemon.phones.inbox(maria, wait=5)
    assert (arrived["id"], arrived["body"]) == (message_id, text)

    # 7. TurboZap registra no histórico e decrementa limite diário
    customer.history[message_id] = "Enviada"
    customer.left_today -= 1
    assert turbozap.get("status")["messagesSent"] == 1

    # 8. WhatsApp confirma entrega → webhook "message_ack" → TurboZap
    daemon.phones.receipt(maria, message_id, 2)
    delivered = turbozap.hears("message_ack", messageId=message_id, status="delivered")

    # 9. TurboZap atualiza status da mensagem: "Entregue ✓"
    customer.history[delivered["messageId"]] = "Entregue ✓"
    assert turbozap.get(f"messages/{message_id}")["status"] == "delivered"


def test_not_connected(new_customer: NewCustomer, maria: str):
    """Step 4 with a no: the 503 of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""
    turbozap = new_customer("cliente-002")
    turbozap.post("start")
    turbozap.hears("qr_code")
    turbozap.delete()
    refused = turbozap.post("send-message", {"phone": maria, "message": "Olá!"})
    assert refused.status == 503
    assert refused.json["error"] == "WhatsApp não está conectado"
    assert (refused.json["status"], refused.json["reconnectRequired"]) == ("disconnected", True)
