"""What the audit trail tells of: what administrators and the service itself do to sessions, keys and the service."""

from __future__ import annotations

from enum import StrEnum

SERVICE = "wppmt"
"""Who did what nobody asked for."""


class Action(StrEnum):
    """The words of `action`; stable, for programs."""

    START_SESSION = "session.start"
    IMPORT_SESSION = "session.import"
    MOVE = "session.move"
    MOVE_AWAY = "session.move_away"
    RECEIVE = "session.receive"
    MOVE_IN = "session.move_in"
    CHANGE_SESSION = "session.change"
    CLOSE_SESSION = "session.close"
    PURGE_SESSION = "session.purge"
    RESTART_SESSION = "session.restart"
    HIBERNATE_SESSION = "session.hibernate"
    WAKE_SESSION = "session.wake"
    RESET_LOGIN = "session.reset"
    RESTORE_LOGIN = "session.restore"
    LOG_OUT = "session.logout"
    VIEW_SCREEN = "session.screenshot"
    LINKED = "session.linked"
    UNLINKED = "session.unlinked"
    RESTART_CRASHED = "sessions.restart_crashed"
    MAKE_LINK = "pairing_link.create"
    REVOKE_LINK = "pairing_link.revoke"
    SET_WEBHOOK = "webhook.set"
    REMOVE_WEBHOOK = "webhook.remove"
    ROTATE_SECRET = "webhook.rotate_secret"  # noqa: S105 - an action, not a secret
    TEST_WEBHOOK = "webhook.test"
    REPLAY = "dead_letters.replay"
    CREATE_KEY = "key.create"
    REVOKE_KEY = "key.revoke"
    ROTATE_ALERT_SECRET = "alerts.rotate_secret"  # noqa: S105 - an action, not a secret
    KEEP_WA_JS = "wa_js.add"
    USE_WA_JS = "wa_js.use"
    ROLL_BACK_WA_JS = "wa_js.rollback"
    START_SERVICE = "service.start"
    CHANGE_VERSION = "service.version"
    STOP_SERVICE = "service.stop"
    ERASE_PERSON = "lgpd.erase"
    DRAIN = "machine.drain"
    UNDRAIN = "machine.undrain"
    BACK_UP = "session.backup"
    TAKE_IN = "session.take_in"


_SENTENCES = {
    Action.START_SESSION: "sessão iniciada",
    Action.MOVE: "mudança da sessão para outra instância pedida",
    Action.RECEIVE: "arquivo de uma sessão recebido de outra instância",
    Action.MOVE_AWAY: "sessão mudada para outra instância",
    Action.MOVE_IN: "sessão recebida de outra instância",
    Action.IMPORT_SESSION: "sessão trazida do wppconnect, com o login",
    Action.CHANGE_SESSION: "configurações da sessão mudadas",
    Action.CLOSE_SESSION: "sessão encerrada, com o login guardado",
    Action.PURGE_SESSION: "sessão removida, com todos os dados",
    Action.RESTART_SESSION: "navegador reiniciado",
    Action.HIBERNATE_SESSION: "sessão posta para hibernar",
    Action.WAKE_SESSION: "sessão acordada",
    Action.RESET_LOGIN: "login que não foi aceito posto em quarentena (reset)",
    Action.RESTORE_LOGIN: "login restaurado da última cópia (restore)",
    Action.LOG_OUT: "sessão desvinculada do WhatsApp (logout)",
    Action.VIEW_SCREEN: "tela do navegador vista",
    Action.LINKED: "conta vinculada à sessão",
    Action.UNLINKED: "conta desvinculada da sessão",
    Action.RESTART_CRASHED: "sessões em erro reiniciadas",
    Action.MAKE_LINK: "link de conexão criado",
    Action.REVOKE_LINK: "link de conexão cancelado",
    Action.SET_WEBHOOK: "webhook configurado",
    Action.REMOVE_WEBHOOK: "webhook removido",
    Action.ROTATE_SECRET: "segredo das assinaturas trocado",
    Action.TEST_WEBHOOK: "webhook testado",
    Action.REPLAY: "reenvio de eventos abandonados pedido",
    Action.CREATE_KEY: "chave criada",
    Action.REVOKE_KEY: "chave revogada",
    Action.ROTATE_ALERT_SECRET: "segredo do webhook de alertas trocado",
    Action.KEEP_WA_JS: "versão do wa-js guardada",
    Action.USE_WA_JS: "troca do wa-js pedida",
    Action.ROLL_BACK_WA_JS: "volta ao wa-js anterior pedida",
    Action.CHANGE_VERSION: "versão do serviço trocada",
    Action.START_SERVICE: "serviço iniciado",
    Action.STOP_SERVICE: "serviço encerrado",
    Action.ERASE_PERSON: "dados de um contato apagados (LGPD)",
    Action.DRAIN: "esvaziamento da máquina pedido",
    Action.UNDRAIN: "esvaziamento da máquina terminado",
    Action.BACK_UP: "backup da sessão feito",
    Action.TAKE_IN: "sessão restaurada de um arquivo",
}


def action_sentence(action: str) -> str:
    """In words for people; an action that only another version knows stands for itself."""
    return _SENTENCES[Action(action)] if action in set(Action) else action
