"""What a person does about a session's reason: the Portuguese sentence beside each of `wppmt.domain.reasons`."""

from __future__ import annotations

from wppmt.domain.reasons import Reason

ITSELF = "Nada a fazer: o serviço cuida disso sozinho."
_NEW_CODE = "Mostre o novo QR Code ao cliente; ele lê no celular, em Aparelhos conectados."

_REMEDIES = {
    Reason.SCAN_QR: "Mostre o QR Code ao cliente; ele lê no celular, em Aparelhos conectados.",
    Reason.ENTER_CODE: "Mostre o código ao cliente; ele digita no celular, em Aparelhos conectados.",
    Reason.ACCOUNT_CHANGED: "Confirme com o cliente se este é o número certo.",
    Reason.STOPPED: "Inicie a sessão quando o cliente quiser; o login está guardado.",
    Reason.LOGGED_OUT: _NEW_CODE,
    Reason.NOT_UNLINKED: "O cliente remove o aparelho no celular, em Aparelhos conectados.",
    Reason.QR_EXPIRED: "Inicie a sessão de novo, com o celular do cliente à mão.",
    Reason.QR_NEVER: "Nada a fazer agora; se repetir, verifique a rede e o proxy do servidor.",
    Reason.PHONE_OFFLINE: "O cliente verifica a internet do celular.",
    Reason.NETWORK: "Verifique rede, DNS e proxy do servidor; a reconexão é automática.",
    Reason.CONFLICT: "Feche o outro WhatsApp Web que usa este login e reinicie a sessão.",
    Reason.BROWSER_CRASHED: "Nada a fazer agora; se repetir, verifique a memória do servidor e os logs.",
    Reason.BROWSER_HUNG: "Nada a fazer agora; se repetir, verifique a CPU e a memória do servidor.",
    Reason.CHROME_MISSING: "Rode wppmt doctor e instale o pacote que ele diz.",
    Reason.ENGINE_UNUSABLE: "Rode wppmt doctor: atualize o pacote do motor, ou troque o motor da sessão (docs/motores.md).",
    Reason.PROFILE_LOCKED: "Encerre o outro processo que usa o perfil e reinicie a sessão.",
    Reason.PROFILE_UNUSABLE: "Restaure a pasta certa do perfil (o log diz qual) e reinicie a sessão.",
    Reason.PAGE_LOAD_FAILED: "Verifique a rede e o proxy do servidor; as tentativas continuam.",
    Reason.PROXY_FAILED: "Corrija o proxy da sessão e reinicie; as tentativas continuam.",
    Reason.INJECT_FAILED: "Rode wppmt doctor; talvez seja preciso uma versão nova do wa-js (wppmt wa-js).",
    Reason.WHATSAPP_CHANGED: "Instale uma versão nova do wa-js (wppmt wa-js); o login está guardado.",
    Reason.TOKEN_CORRUPT: "Restaure a última cópia boa do login, ou recomece com um novo QR Code.",
    Reason.UPDATE_NEEDED: "Se o aviso persistir, atualize chromium e chromium-driver e reinicie a sessão.",
    Reason.PASSKEY_REQUIRED: "O cliente confirma a chave de acesso no celular; depois, reinicie a sessão.",
    Reason.ACTION_REQUIRED: "Uma pessoa lê o aviso no celular do cliente; depois, reinicie a sessão.",
    Reason.ACCOUNT_RESTRICTED: "O cliente trata com o WhatsApp; não insista nos envios. Depois, reinicie a sessão.",
    Reason.ACCOUNT_BANNED: "O cliente vê no celular até quando; não insista nos envios. Depois, reinicie a sessão.",
    Reason.ACCOUNT_LOCKED: "O cliente resolve no celular; depois, lê o novo QR Code.",
    Reason.LINK_EXPIRED: _NEW_CODE,
    Reason.LOGIN_NOT_SAVED: _NEW_CODE,
    Reason.REACHOUT_TIMELOCK: "Não insista com contatos novos; os demais envios continuam.",
    Reason.NEW_CHAT_QUOTA: "Aguarde o próximo ciclo do WhatsApp; os demais envios continuam.",
    Reason.AUTH_FAILED: "Leia o código seguinte; se repetir, espere algumas horas.",
    Reason.WRONG_PHONE: "Mande ao cliente um novo link de conexão.",
    Reason.RECYCLED: "Nada a fazer agora; se repetir, aumente o limite de memória da sessão.",
    Reason.ACKS_MISSING: "Nada a fazer agora; se ficar em erro, verifique a conta no celular e a rede.",
    Reason.RESOURCE_LIMIT: "Libere disco ou memória no servidor, ou encerre sessões paradas.",
    Reason.OWNERSHIP_UNPROVEN: "Verifique a rede até o etcd e o próprio etcd (docs/escala.md); as sessões voltam sozinhas.",
    Reason.MACHINE_LOST: "Se a sessão não ler mensagens antigas ou pedir um código, o cliente lê um novo QR Code.",
    Reason.ACTOR_FAILED: "Nada a fazer agora; se repetir, envie o trecho do log a quem mantém o wppmt.",
    Reason.ACTOR_HUNG: "Nada a fazer agora; se repetir, envie o trecho do log a quem mantém o wppmt.",
    Reason.RECONNECT_FAILED: "Verifique o motivo anterior (Explicar); reiniciar recomeça a contagem.",
}
_ITSELF = {
    Reason.STARTING,
    Reason.RESTARTED,
    Reason.READY,
    Reason.HIBERNATING,
    Reason.WAKING,
    Reason.CHANNEL_SILENT,
    Reason.WA_JS_CHANGED,
    Reason.LOGIN_COPY,
    Reason.DAEMON_RESTARTED,
}


def remedy(reason: Reason) -> str:
    """One sentence, never empty."""
    return ITSELF if reason in _ITSELF else _REMEDIES[reason]
