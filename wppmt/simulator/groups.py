"""PURE: groups and communities: who is in, who may do what. No I/O, no clock."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wppmt.simulator.accounts import Accounts
from wppmt.simulator.errors import Refused, invalid, not_found
from wppmt.simulator.records import Group, Json
from wppmt.simulator.storage import Changes

OK, FORBIDDEN, NOT_FOUND, CONFLICT = 200, 403, 404, 409
"""What WhatsApp answers for a participant."""

PROPERTIES = {"announcement": "announce", "restrict": "restrict", "ephemeral": "ephemeral"}
PROPERTIES |= {"member_add_mode": "everyone_adds", "membership_approval_mode": "approval"}
"""A page's names of a group's settings."""


@dataclass(frozen=True)
class GroupEvent:
    """What a group's members are told. ``action`` is add, remove, leave, promote, demote, subject, description …"""

    group: Group
    action: str
    by: str
    participants: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """Phones that are told though they are no members any more."""


Tell = Callable[[GroupEvent], None]


class Groups:
    """Every change is noted in ``changes`` for the storage, and told to ``tell``."""

    def __init__(self, changes: Changes, accounts: Accounts, token: Callable[[], str]) -> None:
        self._changes = changes
        self._accounts = accounts
        self._token = token
        self._groups: dict[str, Group] = {}
        self.tell: Tell = lambda _: None

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        """Rebuilds everything from stored records; ``load`` gives a table's rows, oldest first."""
        for row in load("group"):
            pairs = {
                name: tuple((phone, t) for phone, t in row.get(name, ())) for name in ("requests", "past")
            }
            phones = {name: tuple(row.get(name, ())) for name in ("participants", "admins")}
            self._groups[row["id"]] = Group(**{**row, **pairs, **phones})

    # --- what there is

    def get(self, group_id: str) -> Group:
        if group_id not in self._groups:
            raise not_found(f"O grupo {group_id}")
        return self._groups[group_id]

    def of(self, phone: str) -> list[Group]:
        return [group for group in self._groups.values() if phone in group.participants]

    def by_code(self, code: str) -> Group:
        """The group that an invitation leads to."""
        found = next((group for group in self._groups.values() if group.invite == code), None)
        if not found:
            raise Refused(NOT_FOUND, "INVITE_NOT_FOUND", "esse convite não existe")
        return found

    def subgroups(self, parent: str) -> list[Group]:
        return [group for group in self._groups.values() if group.parent == parent]

    # --- making and changing

    def add(self, group: Group) -> Group:
        for phone in group.participants:
            self._accounts.account(phone)
        if not group.participants:
            raise invalid("um grupo precisa de participantes")
        if not set(group.admins) <= set(group.participants):
            raise invalid("admins precisa estar entre os participantes")
        creator = group.creator or group.participants[0]
        invite = group.invite or self._token()
        group = self._put(replace(group, creator=creator, admins=group.admins or (creator,), invite=invite))
        self.tell(GroupEvent(group, "create", creator, group.participants))
        return group

    def set_text(
        self, by: str, group_id: str, name: str, text: str | None, text_id: str | None = None
    ) -> Group:
        """``name`` is subject or description."""
        group = self._editable(by, group_id)
        change: Json = {name: text} if name == "subject" else {"description": text, "description_id": text_id}
        return self._changed(replace(group, **change), name, by)

    def set_property(self, by: str, group_id: str, name: str, value: int) -> Group:
        if name not in PROPERTIES:
            raise Refused(400, "BAD_REQUEST", f"propriedade desconhecida: {name}")
        group = self._as_admin(by, group_id)
        field = PROPERTIES[name]
        typed: Any = int(value) if field == "ephemeral" else bool(value)
        return self._changed(replace(group, **{field: typed}), name, by)

    def set_picture(self, by: str, group_id: str, sha256: str | None) -> Group:
        return self._changed(replace(self._editable(by, group_id), picture=sha256), "picture", by)

    def add_participants(self, by: str, group_id: str, phones: Sequence[str]) -> dict[str, int]:
        group = self._member(by, group_id)
        if by not in group.admins and not group.everyone_adds:
            raise Refused(FORBIDDEN, "NOT_GROUP_ADMIN", f"{by} não administra o grupo")
        codes = {phone: self._addable(group, phone) for phone in phones}
        added = tuple(phone for phone, code in codes.items() if code == OK)
        if added:
            members = (*group.participants, *added)
            past = tuple(one for one in group.past if one[0] not in added)
            self._changed(replace(group, participants=members, past=past), "add", by, added)
        return codes

    def remove_participants(self, by: str, group_id: str, phones: Sequence[str], now: int) -> dict[str, int]:
        group = self._as_admin(by, group_id)
        codes = {phone: self._known(group, phone) for phone in phones}
        gone = tuple(phone for phone, code in codes.items() if code == OK)
        if gone:
            self._without(group, gone, "remove", by, now)
        return codes

    def leave(self, phone: str, group_id: str, now: int) -> Group:
        return self._without(self._member(phone, group_id), (phone,), "leave", phone, now)

    def set_admins(self, by: str, group_id: str, phones: Sequence[str], admin: bool) -> dict[str, int]:
        group = self._as_admin(by, group_id)
        codes = {phone: self._known(group, phone) for phone in phones}
        moved = tuple(phone for phone, code in codes.items() if code == OK)
        others = tuple(phone for phone in group.admins if phone not in moved)
        admins = (*others, *moved) if admin else others
        if moved:
            self._changed(replace(group, admins=admins), "promote" if admin else "demote", by, moved)
        return codes

    # --- invitations

    def invite_code(self, by: str, group_id: str, anew: bool = False) -> str:
        group = self._as_admin(by, group_id)
        if not group.invite or anew:
            group = self._put(replace(group, invite=self._token()))
        return str(group.invite)

    def join(self, phone: str, code: str, now: int) -> tuple[Group, bool]:
        """The second value is true if an admin has to agree first."""
        group = self.by_code(code)
        if phone in group.participants:
            return group, False
        if group.approval:
            others = tuple(one for one in group.requests if one[0] != phone)
            asked = replace(group, requests=(*others, (phone, now)))
            return self._changed(asked, "membership_approval_request", phone, (phone,)), True
        joined = replace(group, participants=(*group.participants, phone))
        return self._changed(joined, "join", phone, (phone,)), False

    def decide(self, by: str, group_id: str, phones: Sequence[str], approve: bool) -> dict[str, int]:
        """Answers requests to join."""
        group = self._as_admin(by, group_id)
        asking = {phone for phone, _ in group.requests}
        codes = {phone: OK if phone in asking else NOT_FOUND for phone in phones}
        decided = tuple(phone for phone, code in codes.items() if code == OK)
        left = tuple(one for one in group.requests if one[0] not in decided)
        members = (*group.participants, *decided) if approve else group.participants
        if decided:
            changed = replace(group, requests=left, participants=members)
            self._changed(changed, "add" if approve else "reject", by, decided)
        return codes

    # --- communities

    def link(self, by: str, parent_id: str, group_ids: Sequence[str], linked: bool) -> dict[str, int]:
        """Puts groups into a community, or takes them out."""
        self._as_admin(by, parent_id)
        codes: dict[str, int] = {}
        for group_id in group_ids:
            group = self._groups.get(group_id)
            if not group or by not in group.admins:
                codes[group_id] = FORBIDDEN if group else NOT_FOUND
                continue
            change: Json = {"parent": parent_id, "kind": "LINKED_SUBGROUP"}
            if not linked:
                change = {"parent": None, "kind": "DEFAULT"}
            self._changed(replace(group, **change), "link" if linked else "unlink", by)
            if linked:
                self._welcome(parent_id, group.participants, by)
            codes[group_id] = OK
        return codes

    def _welcome(self, parent_id: str, phones: tuple[str, ...], by: str) -> None:
        """Who is in one of its groups is in the community, and hears its announcements."""
        announcements = [one for one in self.subgroups(parent_id) if one.kind == "LINKED_ANNOUNCEMENT_GROUP"]
        for group in [self.get(parent_id), *announcements]:
            new = tuple(phone for phone in phones if phone not in group.participants)
            if new:
                self._changed(replace(group, participants=(*group.participants, *new)), "add", by, new)

    def deactivate(self, by: str, parent_id: str) -> None:
        """The community ends; its groups go on, its announcement group does not."""
        parent = self._as_admin(by, parent_id)
        for group in self.subgroups(parent_id):
            if group.kind == "LINKED_ANNOUNCEMENT_GROUP":
                self._end(group, by)
            else:
                self._changed(replace(group, parent=None, kind="DEFAULT"), "unlink", by)
        self._end(parent, by)

    # --- inside

    def _end(self, group: Group, by: str) -> None:
        del self._groups[group.id]
        self._changes.delete("group", group.id)
        ended = replace(group, participants=(), admins=())
        self.tell(GroupEvent(ended, "delete", by, told=group.participants))

    def _without(self, group: Group, gone: tuple[str, ...], action: str, by: str, now: int) -> Group:
        left = replace(
            group,
            participants=tuple(phone for phone in group.participants if phone not in gone),
            admins=tuple(phone for phone in group.admins if phone not in gone),
            past=(*group.past, *((phone, now) for phone in gone)),
        )
        if left.participants and not left.admins:
            left = replace(left, admins=left.participants[:1])  # a group is never without an admin
        return self._changed(left, action, by, gone, gone)

    def _changed(
        self,
        group: Group,
        action: str,
        by: str,
        participants: tuple[str, ...] = (),
        told: tuple[str, ...] = (),
    ) -> Group:
        self._put(group)
        self.tell(GroupEvent(group, action, by, participants, told))
        return group

    def _put(self, group: Group) -> Group:
        self._groups[group.id] = group
        self._changes.put("group", group.id, group)
        return group

    def _member(self, phone: str, group_id: str) -> Group:
        group = self.get(group_id)
        if phone not in group.participants:
            raise Refused(FORBIDDEN, "NOT_GROUP_MEMBER", f"{phone} não participa do grupo")
        return group

    def _as_admin(self, phone: str, group_id: str) -> Group:
        group = self._member(phone, group_id)
        if phone not in group.admins:
            raise Refused(FORBIDDEN, "NOT_GROUP_ADMIN", f"{phone} não administra o grupo")
        return group

    def _editable(self, phone: str, group_id: str) -> Group:
        group = self._member(phone, group_id)
        return self._as_admin(phone, group_id) if group.restrict else group

    def _addable(self, group: Group, phone: str) -> int:
        if not self._accounts.find(phone):
            return NOT_FOUND
        return CONFLICT if phone in group.participants else OK

    def _known(self, group: Group, phone: str) -> int:
        return OK if phone in group.participants else NOT_FOUND
