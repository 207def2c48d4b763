"""PURE: messages from account to account: inboxes, what devices have not fetched yet, receipts. No I/O, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from wppmt.simulator.accounts import Accounts
from wppmt.simulator.errors import Refused, invalid, not_found
from wppmt.simulator.groups import Groups
from wppmt.simulator.kinds import ADDONS
from wppmt.simulator.records import STATUS, Arrival, Delivery, Json, Media, Message, is_group
from wppmt.simulator.storage import Changes
from wppmt.simulator.views import READ, READ_ACKS, Views


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
    target: str | None = None
    content: Json | None = None


class Switchboard:
    """What the server holds between the accounts. Every change is noted in ``changes`` for the storage."""

    def __init__(self, changes: Changes, accounts: Accounts, groups: Groups) -> None:
        self._changes = changes
        self._accounts = accounts
        self._groups = groups
        self._messages: dict[str, Message] = {}
        self._by_id: dict[str, list[Message]] = {}
        self._inboxes: dict[str, list[Arrival]] = {}
        self._queues: dict[str, dict[int, Delivery]] = {}
        self._waiting_receipts: dict[str, list[list[Any]]] = {}
        self._last_arrival = 0
        self._last_delivery = 0
        self._met: dict[str, set[str]] = {}
        self._written: set[tuple[str, str]] = set()
        self.views = Views(accounts, groups, self._by_id, lambda phone: self._met.get(phone, ()))
        self.status_readers: Callable[[str], list[str]] = lambda _: [one.phone for one in accounts.all()]
        """Who gets the status posts of a phone."""

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        """Rebuilds everything from stored records; ``load`` gives a table's rows, oldest first."""
        for row in load("message"):
            media = Media(**row["media"]) if row["media"] else None
            self._index(Message(**{**row, "media": media, "mentions": tuple(row["mentions"])}))
        for row in load("arrival"):
            self._inboxes.setdefault(row["phone"], []).append(Arrival(**row))
            self._last_arrival = max(self._last_arrival, row["seq"])
        for row in load("delivery"):
            self._queues.setdefault(row["device"], {})[row["n"]] = Delivery(**row)
        self._waiting_receipts = {row["phone"]: row["receipts"] for row in load("waiting")}
        for row in load("counter"):
            self._last_delivery = row["last_delivery"]

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
        recipients = [phone for phone in self.recipients(message) if not self._is_blocked(message, phone)]
        for phone in recipients:
            self._arrive(phone, message)
        type_ = "addon" if message.type in ADDONS else "message"
        for phone in dict.fromkeys([sender, *recipients]):
            self.queue(phone, type_, lambda viewer: self.views.message(message, viewer), from_device)
        return message, True

    def queue(
        self, phone: str, type_: str, view: Callable[[str], Json], but_device: str | None = None
    ) -> None:
        """Hands something to the devices of ``phone``, each of which confirms it; ``view`` is as that phone sees it."""
        for device in self._accounts.devices(phone):
            if device.id != but_device:
                self._queue(device.id, type_, view(phone))

    def recipients(self, message: Message) -> list[str]:
        if is_group(message.to):
            members = self._groups.get(message.to).participants
            return [phone for phone in members if phone != message.sender]
        if message.to == STATUS:
            return [phone for phone in self.status_readers(message.sender) if phone != message.sender]
        return [message.to.partition("@")[0]]

    def find(self, message_id: str, phone: str) -> Message:
        """A message that ``phone`` has sent or received; ids are in the short or in the long form."""
        short = short_id(message_id)
        for message in reversed(self._by_id.get(short, [])):
            if phone == message.sender or phone in self.recipients(message):
                return message
        raise not_found(f"A mensagem {short} de {phone}")

    def are_strangers(self, phone: str, to: str) -> bool:
        """True if ``to`` is a person who has never written to ``phone``."""
        other = None if is_group(to) else self._accounts.find(to)
        return other is not None and other.phone != phone and not self.has_written(other.phone, phone)

    def has_written(self, phone: str, to: str) -> bool:
        """True if ``phone`` has sent that person something before."""
        other = self._accounts.find(to)
        return other is not None and (phone, other.phone) in self._written

    def receive(self, phone: str, message_id: str, ack: int) -> Message:
        """``phone`` delivered (2), read (3) or played (4) a message; the sender's devices are told."""
        message = self._check_receipt(phone, message_id, ack)
        message.acks[phone] = max(ack, message.acks.get(phone, 0))
        self._changes.put("message", message.key, message)
        everyone = min(message.acks.get(recipient, 1) for recipient in self.recipients(message))
        for device in self._accounts.devices(message.sender):
            self._queue(device.id, "receipt", self.views.receipt(message, phone, ack, everyone))
        return message

    def unread(self, phone: str, chat: str) -> list[Message]:
        """What ``phone`` has received in a chat, named as its pages name it, and has not read; oldest first."""
        writer = self._accounts.find(chat)
        to = self._accounts.account(phone).wid if writer else chat
        return [
            message
            for message in self._messages.values()
            if message.to == to
            and (writer is None or message.sender == writer.phone)
            and message.sender != phone
            and message.type not in ADDONS
            and phone in self.recipients(message)
            and message.acks.get(phone, 0) < READ
        ]

    def keep_receipt(self, phone: str, message_id: str, ack: int) -> None:
        """As ``receive``, for a phone without internet: kept until ``waiting_receipts`` takes it."""
        self._check_receipt(phone, message_id, ack)
        waiting = [*self._waiting_receipts.get(phone, []), [message_id, ack]]
        self._waiting_receipts[phone] = waiting
        self._changes.put("waiting", phone, {"phone": phone, "receipts": waiting})

    def waiting_receipts(self, phone: str) -> list[list[Any]]:
        """Takes the receipts that waited, oldest first."""
        self._changes.delete("waiting", phone)
        return self._waiting_receipts.pop(phone, [])

    def _check_receipt(self, phone: str, message_id: str, ack: int) -> Message:
        self._accounts.account(phone)
        if ack not in READ_ACKS:
            raise invalid("ack precisa ser 2 (entregue), 3 (lida) ou 4 (ouvida)")
        return self._received(phone, message_id)

    def inbox(self, phone: str, after: int = 0) -> list[Json]:
        self._accounts.account(phone)
        arrivals = self._inboxes.get(phone, [])
        return [
            self.views.inbox_line(arrival.seq, self._messages[arrival.message])
            for arrival in arrivals
            if arrival.seq > after
        ]

    def history(self, phone: str, chat: str) -> list[Json]:
        """All that ``phone`` has written and received in a chat, oldest first, as its pages see it."""
        mine = [
            message
            for message in self._messages.values()
            if message.type not in ADDONS and (phone == message.sender or phone in self.recipients(message))
        ]
        seen = [self.views.message(message, phone) for message in sorted(mine, key=lambda one: one.t)]
        return [message for message in seen if message["id"].split("_")[1] == chat]

    # --- what devices have not fetched yet

    def queued(self, device_id: str, after: int = 0) -> list[Delivery]:
        return [delivery for n, delivery in self._queues.get(device_id, {}).items() if n > after]

    def confirm(self, device_id: str, n: int) -> Delivery | None:
        """The device has stored delivery ``n``: it will not be sent again."""
        delivery = self._queues.get(device_id, {}).pop(n, None)
        if delivery:
            self._changes.delete("delivery", str(n))
        return delivery

    def drop_queue(self, device_id: str) -> None:
        for n in self._queues.pop(device_id, {}):
            self._changes.delete("delivery", str(n))

    # --- inside

    def _message(self, sender: str, draft: Draft) -> Message:
        mentioned = [self._accounts.find(wid) for wid in draft.mentions]
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
            target=short_id(draft.target) if draft.target else None,
            content=draft.content,
        )

    def _destination(self, sender: str, to: str) -> str:
        if is_group(to):
            group = self._groups.get(to)
            if sender not in group.participants:
                raise Refused(409, "NOT_A_PARTICIPANT", f"{sender} não participa do grupo {to}")
            if group.announce and sender not in group.admins:
                raise Refused(403, "NOT_GROUP_ADMIN", f"só administradores escrevem no grupo {to}")
            return to
        if to == STATUS:
            return to
        account = self._accounts.find(to)
        if not account:
            raise Refused(404, "NOT_ON_WHATSAPP", f"O número {to} não existe no WhatsApp simulado")
        return account.wid

    def _received(self, phone: str, message_id: str) -> Message:
        short = short_id(message_id)
        for message in reversed(self._by_id.get(short, [])):
            if phone in self.recipients(message):
                return message
        raise not_found(f"A mensagem {short} para {phone}")

    def _is_blocked(self, message: Message, phone: str) -> bool:
        """Who is blocked is not told so: the message is accepted, and never delivered."""
        return not is_group(message.to) and message.sender in self._accounts.account(phone).blocked

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
        # Numbers are never used again: a confirmation that comes late must not meet another delivery.
        self._changes.put("counter", "deliveries", {"last_delivery": delivery.n})

    def _index(self, message: Message) -> None:
        self._messages[message.key] = message
        if not is_group(message.to):
            other = message.to.partition("@")[0]
            self._written.add((message.sender, other))
            self._met.setdefault(message.sender, set()).add(other)
            self._met.setdefault(other, set()).add(message.sender)
        self._by_id.setdefault(message.id, []).append(message)


def short_id(message_id: str) -> str:
    """``3EB0…`` of fromMe_chat_id[_participant], or of itself."""
    parts = message_id.split("_")
    return parts[2] if len(parts) > 2 else message_id
