"""docs/MULTI_TENANT_ARCHITECTURE.md 8.4: the end of a cycle."""

from __future__ import annotations

import pytest

from tests.flows.conftest import NewCustomer
from tests.support import wait_until
from tests.system.daemon import Daemon

pytestmark = pytest.mark.chrome


def test_month_end(new_customer: NewCustomer, daemon: Daemon, maria: str):
    # 1. Cliente atinge limite de 2 sessões ou final do mês
    turbozap = new_customer("cliente-004").connected()
    [device] = turbozap.devices()

    # 2. TurboZap agenda: POST /api/sessions/cliente-001/disconnect
    #    (mantém tokens para possível reconexão no próximo mês)
    closed = turbozap.post("disconnect")

    # 3. WPPConnect fecha conexão WhatsApp
    assert closed.json == {
        "success": True,
        "message": "Sessão encerrada. Tokens preservados para reconexão futura.",
    }
    assert turbozap.hears("connection_change", status="disconnected")["previousStatus"] == "connected"
    assert daemon.browser("cliente-004") is None

    # 4. Tokens permanecem em /tokens/cliente-001/
    assert daemon.profile("cliente-004").is_dir()
    assert [one["device"] for one in turbozap.devices()] == [device["device"]]

    # 5. No próximo mês, cliente pode:
    #    a) Reconectar mesma sessão: POST /api/sessions/cliente-001/start
    #       (usa tokens existentes, reconexão automática)
    assert turbozap.post("start").status == 200
    turbozap.hears("connection_change", status="connected")
    assert len(turbozap.heard("qr_code")) == 1
    assert [one["device"] for one in turbozap.devices()] == [device["device"]]
    assert turbozap.post("send-message", {"phone": maria, "message": "Olá de novo!"}).status == 200

    #    b) Criar nova sessão: DELETE tokens + criar nova
    assert turbozap.delete("?purge=true").status == 200
    assert not daemon.profile("cliente-004").exists()
    assert turbozap.devices() == []
    assert turbozap.post("start").status == 201
    assert wait_until(lambda: len(turbozap.heard("qr_code")) == 2, 20)
