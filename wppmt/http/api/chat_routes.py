"""The routes of docs/contract.md 12: chats, people, groups, labels and calls."""

from __future__ import annotations

from wppmt.domain.errors import Code
from wppmt.http.api import chat_responses as answers
from wppmt.http.api import chat_schemas as schemas
from wppmt.http.api.route import Access, Route
from wppmt.http.handlers import asking, chats, contacts, groups, labels, people

_SESSION = "/api/sessions/{sessionId}"
_ASKED = (Code.SESSION_BUSY, Code.OUTCOME_UNKNOWN, Code.NOT_CONNECTED, Code.COULD_NOT_LOOK)
_OF_CHAT = (*_ASKED, Code.INVALID_PHONE, Code.NOT_FOUND, Code.GROUP_NOT_FOUND, Code.NOT_ON_WHATSAPP)
_OF_PERSON = (*_ASKED, Code.INVALID_PHONE, Code.NOT_ON_WHATSAPP)
_OF_GROUP = (*_ASKED, Code.INVALID_PHONE, Code.GROUP_NOT_FOUND, Code.NOT_GROUP_MEMBER)
_OF_ADMIN = (*_OF_GROUP, Code.NOT_GROUP_ADMIN)
_WITH_PICTURE = (Code.TARGET_REFUSED, Code.MEDIA_FETCH_FAILED, Code.MEDIA_TOO_LARGE)
_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_CURSOR: dict[str, object] = {
    "type": "string",
    "pattern": asking.CURSOR,
    "description": "o `nextCursor` da página anterior",
}
_LIMIT: dict[str, object] = {
    "type": "integer",
    "minimum": 1,
    "maximum": asking.LARGEST_PAGE,
    "default": asking.DEFAULT_PAGE,
}
_PAGE = {"cursor": _CURSOR, "limit": _LIMIT}
_UNREAD: dict[str, object] = {
    "type": "string", "enum": ["0", "1", "false", "true"], "default": "false", "description": "só as não lidas",
}  # fmt: skip
_BEFORE: dict[str, object] = {
    "type": "string", "maxLength": 256, "description": "id da mensagem mais antiga que você tem",
}  # fmt: skip
_CONTACTS: dict[str, dict[str, object]] = {
    "cursor": _CURSOR,
    "limit": {**_LIMIT, "maximum": contacts.ALL_CONTACTS, "default": contacts.ALL_CONTACTS},
    "scope": {
        "type": "string", "enum": list(contacts.SCOPES), "default": "all", "description": "`saved`: só a agenda",
    },
}  # fmt: skip

