"""PURE: WhatsApp's server between the accounts: linking, routing, undelivered queues, receipts. No I/O, no clock."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from wppmt.simulator.errors import Refused, invalid, not_found
from wppmt.simulator.records import Account, Arrival, Delivery, Device, Group, Json, Media, Message
from wppmt.simulator.storage import Changes

PHONE = re.compile(r"[1-9][0-9]{7,14}")
READ_ACKS = {2: "delivery", 3: "read", 4: "played"}


@dataclass(frozen=True)
class Draft:
    """A message on its way to the server: ``id`` is chosen by who writes it; ``t`` in epoch seconds."""

    id: str
    to: str
    t: int
    type: str = "chat"
    body: str | None = None
    caption: str | None = None
    quoted: str | None = None
    mentions: tuple[str, ...] = ()
    media: Media | None = None


class Switchboard:
    """All accounts and what passes between them. Every change is noted in ``changes`` for the storage."""

    def __init__(self, changes: Changes, token: Callable[[], str]) -> None:
        self._changes = changes
        self._token = token
        self.accounts: dict[str, Account] = {}
        self.devices: dict[str, Device] = {}
        self.groups: dict[str, Group] = {}
        self._messages: dict[str, Message] = {}
        self._by_id: dict[str, list[Message]] = {}
        self._inboxes: dict[str, list[Arrival]] = {}
        self._queues: dict[str, dict[int, Delivery]] = {}
        self._last_arrival = 0
        self._last_delivery = 0

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        """Rebuilds everything from stored records; ``load`` gives a table's rows, oldest first."""
        self.accounts = {row["phone"]: Account(**row) for row in load("account")}
        self.devices = {row["id"]: Device(**row) for row in load("device")}
        for row in load("group"):
            self.groups[row["id"]] = Group(**{**row, "participants": tuple(row["participants"])})
        for row in load("message"):
            media = Media(**row["media"]) if row["media"] else None
            self._index(Message(**{**row, "media": media, "mentions": tuple(row["mentions"])}))
        for row in load("arrival"):
            self._inboxes.setdefault(row["phone"], []).append(Arrival(**row))
            self._last_arrival = max(self._last_arrival, row["seq"])
        for row in load("delivery"):
            self._queues.setdefault(row["device"], {})[row["n"]] = Delivery(**row)
        for row in load("counter"):
            self._last_delivery = row["last_delivery"]

    # --- accounts, devices, groups

    def register(self, phone: str, name: str, **details: Any) -> Account:
        """Makes a number exist on WhatsApp, or changes its details. ``lid`` makes it reachable by that id only."""
        if not PHONE.fullmatch(phone):
            raise invalid("o número precisa ter de 8 a 15 dígitos, com o código do país")
        lid = str(details.get("lid") or "").removesuffix("@lid")
        known = self.accounts.get(phone)
        account = Account(
            phone=phone,
            name=name,
            pushname=details.get("pushname") or name,
            is_business=bool(details.get("is_business")),
            lid=lid or (known.lid if known else derived_lid(phone)),
            lid_addressed=bool(lid) or (known.lid_addressed if known else False),
            online=known.online if known else True,
        )
        if any(other.lid == account.lid and other.phone != phone for other in self.accounts.values()):
            raise Refused(409, "LID_TAKEN", "esse lid já pertence a outro número")
        self._put_account(account)
        return account

    def account(self, phone: str) -> Account:
        if phone not in self.accounts:
            raise not_found(f"O número {phone}")
        return self.accounts[phone]

    def set_online(self, phone: str, online: bool) -> bool:
        """True if that changed something."""
        account = self.account(phone)
        self._put_account(replace(account, online=online))
        return account.online != online

    def add_device(self, phone: str, now: float) -> Device:
        """A device that waits for its page to say that it is linked."""
        self.account(phone)
        taken = [device.number for device in self.devices.values() if device.phone == phone]
        number = max(taken, default=0) + 1
        device = Device(f"{phone}:{number}", phone, number, self._token(), now)
        self._put_device(device)
        return device

    def confirm_device(self, device_id: str) -> Device:
        device = replace(self.devices[device_id], linked=True)
        self._put_device(device)
        return device

    def device_of(self, token: str) -> Device | None:
        return next((device for device in self.devices.values() if device.token == token), None)

    def devices_of(self, phone: str) -> list[Device]:
        self.account(phone)
        return [device for device in self.devices.values() if device.phone == phone and device.linked]

    def remove_device(self, device_id: str) -> None:
        """Forgets the device and what it had not fetched yet."""
        if self.devices.pop(device_id, None):
            self._changes.delete("device", device_id)
        for n in self._queues.pop(device_id, {}):
            self._changes.delete("delivery", str(n))

    def add_group(self, group: Group) -> Group:
        for phone in group.participants:
            self.account(phone)
        if not group.participants:
            raise invalid("um grupo precisa de participantes")
        self.groups[group.id] = group
        self._changes.put("group", group.id, group)
        return group

    def groups_of(self, phone: str) -> list[Group]:
        return [group for group in self.groups.values() if phone in group.participants]

    def find_account(self, wid: str) -> Account | None:
        """The account behind ``5511…``, ``5511…@c.us``, ``5511…@s.whatsapp.net`` or ``…@lid``, if registered."""
        user, _, server = wid.partition("@")
        user = user.partition(":")[0]
        if server == "lid":
            return next((account for account in self.accounts.values() if account.lid == user), None)
        return self.accounts.get(user.removeprefix("+"))

    # --- messages

    def accept(self, sender: str, draft: Draft, from_device: str | None = None) -> tuple[Message, bool]:
        """Takes a message and queues it for everyone; the second value is False for an id accepted before.

        As in WhatsApp, a sender may repeat an id (it never saw the ack): that delivers nothing again.
        """
        known = self._messages.get(f"{sender}/{draft.id}")
        if known:
            return known, False
        message = self._message(sender, draft)
        self._index(message)
        self._changes.put("message", message.key, message)
        for phone in self.recipients(message):
            self._arrive(phone, message)
        for phone in {sender, *self.recipients(message)}:
            for device in self.devices_of(phone):
                if device.id != from_device:
                    self._queue(device.id, "message", self.view(message, phone))
        return message, True

    def recipients(self, message: Message) -> list[str]:
        if message.to.endswith("@g.us"):
            return [phone for phone in self.groups[message.to].participants if phone != message.sender]
        return [message.to.partition("@")[0]]

    def receive(self, phone: str, message_id: str, ack: int) -> Message:
        """``phone`` delivered (2), read (3) or played (4) a message; the sender's devices are told."""
        self.account(phone)
        if ack not in READ_ACKS:
            raise invalid("ack precisa ser 2 (entregue), 3 (lida) ou 4 (ouvida)")
        message = self._received(phone, message_id)
        message.acks[phone] = max(ack, message.acks.get(phone, 0))
        self._changes.put("message", message.key, message)
        everyone = min(message.acks.get(recipient, 1) for recipient in self.recipients(message))
        for device in self.devices_of(message.sender):
            self._queue(device.id, "receipt", self._receipt(message, phone, ack, everyone))
        return message

    def inbox(self, phone: str, after: int = 0) -> list[Json]:
        self.account(phone)
        arrivals = self._inboxes.get(phone, [])
        return [self._inbox_line(arrival) for arrival in arrivals if arrival.seq > after]

    def queued(self, device_id: str, after: int = 0) -> list[Delivery]:
        return [delivery for n, delivery in self._queues.get(device_id, {}).items() if n > after]

    def confirm(self, device_id: str, n: int) -> Delivery | None:
        """The device has stored delivery ``n``: it will not be sent again."""
        delivery = self._queues.get(device_id, {}).pop(n, None)
        if delivery:
            self._changes.delete("delivery", str(n))
        return delivery

    # --- how one account sees the others

    def address(self, phone: str, viewer: str) -> str:
        """An account sees itself under its number, others under the address they are reachable by."""
        return self.accounts[phone].wid if phone == viewer else self.accounts[phone].address

    def view(self, message: Message, viewer: str) -> Json:
        """The message as ``viewer``'s WhatsApp Web gets it; ``id`` in the form fromMe_chat_id[_participant]."""
        mine, group = message.sender == viewer, message.to.endswith("@g.us")
        sender = self.accounts[message.sender]
        author = (sender.lid_wid if mine else sender.address) if group else None
        chat = message.to if group else self._other_end(message, viewer)
        parts = ["true" if mine else "false", chat, message.id, *([author] if author else [])]
        return {
            "id": "_".join(parts),
            "from": self.address(message.sender, viewer) if mine or not group else chat,
            "to": chat if mine or group else self.accounts[viewer].wid,
            "author": author,
            "type": message.type,
            "t": message.t,
            "body": message.body,
            "caption": message.caption,
            "notifyName": sender.pushname,
            "mentions": list(message.mentions),
            "quoted": self._quoted_view(message, viewer),
            "media": _media_view(message.media),
        }

    def profile(self, phone: str) -> Json:
        """All that a linked page of ``phone`` needs to know about itself and the others."""
        me = self.account(phone)
        return {
            "me": me.wid,
            "lid": me.lid_wid,
            "pushname": me.pushname,
            "isBusiness": me.is_business,
            "phoneOnline": me.online,
            "contacts": [_contact(account) for account in self.accounts.values()],
            "groups": [self.group_view(group, phone) for group in self.groups_of(phone)],
        }

    def group_view(self, group: Group, viewer: str) -> Json:
        participants = [self.address(phone, viewer) for phone in group.participants]
        return {"id": group.id, "subject": group.subject, "participants": participants, "created": group.created}

    # --- inside

    def _message(self, sender: str, draft: Draft) -> Message:
        mentioned = [self.find_account(wid) for wid in draft.mentions]
        return Message(
            id=draft.id,
            sender=sender,
            to=self._destination(sender, draft.to),
            type=draft.type,
            t=draft.t,
            body=draft.body,
            caption=draft.caption,
            quoted=draft.quoted,
            mentions=tuple(account.wid for account in mentioned if account),
            media=draft.media,
        )

    def _destination(self, sender: str, to: str) -> str:
        if not to.endswith("@g.us"):
            account = self.find_account(to)
            if not account:
                raise Refused(404, "NOT_ON_WHATSAPP", f"O número {to} não existe no WhatsApp simulado")
            return account.wid
        if to not in self.groups:
            raise not_found(f"O grupo {to}")
        if sender not in self.groups[to].participants:
            raise Refused(409, "NOT_A_PARTICIPANT", f"{sender} não participa do grupo {to}")
        return to

    def _other_end(self, message: Message, viewer: str) -> str:
        other = message.to.partition("@")[0] if message.sender == viewer else message.sender
        return self.address(other, viewer)

    def _received(self, phone: str, message_id: str) -> Message:
        short = short_id(message_id)
        for message in reversed(self._by_id.get(short, [])):
            if phone in self.recipients(message):
                return message
        raise not_found(f"A mensagem {short} para {phone}")

    def _receipt(self, message: Message, phone: str, ack: int, everyone: int) -> Json:
        group = message.to.endswith("@g.us")
        reader = self.address(phone, message.sender)
        return {
            "id": message.id,
            "ack": ack,
            "ackString": READ_ACKS[ack],
            "chat": message.to if group else reader,
            "participant": reader if group else None,
            "everyone": everyone,
        }

    def _quoted_view(self, message: Message, viewer: str) -> Json | None:
        candidates = self._by_id.get(message.quoted or "", [])
        if not candidates:
            return None
        quoted = candidates[-1]
        participant = self.address(quoted.sender, viewer)
        return {"id": quoted.id, "participant": participant, "type": quoted.type, "body": quoted.body}

    def _inbox_line(self, arrival: Arrival) -> Json:
        message = self._messages[arrival.message]
        group = message.to.endswith("@g.us")
        sender = self.accounts[message.sender].wid
        media = message.media
        return {
            "seq": arrival.seq,
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

    def _arrive(self, phone: str, message: Message) -> None:
        self._last_arrival += 1
        arrival = Arrival(self._last_arrival, phone, message.key)
        self._inboxes.setdefault(phone, []).append(arrival)
        self._changes.put("arrival", str(arrival.seq), arrival)

    def _queue(self, device_id: str, type_: str, data: Json) -> None:
        self._last_delivery += 1
        delivery = Delivery(self._last_delivery, device_id, type_, data)
        self._queues.setdefault(device_id, {})[delivery.n] = delivery
        self._changes.put("delivery", str(delivery.n), delivery)
        # Numbers are never used again: a page skips what it has confirmed by its number.
        self._changes.put("counter", "deliveries", {"last_delivery": delivery.n})

    def _index(self, message: Message) -> None:
        self._messages[message.key] = message
        self._by_id.setdefault(message.id, []).append(message)

    def _put_account(self, account: Account) -> None:
        self.accounts[account.phone] = account
        self._changes.put("account", account.phone, account)

    def _put_device(self, device: Device) -> None:
        self.devices[device.id] = device
        self._changes.put("device", device.id, device)


def derived_lid(phone: str) -> str:
    """The hidden id of an account that was registered without one: stable, and unlike the number."""
    return str(10**14 + int(sha256(phone.encode()).hexdigest()[:12], 16) % 10**14)


def short_id(message_id: str) -> str:
    """``3EB0…`` of ``true_5511…@c.us_3EB0…`` or of itself."""
    parts = message_id.split("_")
    return parts[2] if len(parts) > 2 else message_id  # noqa: PLR2004 - fromMe_chat_id[_participant]


def _contact(account: Account) -> Json:
    return {
        "id": account.address,
        "pn": account.wid,
        "lid": account.lid_wid,
        "name": account.name,
        "pushname": account.pushname,
        "isBusiness": account.is_business,
    }


def _media_view(media: Media | None) -> Json | None:
    if not media:
        return None
    return {"sha256": media.sha256, "size": media.size, "mimetype": media.mimetype, "fileName": media.file_name}
