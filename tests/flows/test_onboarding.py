"""docs/MULTI_TENANT_ARCHITECTURE.md 8.1: a new customer."""

from __future__ import annotations

import pytest

from tests.flows.conftest import NewCustomer

pytestmark = pytest.mark.chrome


def test_onboarding(new_customer: NewCustomer, maria: str):
    # 1. TurboZap recebe cadastro de novo cliente
    # 2. TurboZap gera sessionId (ex: cliente-011)
    turbozap = new_customer("cliente-011")

    # 3. TurboZap chama: POST /api/sessions/cliente-011/start
    started = turbozap.post("start", {"description": "Conta WhatsApp da Empresa ABC"})

    # 4. WPPConnect cria sessão, retorna status "initializing"
    assert started.status == 201
    assert {name: started.json[name] for name in ("sessionId", "status", "qrCode", "webhookUrl")} == {
        "sessionId": "cliente-011",
        "status": "initializing",
        "qrCode": None,
        "webhookUrl": turbozap.webhook_url,
    }

    # 5. WPPConnect gera QR Code → webhook "qr_code" → TurboZap
    code = turbozap.hears("qr_code")
    assert turbozap.get("qrcode")["qrCode"] == code["qrCode"]

    # 6. TurboZap exibe QR Code para cliente no painel
    qr = turbozap.show_qr(code["qrCode"])
    assert turbozap.get("status")["status"] == "waiting_scan"

    # 7. Cliente escaneia QR Code com WhatsApp
    turbozap.scan(qr)

    # 8. WPPConnect conecta → webhook "connection_change" (connected)
    change = turbozap.hears("connection_change", status="connected")
    assert change["previousStatus"] == "waiting_scan"

    # 9. TurboZap atualiza status: "Conectado ✓"
    turbozap.customer.shown = "Conectado ✓"
    assert turbozap.get("status")["phone"] == turbozap.phone
    assert turbozap.get("qrcode")["message"] == "WhatsApp já está conectado"

    # 10. Cliente pode começar a enviar mensagens!
    assert turbozap.post("send-message", {"phone": maria, "message": "Olá!"}).json["status"] == "sent"
