"""PURE: the accounts that exist on WhatsApp and their linked devices. No I/O, no clock."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from wppmt.simulator.errors import Refused, invalid, not_found
from wppmt.simulator.records import Account, Device
from wppmt.simulator.storage import Changes

PHONE = re.compile(r"[1-9][0-9]{7,14}")
LID = re.compile(r"[0-9]{5,20}")


class Accounts:
    """Every change is noted in ``changes`` for the storage."""

    def __init__(self, changes: Changes, token: Callable[[], str]) -> None:
        self._changes = changes
        self._token = token
        self._accounts: dict[str, Account] = {}
        self._by_lid: dict[str, Account] = {}
        self._devices: dict[str, Device] = {}

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        """Rebuilds everything from stored records; ``load`` gives a table's rows, oldest first."""
        for row in load("account"):
            saved = row.get("saved", False)
            lists = {
                "saved": saved if isinstance(saved, bool) else tuple(saved),
                "blocked": tuple(row.get("blocked", ())),
            }
            self._keep(Account(**{**row, **lists}))
        self._devices = {row["id"]: Device(**row) for row in load("device")}

    # --- accounts

    def register(self, phone: str, name: str, **details: Any) -> Account:
        """Makes a number exist on WhatsApp, or changes its details.

        ``details``: ``pushname``, ``is_business``, ``lid`` (others then reach it under that hidden id), ``saved``
        and ``number_unknown``. Left out, ``lid``, ``saved`` and ``number_unknown`` stay as they were.
        """
        if not PHONE.fullmatch(phone):
            raise invalid("o número precisa ter de 8 a 15 dígitos, com o código do país")
        lid = str(details.get("lid") or "").removesuffix("@lid")
        if lid and not LID.fullmatch(lid):
            raise invalid("lid precisa ter só dígitos")
        known = self._accounts.get(phone)
        account = replace(
            known or Account(phone, name, name, is_business=False, lid=derived_lid(phone)),
            name=name,
            pushname=details.get("pushname") or name,
            is_business=bool(details.get("is_business")),
            lid=lid or (known.lid if known else derived_lid(phone)),
            lid_addressed=bool(lid) or (known is not None and known.lid_addressed),
            saved=_given(details, "saved", known.saved if known else False),
            number_unknown=_given(details, "number_unknown", known.number_unknown if known else False),
        )
        owner = self._by_lid.get(account.lid)
        if owner and owner.phone != phone:
            raise Refused(409, "LID_TAKEN", "esse lid já pertence a outro número")
        self._put(account)
        return account

    def account(self, phone: str) -> Account:
        if phone not in self._accounts:
            raise not_found(f"O número {phone}")
        return self._accounts[phone]

    def all(self) -> list[Account]:
        return list(self._accounts.values())

    def find(self, wid: str) -> Account | None:
        """The account behind ``5511…``, ``5511…@c.us``, ``5511…@s.whatsapp.net`` or ``…@lid``, if registered."""
        user, _, server = wid.partition("@")
        user = user.partition(":")[0]
        return self._by_lid.get(user) if server == "lid" else self._accounts.get(user.removeprefix("+"))

    def set_online(self, phone: str, online: bool) -> bool:
        """True if that changed something."""
        account = self.account(phone)
        self._put(replace(account, online=online))
        return account.online != online

    def set_profile(self, phone: str, **changes: str | None) -> None:
        """``pushname``, ``about`` or ``picture`` (a hash)."""
        self._put(replace(self.account(phone), **changes))  # type: ignore[arg-type]

    def block(self, phone: str, other: str, blocked: bool) -> None:
        account = self.account(phone)
        others = tuple(one for one in account.blocked if one != other)
        self._put(replace(account, blocked=(*others, other) if blocked else others))

    def address(self, phone: str, viewer: str) -> str:
        """An account sees itself under its number, others under the address they are reachable by."""
        return self._accounts[phone].wid if phone == viewer else self._accounts[phone].address

    # --- devices

    def add_device(self, phone: str, now: float) -> Device:
        """A device that waits for its page to say that it is linked."""
        self.account(phone)
        taken = [device.number for device in self._devices.values() if device.phone == phone]
        number = max(taken, default=0) + 1
        device = Device(f"{phone}:{number}", phone, number, self._token(), now)
        self._put_device(device)
        return device

    def confirm_device(self, device_id: str) -> Device:
        device = replace(self._devices[device_id], linked=True)
        self._put_device(device)
        return device

    def device_of(self, token: str) -> Device | None:
        return next((device for device in self._devices.values() if device.token == token), None)

    def devices(self, phone: str) -> list[Device]:
        """Those that are linked."""
        self.account(phone)
        return [device for device in self._devices.values() if device.phone == phone and device.linked]

    def remove_device(self, device_id: str) -> None:
        if self._devices.pop(device_id, None):
            self._changes.delete("device", device_id)

    # --- inside

    def _keep(self, account: Account) -> None:
        before = self._accounts.get(account.phone)
        if before:
            self._by_lid.pop(before.lid, None)
        self._accounts[account.phone] = account
        self._by_lid[account.lid] = account

    def _put(self, account: Account) -> None:
        self._keep(account)
        self._changes.put("account", account.phone, account)

    def _put_device(self, device: Device) -> None:
        self._devices[device.id] = device
        self._changes.put("device", device.id, device)


def _given(details: dict[str, Any], name: str, otherwise: Any) -> Any:
    value = details.get(name)
    return otherwise if value is None else value


def derived_lid(phone: str) -> str:
    """The hidden id of an account that was registered without one: stable, and unlike the number."""
    return str(10**14 + int(sha256(phone.encode()).hexdigest()[:12], 16) % 10**14)
