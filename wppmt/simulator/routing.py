"""PURE: messages from account to account: inboxes, what devices have not fetched yet, receipts. No I/O, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from wppmt.simulator.accounts import Accounts
from wppmt.simulator.errors import Refused, invalid, not_found
from wppmt.simulator.records import Arrival, Delivery, Json, Media, Message, is_group
from wppmt.simulator.storage import Changes
from wppmt.simulator.views import READ_ACKS, Views


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
    """What the server holds between the accounts. Every change is noted in ``changes`` for the storage."""

    def __init__(self, changes: Changes, accounts: Accounts) -> None:
        self._changes = changes
        self._accounts = accounts
        self._messages: dict[str, Message] = {}
        self._by_id: dict[str, list[Message]] = {}
        self._inboxes: dict[str, list[Arrival]] = {}
        self._queues: dict[str, dict[int, Delivery]] = {}
        self._waiting_receipts: dict[str, list[list[Any]]] = {}
        self._last_arrival = 0
        self._last_delivery = 0
        self._met: dict[str, set[str]] = {}
        self._written: set[tuple[str, str]] = set()
        self.views = Views(accounts, self._by_id, lambda phone: self._met.get(phone, ()))

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
        recipients = self.recipients(message)
        for phone in recipients:
            self._arrive(phone, message)
        for phone in dict.fromkeys([sender, *recipients]):
            for device in self._accounts.devices(phone):
                if device.id != from_device:
                    self._queue(device.id, "message", self.views.message(message, phone))
        return message, True

    def recipients(self, message: Message) -> list[str]:
        if is_group(message.to):
            members = self._accounts.group(message.to).participants
            return [phone for phone in members if phone != message.sender]
        return [message.to.partition("@")[0]]

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
        )

    def _destination(self, sender: str, to: str) -> str:
        if is_group(to):
            if sender not in self._accounts.group(to).participants:
                raise Refused(409, "NOT_A_PARTICIPANT", f"{sender} não participa do grupo {to}")
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
