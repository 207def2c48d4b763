"""The control API's groups: made, looked at, and changed by one of their members on its phone."""

import secrets

from aiohttp import web

from wppmt.simulator.errors import invalid
from wppmt.simulator.records import Group, Json
from wppmt.simulator.requests import body_of, flag, optional, phones, text
from wppmt.simulator.world import World


class GroupControl:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/sim/groups", self.add),
            web.get("/sim/groups/{id}", self.get),
            web.patch("/sim/groups/{id}", self.change),
            web.post("/sim/groups/{id}/join", self.join),
        ]

    async def add(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        if not isinstance(body.get("participants"), list):
            raise invalid("participants precisa ser uma lista de números")
        user = optional(body, "id") or f"120363{secrets.randbelow(10**12):012}"
        members, admins = phones(body, "participants"), phones(body, "admins")
        now = int(self._world.clock.now())
        group = Group(
            f"{user.removesuffix('@g.us')}@g.us",
            text(body, "subject"),
            tuple(members),
            now,
            admins=tuple(admins),
        )
        self._world.groups.add(group)
        self._world.commit()
        return web.json_response({"id": group.id})

    async def get(self, request: web.Request) -> web.Response:
        return web.json_response(_as_json(self._world.groups.get(request.match_info["id"])))

    async def change(self, request: web.Request) -> web.Response:
        body, group_id, groups = await body_of(request), request.match_info["id"], self._world.groups
        by = text(body, "by").partition("@")[0].removeprefix("+")
        if body.get("subject") is not None:
            groups.set_text(by, group_id, "subject", text(body, "subject"))
        if added := phones(body, "add"):
            groups.add_participants(by, group_id, added)
        if removed := phones(body, "remove"):
            groups.remove_participants(by, group_id, removed, int(self._world.clock.now()))
        for key, admin in (("promote", True), ("demote", False)):
            if moved := phones(body, key):
                groups.set_admins(by, group_id, moved, admin)
        if body.get("approval") is not None:
            groups.set_property(by, group_id, "membership_approval_mode", int(flag(body, "approval")))
        self._world.commit()
        return web.json_response(_as_json(groups.get(group_id)))

    async def join(self, request: web.Request) -> web.Response:
        """Someone follows the invitation on its phone."""
        body, group = await body_of(request), self._world.groups.get(request.match_info["id"])
        phone = self._world.accounts.account(text(body, "phone")).phone
        _, pending = self._world.groups.join(phone, str(group.invite), int(self._world.clock.now()))
        self._world.commit()
        return web.json_response({"pending": pending})


def _as_json(group: Group) -> Json:
    return {
        "id": group.id,
        "subject": group.subject,
        "description": group.description,
        "participants": list(group.participants),
        "admins": list(group.admins),
        "invite": group.invite,
        "requests": [phone for phone, _ in group.requests],
    }
