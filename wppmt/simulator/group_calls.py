"""What a linked page asks of WhatsApp's server about groups and communities."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from wppmt.simulator.errors import Refused
from wppmt.simulator.records import Group, Json
from wppmt.simulator.world import OpenPage, World


class GroupCalls:
    """The group calls of one page; ``act`` names one of them."""

    def __init__(self, world: World, page: OpenPage) -> None:
        self._world = world
        self._page = page
        self._acts: dict[str, Callable[[Json], Json]] = {
            "create": self._create,
            "createCommunity": self._create_community,
            "query": self._query,
            "setText": self._set_text,
            "setProperty": self._set_property,
            "participants": self._participants,
            "leave": self._leave,
            "invite": self._invite,
            "byCode": self._by_code,
            "join": self._join,
            "requests": self._requests,
            "decide": self._decide,
            "link": self._link,
            "deactivate": self._deactivate,
        }

    def answer(self, data: Json) -> Json:
        answer = self._acts[data["act"]](data)
        self._world.commit()
        return answer

    @property
    def _phone(self) -> str:
        if not self._page.device:
            raise Refused(401, "NOT_LINKED", "a página não está pareada")
        return self._page.device.phone

    def _find(self, wid: str) -> str:
        account = self._world.accounts.find(wid)
        if not account:
            raise Refused(404, "NOT_ON_WHATSAPP", f"O número {wid} não existe no WhatsApp simulado")
        return account.phone

    def _now(self) -> int:
        return int(self._world.clock.now())

    # --- making and looking

    def _create(self, data: Json) -> Json:
        """Who does not exist is left out, with a code that says so."""
        found = {wid: self._world.accounts.find(wid) for wid in data["participants"]}
        phones = [account.phone for account in found.values() if account]
        members = tuple(dict.fromkeys([self._phone, *phones]))
        group = replace(
            self._new(data["subject"], members),
            announce=bool(data.get("announce")),
            restrict=bool(data.get("restrict")),
            approval=bool(data.get("approval")),
            everyone_adds=bool(data.get("everyoneAdds")),
            ephemeral=int(data.get("ephemeral") or 0),
            parent=data.get("parent"),
            kind="LINKED_SUBGROUP" if data.get("parent") else "DEFAULT",
        )
        group = self._world.groups.add(group)
        return {**self._view(group), "codes": {wid: 200 if one else 404 for wid, one in found.items()}}

    def _create_community(self, data: Json) -> Json:
        """A community has a group in which only its admins write."""
        community = replace(
            self._new(data["subject"], (self._phone,)), kind="COMMUNITY", description=data.get("description")
        )
        community = self._world.groups.add(community)
        announcements = replace(
            self._new(data["subject"], (self._phone,)),
            kind="LINKED_ANNOUNCEMENT_GROUP",
            parent=community.id,
            announce=True,
        )
        self._world.groups.add(announcements)
        return self._view(community)

    def _new(self, subject: str, members: tuple[str, ...]) -> Group:
        return Group(f"120363{secrets.randbelow(10**12):012}@g.us", subject, members, self._now())

    def _view(self, group: Group) -> Json:
        return {"group": self._world.switchboard.views.group(group, self._phone)}

    def _query(self, data: Json) -> Json:
        return self._view(self._world.groups.get(data["id"]))

    # --- changing

    def _set_text(self, data: Json) -> Json:
        self._world.groups.set_text(self._phone, data["id"], data["name"], data["text"], data.get("textId"))
        return {}

    def _set_property(self, data: Json) -> Json:
        self._world.groups.set_property(self._phone, data["id"], data["name"], data["value"])
        return {}

    def _participants(self, data: Json) -> Json:
        """``change`` is add, remove, promote or demote; answers a code for each participant."""
        found = {wid: self._world.accounts.find(wid) for wid in data["participants"]}
        phones = [account.phone for account in found.values() if account]
        codes = self._change_participants(data["id"], data["change"], phones)
        return {"codes": {wid: codes[one.phone] if one else 404 for wid, one in found.items()}}

    def _change_participants(self, group_id: str, change: str, phones: list[str]) -> dict[str, int]:
        groups, me = self._world.groups, self._phone
        if change == "add":
            return groups.add_participants(me, group_id, phones)
        if change == "remove":
            return groups.remove_participants(me, group_id, phones, self._now())
        return groups.set_admins(me, group_id, phones, change == "promote")

    def _leave(self, data: Json) -> Json:
        self._world.groups.leave(self._phone, data["id"], self._now())
        return {}

    # --- invitations

    def _invite(self, data: Json) -> Json:
        return {"code": self._world.groups.invite_code(self._phone, data["id"], bool(data.get("anew")))}

    def _by_code(self, data: Json) -> Json:
        return self._view(self._world.groups.by_code(data["code"]))

    def _join(self, data: Json) -> Json:
        group, pending = self._world.groups.join(self._phone, data["code"], self._now())
        return {**self._view(group), "pending": pending}

    def _requests(self, data: Json) -> Json:
        address = self._world.accounts.address
        requests = self._world.groups.get(data["id"]).requests
        return {"requests": [[address(phone, self._phone), t] for phone, t in requests]}

    def _decide(self, data: Json) -> Json:
        phones = {wid: self._find(wid) for wid in data["participants"]}
        codes = self._world.groups.decide(self._phone, data["id"], list(phones.values()), data["approve"])
        return {"codes": {wid: codes[phone] for wid, phone in phones.items()}}

    # --- communities

    def _link(self, data: Json) -> Json:
        return {"codes": self._world.groups.link(self._phone, data["id"], data["groups"], data["linked"])}

    def _deactivate(self, data: Json) -> Json:
        self._world.groups.deactivate(self._phone, data["id"])
        return {}
