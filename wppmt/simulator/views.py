"""PURE: how one account sees messages, receipts, contacts and groups: what its pages and its inbox show."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from wppmt.simulator import kinds
from wppmt.simulator.accounts import Accounts
from wppmt.simulator.groups import GroupEvent, Groups
from wppmt.simulator.kinds import ADDONS
from wppmt.simulator.records import STATUS, Account, Group, Json, Media, Message, is_group

READ = 3
READ_ACKS = {2: "delivery", READ: "read", 4: "played"}


class Views:
    """``by_id`` are the messages with each short id, for quotes; ``met`` who has written with whom."""

    def __init__(
        self,
        accounts: Accounts,
        groups: Groups,
        by_id: Mapping[str, Sequence[Message]],
        met: Callable[[str], Iterable[str]],
    ) -> None:
        self._accounts = accounts
        self._groups = groups
        self._by_id = by_id
        self._met = met

    def message(self, message: Message, viewer: str) -> Json:
        """The message as ``viewer``'s WhatsApp Web gets it; ``id`` in the form fromMe_chat_id[_participant]."""
        mine, group = message.sender == viewer, is_group(message.to) or message.to == STATUS
        sender = self._accounts.account(message.sender)
        author = (sender.lid_wid if mine else sender.address) if group else None
        chat = message.to if group else self._other_end(message, viewer)
        parts = ["true" if mine else "false", chat, message.id, *([author] if author else [])]
        return {
            "id": "_".join(parts),
            "from": self._accounts.address(message.sender, viewer) if mine or not group else chat,
            "to": chat if mine or group else self._accounts.account(viewer).wid,
            "author": author,
            "type": message.type,
            "t": message.t,
            "body": message.body,
            "caption": message.caption,
            "notifyName": sender.pushname,
            "sender": None if mine else _contact(sender, viewer),
            "mentions": list(message.mentions),
            "quoted": self._quoted(message, viewer),
            "media": _media(message.media),
            "target": self.target(message, viewer),
            "content": message.content,
        }

    def target(self, message: Message, viewer: str) -> str | None:
        """The long id of the message that an addon is about, as ``viewer`` has it."""
        candidates = [one for one in self._by_id.get(message.target or "", []) if one.type not in ADDONS]
        return str(self.message(candidates[-1], viewer)["id"]) if candidates else None

    def receipt(self, message: Message, phone: str, ack: int, everyone: int) -> Json:
        """``everyone`` is the ack that all recipients have reached."""
        group = is_group(message.to)
        reader = self._accounts.address(phone, message.sender)
        return {
            "id": message.id,
            "key": self.message(message, message.sender)["id"],
            "ack": ack,
            "ackString": READ_ACKS[ack],
            "chat": message.to if group else reader,
            "participant": reader if group else None,
            "everyone": everyone,
        }

    def inbox_line(self, seq: int, message: Message) -> Json:
        group = is_group(message.to) or message.to == STATUS
        sender = self._accounts.account(message.sender).wid
        media = message.media
        return {
            "seq": seq,
            "id": message.id,
            "chat": message.to if group else sender,
            "from": sender,
            "author": sender if group else None,
            "type": message.type,
            "body": message.body,
            "caption": message.caption,
            "quoted": message.quoted,
            "mentions": list(message.mentions),
            "fileName": media.file_name if media else None,
            "mimetype": media.mimetype if media else None,
            "size": media.size if media else None,
            "sha256": media.sha256 if media else None,
            "t": message.t,
            **kinds.shown(message),
        }

    def profile(self, phone: str) -> Json:
        """All that a linked page of ``phone`` needs to know about itself and the others.

        Of the others it knows those whom its phone has saved, and those it has met: in a chat or in a group.
        """
        me = self._accounts.account(phone)
        return {
            "me": me.wid,
            "lid": me.lid_wid,
            "pushname": me.pushname,
            "isBusiness": me.is_business,
            "contacts": [_contact(account, phone) for account in self._known(phone)],
            "groups": [self.group(group, phone) for group in self._groups.of(phone)],
            "about": me.about,
            "picture": me.picture,
            "blocked": [self._accounts.address(other, phone) for other in me.blocked],
        }

    def group(self, group: Group, viewer: str) -> Json:
        """A group as a page of ``viewer`` sees it; what only its admins see is left to queries."""

        def addresses(phones: Iterable[str]) -> list[str]:
            return [self._accounts.address(phone, viewer) for phone in phones]

        return {
            "id": group.id,
            "subject": group.subject,
            "owner": self._accounts.address(group.creator, viewer) if group.creator else None,
            "participants": addresses(group.participants),
            "admins": addresses(group.admins),
            "past": [[self._accounts.address(phone, viewer), t] for phone, t in group.past],
            "created": group.created,
            "description": group.description,
            "descriptionId": group.description_id,
            "announce": group.announce,
            "restrict": group.restrict,
            "approval": group.approval,
            "everyoneAdds": group.everyone_adds,
            "ephemeral": group.ephemeral,
            "parent": group.parent,
            "kind": group.kind,
            "picture": group.picture,
        }

    def group_event(self, event: GroupEvent, viewer: str, t: int, event_id: str) -> Json:
        return {
            "id": event_id,
            "t": t,
            "group": self.group(event.group, viewer),
            "action": event.action,
            "by": self._accounts.address(event.by, viewer),
            "participants": [self._accounts.address(phone, viewer) for phone in event.participants],
        }

    def _known(self, phone: str) -> list[Account]:
        in_groups = {member for group in self._groups.of(phone) for member in group.participants}
        met = {*self._met(phone), *in_groups}
        return [one for one in self._accounts.all() if one.phone in met or one.is_saved_by(phone)]

    def _other_end(self, message: Message, viewer: str) -> str:
        other = message.to.partition("@")[0] if message.sender == viewer else message.sender
        return self._accounts.address(other, viewer)

    def _quoted(self, message: Message, viewer: str) -> Json | None:
        candidates = self._by_id.get(message.quoted or "")
        if not candidates:
            return None
        quoted = candidates[-1]
        participant = self._accounts.address(quoted.sender, viewer)
        return {
            "id": quoted.id,
            "participant": participant,
            "type": quoted.type,
            "body": quoted.body,
            "caption": quoted.caption,
        }


def _contact(account: Account, viewer: str) -> Json:
    saved = account.is_saved_by(viewer)
    return {
        "id": account.address,
        "pn": None if account.number_unknown and not saved else account.wid,
        "lid": account.lid_wid,
        "name": account.name if saved else None,
        "pushname": account.pushname,
        "isBusiness": account.is_business,
    }


def _media(media: Media | None) -> Json | None:
    if not media:
        return None
    name = {"fileName": media.file_name}
    return {"sha256": media.sha256, "size": media.size, "mimetype": media.mimetype, **name}
