"""The control API's second half: what phones do to messages, and calls, presence, labels and media."""

import secrets

from aiohttp import web

from wppmt.simulator.app_state import AppState
from wppmt.simulator.errors import Refused, invalid, not_found
from wppmt.simulator.notices import tell_call, tell_presence
from wppmt.simulator.records import Account, Call, Json, Message
from wppmt.simulator.requests import body_of, flag, phone_id, phone_of, text, texts
from wppmt.simulator.routing import Draft
from wppmt.simulator.world import World

STATES = {"available": "available", "unavailable": "unavailable", "composing": "typing"}
STATES |= {"recording": "recording_audio", "paused": "available"}
"""The control API's word and WhatsApp's chat state."""

LABEL_COLOURS = 20


class PhoneControl:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        account = "/sim/accounts/{phone}"
        return [
            web.get(account, self.account),
            web.post(f"{account}/edit", self.edit),
            web.post(f"{account}/revoke", self.revoke),
            web.post(f"{account}/react", self.react),
            web.post(f"{account}/vote", self.vote),
            web.post(f"{account}/call", self.call),
            web.get(f"{account}/calls", self.calls),
            web.post(f"{account}/presence", self.presence),
            web.post(f"{account}/labels", self.labels),
            web.get("/sim/media/{sha256}", self.media),
        ]

    async def account(self, request: web.Request) -> web.Response:
        account = self._world.accounts.account(phone_of(request))
        more: Json = {"about": account.about, "blocked": list(account.blocked)}
        return web.json_response(
            {**account_json(account), **more, "labels": self._world.app_state.labels(account.phone)}
        )

    # --- to messages

    async def edit(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        message = self._own(phone, text(body, "id"))
        return self._act(phone, message, "edit", {"body": text(body, "body")})

    async def revoke(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        return self._act(phone, self._revocable(phone, text(body, "id")), "revoke", {})

    async def react(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        emoji = body.get("emoji")
        if not isinstance(emoji, str):
            raise invalid("falta emoji")
        message = self._world.switchboard.find(text(body, "id"), phone)
        return self._act(phone, message, "reaction", {"emoji": emoji})

    async def vote(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        message = self._world.switchboard.find(text(body, "id"), phone)
        known = [option["name"] for option in (message.content or {}).get("pollOptions") or []]
        chosen = texts(body, "options")
        if not set(chosen) <= set(known):
            raise invalid(f"options precisa sair das opções da enquete: {', '.join(known)}")
        return self._act(phone, message, "vote", {"options": chosen})

    def _own(self, phone: str, message_id: str) -> Message:
        message = self._world.switchboard.find(message_id, phone)
        if message.sender != phone:
            raise Refused(403, "NOT_OWN_MESSAGE", f"a mensagem {message.id} não é de {phone}")
        return message

    def _revocable(self, phone: str, message_id: str) -> Message:
        message = self._world.switchboard.find(message_id, phone)
        if message.sender == phone or phone in self._world.admins_of(message.to):
            return message
        raise Refused(403, "NOT_OWN_MESSAGE", f"a mensagem {message.id} não é de {phone}")

    def _act(self, phone: str, message: Message, type_: str, content: Json) -> web.Response:
        to = message.to if message.sender == phone or "@g.us" in message.to else f"{message.sender}@c.us"
        now = int(self._world.clock.now())
        draft = Draft(phone_id(), to, now, type_, target=message.id, content=content or None)
        return web.json_response({"id": self._world.write(phone, draft).id})

    # --- calls

    async def call(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        callee = self._world.accounts.account(text(body, "to").partition("@")[0].removeprefix("+"))
        self._world.accounts.account(phone)
        now = int(self._world.clock.now())
        call = Call(secrets.token_hex(16).upper(), phone, callee.phone, flag(body, "video"), now)
        self._world.calls.ring(call)
        self._world.commit()
        tell_call(self._world, call)
        return web.json_response({"id": call.id})

    async def calls(self, request: web.Request) -> web.Response:
        phone = phone_of(request)
        self._world.accounts.account(phone)
        return web.json_response(self._world.calls.of(phone))

    # --- what others see

    async def presence(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        state, to = text(body, "state"), text(body, "to")
        if state not in STATES:
            raise invalid(f"state precisa ser um destes: {', '.join(STATES)}")
        self._world.accounts.account(phone)
        self._world.log.add("presence", phone=phone, state=state)
        self._world.commit()
        tell_presence(self._world, phone, to, STATES[state])
        return web.json_response({})

    async def labels(self, request: web.Request) -> web.Response:
        """A business account makes a label on its phone and puts chats under it."""
        body, phone = await body_of(request), phone_of(request)
        if not self._world.accounts.account(phone).is_business:
            raise Refused(409, "BUSINESS_ONLY", "só contas comerciais têm etiquetas")
        label = self._label(self._world.app_state, phone, text(body, "name"))
        for chat in texts(body, "chats"):
            self._world.put_app_state(phone, "labelChat", f"{label}|{self._chat(phone, chat)}", True)
        return web.json_response({"id": label})

    def _label(self, state: AppState, phone: str, name: str) -> str:
        known = next((one["id"] for one in state.labels(phone) if one["name"] == name), None)
        if known:
            return str(known)
        label = state.next_label(phone)
        value = {"name": name, "color": (int(label) - 1) % LABEL_COLOURS}
        self._world.put_app_state(phone, "label", label, value)
        return label

    def _chat(self, phone: str, chat: str) -> str:
        account = None if chat.endswith("@g.us") else self._world.accounts.find(chat)
        if chat.endswith("@g.us"):
            return self._world.groups.get(chat).id
        if not account:
            raise not_found(f"O número {chat}")
        return self._world.accounts.address(account.phone, phone)

    async def media(self, request: web.Request) -> web.StreamResponse:
        sha256 = request.match_info["sha256"]
        path = self._world.storage.media_path(sha256) if sha256.isalnum() else None
        if not path:
            raise not_found(f"A mídia {sha256}")
        return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})


def account_json(account: Account) -> Json:
    return {
        "phone": account.phone,
        "name": account.name,
        "pushname": account.pushname,
        "isBusiness": account.is_business,
        "lid": account.lid_wid,
        "online": account.online,
        "saved": account.saved,
        "numberUnknown": account.number_unknown,
    }
