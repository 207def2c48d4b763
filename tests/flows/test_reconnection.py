"""docs/MULTI_TENANT_ARCHITECTURE.md 8.3: the connection is lost and comes back."""

from __future__ import annotations

import pytest

from tests.flows.conftest import NewCustomer
from tests.system.daemon import Daemon

pytestmark = pytest.mark.chrome


def test_reconnection(new_customer: NewCustomer, daemon: Daemon, maria: str):
    turbozap = new_customer("cliente-003").connected()
    [device] = turbozap.devices()

    # 1. Sessão perde conexão (celular offline, rede, etc.)
    refusing = daemon.phones.fault("refuse_socket", phone=turbozap.phone, count=1000)
    daemon.phones.fault("drop_socket", phone=turbozap.phone)

    # 2. WPPConnect detecta desconexão
    # 3. WPPConnect envia webhook "connection_change" (phone_disconnected)
    change = turbozap.hears("connection_change", status="phone_disconnected", limit=30)
    assert change["previousStatus"] == "connected"
    assert change["reasonCode"] == "NETWORK"

    # 4. TurboZap notifica cliente: "WhatsApp desconectado"
    turbozap.customer.shown = "WhatsApp desconectado"
    refused = turbozap.post("send-message", {"phone": maria, "message": "Olá!"})
    assert (refused.status, refused.json["status"]) == (503, "phone_disconnected")
    assert refused.json["reconnectRequired"] is False

    # 5. WPPConnect tenta reconectar automaticamente a cada 30s
    # 6. Se celular voltar online: Reconexão bem-sucedida
    daemon.phones.delete_fault(refusing)

    # 7. WPPConnect envia webhook "connection_change" (connected)
    change = turbozap.hears("connection_change", status="connected", limit=40)
    assert change["previousStatus"] == "phone_disconnected"

    # 8. TurboZap notifica: "WhatsApp reconectado ✓"
    turbozap.customer.shown = "WhatsApp reconectado ✓"

    # 9. Cliente continua usando normalmente (sem escanear QR novamente)
    assert turbozap.post("send-message", {"phone": maria, "message": "Voltei!"}).status == 200
    assert len(turbozap.heard("qr_code")) == 1
    assert turbozap.devices()[0]["device"] == device["device"]
