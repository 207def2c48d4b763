"""PURE: how one account sees messages, receipts, contacts and groups: what its pages and its inbox show."""

from collections.abc import Mapping, Sequence

from wppmt.simulator.accounts import Accounts
from wppmt.simulator.records import Account, Group, Json, Media, Message, is_group

READ_ACKS = {2: "delivery", 3: "read", 4: "played"}


class Views:
    """``by_id`` are the messages with each short id, for quotes."""

    def __init__(self, accounts: Accounts, by_id: Mapping[str, Sequence[Message]]) -> None:
        self._accounts = accounts
        self._by_id = by_id

    def message(self, message: Message, viewer: str) -> Json:
        """The message as ``viewer``'s WhatsApp Web gets it; ``id`` in the form fromMe_chat_id[_participant]."""
        mine, group = message.sender == viewer, is_group(message.to)
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
            "mentions": list(message.mentions),
            "quoted": self._quoted(message, viewer),
            "media": _media(message.media),
        }

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
        group = is_group(message.to)
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
        }

    def profile(self, phone: str) -> Json:
        """All that a linked page of ``phone`` needs to know about itself and the others.

        Every registered account is in everybody's address book.
        """
        me = self._accounts.account(phone)
        return {
            "me": me.wid,
            "lid": me.lid_wid,
            "pushname": me.pushname,
            "isBusiness": me.is_business,
            "phoneOnline": me.online,
            "contacts": [_contact(account) for account in self._accounts.all()],
            "groups": [self._group(group, phone) for group in self._accounts.groups_of(phone)],
        }

    def _group(self, group: Group, viewer: str) -> Json:
        members = [self._accounts.address(phone, viewer) for phone in group.participants]
        return {"id": group.id, "subject": group.subject, "participants": members, "created": group.created}

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


def _contact(account: Account) -> Json:
    return {
        "id": account.address,
        "pn": account.wid,
        "lid": account.lid_wid,
        "name": account.name,
        "pushname": account.pushname,
        "isBusiness": account.is_business,
    }


def _media(media: Media | None) -> Json | None:
    if not media:
        return None
    name = {"fileName": media.file_name}
    return {"sha256": media.sha256, "size": media.size, "mimetype": media.mimetype, **name}