CHAT_ROUTES = (
    Route(
        "GET", f"{_SESSION}/chats", chats.list_chats, Access.SESSION,
        "Listar as conversas", {200: answers.ChatPage}, query={**_PAGE, "unread": _UNREAD}, refusals=_ASKED,
    ),
    Route(
        "PATCH", f"{_SESSION}/chats/{{chatId}}", chats.change_chat, Access.SESSION,
        "Marcar como lida, arquivar, fixar, silenciar ou etiquetar uma conversa", {200: answers.Chat},
        body=schemas.PatchChatBody, refusals=(*_OF_CHAT, Code.BUSINESS_ONLY),
    ),
    Route(
        "GET", f"{_SESSION}/chats/{{chatId}}/messages", chats.list_messages, Access.SESSION,
        "Ler as mensagens de uma conversa, da mais nova à mais antiga", {200: answers.MessagePage},
        query={"before": _BEFORE, "limit": _LIMIT},
        refusals=(*_OF_CHAT, Code.MESSAGE_NOT_FOUND, Code.AMBIGUOUS_MESSAGE_ID),
    ),
    Route(
        "POST", f"{_SESSION}/chats/{{chatId}}/presence", chats.show_presence, Access.SESSION,
        "Mostrar que a conta está digitando ou gravando", {200: answers.PresenceShown},
        body=schemas.PresenceBody, refusals=_OF_CHAT,
    ),
    Route(
        "GET", f"{_SESSION}/contacts", contacts.list_contacts, Access.SESSION,
        "Listar contatos", {200: answers.ContactPage}, query=_CONTACTS, refusals=_ASKED,
    ),
    Route(
        "GET", f"{_SESSION}/contacts/{{phone}}", people.show_contact, Access.SESSION,
        "Consultar uma pessoa, pelo número ou pelo id oculto", {200: answers.Person}, refusals=_OF_PERSON,
    ),
    Route(
        "GET", f"{_SESSION}/contacts/{{phone}}/picture", people.show_picture, Access.SESSION,
        "Obter a foto de uma pessoa", {}, media=_PICTURES, refusals=(*_OF_PERSON, Code.NOT_FOUND),
    ),
    Route(
        "GET", f"{_SESSION}/blocked", people.list_blocked, Access.SESSION,
        "Listar quem está bloqueado", {200: answers.BlockedPage}, query=_PAGE, refusals=_ASKED,
    ),
    Route(
        "PUT", f"{_SESSION}/blocked/{{phone}}", people.block, Access.SESSION,
        "Bloquear uma pessoa", {200: answers.BlockedBody}, refusals=_OF_PERSON,
    ),
    Route(
        "DELETE", f"{_SESSION}/blocked/{{phone}}", people.unblock, Access.SESSION,
        "Desbloquear uma pessoa", {200: answers.BlockedBody}, refusals=_OF_PERSON,
    ),
    Route(
        "GET", f"{_SESSION}/profile", people.show_profile, Access.SESSION,
        "Consultar o perfil da conta", {200: answers.Profile}, refusals=_ASKED,
    ),
    Route(
        "PATCH", f"{_SESSION}/profile", people.change_profile, Access.SESSION,
        "Mudar o nome, o recado ou a foto da conta", {200: answers.Profile},
        body=schemas.PatchProfileBody, refusals=(*_ASKED, *_WITH_PICTURE),
    ),
    Route(
        "GET", f"{_SESSION}/profile/picture", people.show_own_picture, Access.SESSION,
        "Obter a foto da conta", {}, media=_PICTURES, refusals=(*_ASKED, Code.NOT_FOUND),
    ),
    Route(
        "GET", f"{_SESSION}/groups", groups.list_groups, Access.SESSION,
        "Listar os grupos da conta", {200: answers.GroupPage}, query=_PAGE, refusals=_ASKED,
    ),
    Route(
        "POST", f"{_SESSION}/groups", groups.create_group, Access.SESSION,
        "Criar um grupo", {201: answers.CreatedGroup}, body=schemas.CreateGroupBody, refusals=_OF_PERSON,
    ),
    Route(
        "POST", f"{_SESSION}/groups/join", groups.join_group, Access.SESSION,
        "Entrar em um grupo pelo convite", {200: answers.GroupLeft}, body=schemas.JoinGroupBody,
        refusals=(*_ASKED, Code.NOT_FOUND),
    ),
    Route(
        "GET", f"{_SESSION}/groups/{{groupId}}", groups.show_group, Access.SESSION,
        "Consultar um grupo", {200: answers.GroupBody}, refusals=_OF_GROUP,
    ),
    Route(
        "PATCH", f"{_SESSION}/groups/{{groupId}}", groups.change_group, Access.SESSION,
        "Mudar um grupo: nome, descrição, foto, quem escreve", {200: answers.GroupBody},
        body=schemas.PatchGroupBody, refusals=(*_OF_ADMIN, *_WITH_PICTURE),
    ),
    Route(
        "DELETE", f"{_SESSION}/groups/{{groupId}}", groups.leave_group, Access.SESSION,
        "Sair de um grupo", {200: answers.GroupLeft}, refusals=_OF_GROUP,
    ),
    Route(
        "PATCH", f"{_SESSION}/groups/{{groupId}}/participants", groups.change_participants, Access.SESSION,
        "Pôr, tirar, promover ou rebaixar participantes", {200: answers.ParticipantsBody},
        body=schemas.ParticipantsPatchBody, refusals=_OF_ADMIN,
    ),
    Route(
        "GET", f"{_SESSION}/groups/{{groupId}}/invite", groups.show_invite, Access.SESSION,
        "Obter o convite de um grupo", {200: answers.Invite}, refusals=_OF_ADMIN,
    ),
    Route(
        "POST", f"{_SESSION}/groups/{{groupId}}/invite", groups.renew_invite, Access.SESSION,
        "Trocar o convite de um grupo: o anterior deixa de valer", {200: answers.Invite}, refusals=_OF_ADMIN,
    ),
    Route(
        "GET", f"{_SESSION}/labels", labels.list_labels, Access.SESSION,
        "Listar as etiquetas de uma conta comercial", {200: answers.LabelPage}, query=_PAGE,
        refusals=(*_ASKED, Code.BUSINESS_ONLY),
    ),
    Route(
        "POST", f"{_SESSION}/labels", labels.create_label, Access.SESSION,
        "Criar uma etiqueta", {201: answers.LabelBody}, body=schemas.CreateLabelBody,
        refusals=(*_ASKED, Code.BUSINESS_ONLY),
    ),
    Route(
        "DELETE", f"{_SESSION}/labels/{{labelId}}", labels.delete_label, Access.SESSION,
        "Apagar uma etiqueta", {200: answers.LabelDeleted},
        refusals=(*_ASKED, Code.BUSINESS_ONLY, Code.NOT_FOUND),
    ),
    Route(
        "POST", f"{_SESSION}/calls/{{callId}}/reject", labels.reject_call, Access.SESSION,
        "Recusar uma chamada", {200: answers.CallRejected}, refusals=(*_ASKED, Code.CALL_NOT_FOUND),
    ),
)  # fmt: skip
