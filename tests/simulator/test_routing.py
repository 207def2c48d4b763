"""Nothing lost, nothing twice, everything in order: whatever happens between the accounts."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.simulator.memory import MemoryServer
from wppmt.simulator.errors import Refused
from wppmt.simulator.records import Delivery, Group
from wppmt.simulator.routing import short_id

ANA, BRUNO, CARLA = "5511911111111", "5511922222222", "5511933333333"
GROUP = "120363000000000001@g.us"


@pytest.fixture
def server() -> MemoryServer:
    server = MemoryServer()
    for phone, name in ((ANA, "Ana"), (BRUNO, "Bruno")):
        server.accounts.register(phone, name)
    server.accounts.register(CARLA, "Carla", lid="77777")
    server.groups.add(Group(GROUP, "Equipe", (ANA, BRUNO, CARLA), 0))
    return server


def ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.data["id"] for delivery in deliveries]


def test_a_message_reaches_the_inbox_and_all_devices_but_its_own(server: MemoryServer) -> None:
    ana, anas_other, bruno = server.link(ANA), server.link(ANA), server.link(BRUNO)
    server.switchboard.accept(ANA, server.draft(BRUNO, message_id="3EB01"), from_device=ana)
    [line] = server.switchboard.inbox(BRUNO)
    assert (line["id"], line["from"], line["chat"], line["author"]) == (
        "3EB01",
        f"{ANA}@c.us",
        f"{ANA}@c.us",
        None,
    )
    assert ids(server.switchboard.queued(ana)) == []
    assert ids(server.switchboard.queued(anas_other)) == [f"true_{BRUNO}@c.us_3EB01"]
    assert ids(server.switchboard.queued(bruno)) == [f"false_{ANA}@c.us_3EB01"]
    assert server.switchboard.inbox(ANA) == []


def test_a_group_message_reaches_everyone_else(server: MemoryServer) -> None:
    ana, bruno = server.link(ANA), server.link(BRUNO)
    server.switchboard.accept(CARLA, server.draft(GROUP, message_id="3A1"))
    assert [server.switchboard.inbox(phone)[0]["author"] for phone in (ANA, BRUNO)] == [f"{CARLA}@c.us"] * 2
    assert server.switchboard.inbox(CARLA) == []
    assert ids(server.switchboard.queued(ana)) == [f"false_{GROUP}_3A1_77777@lid"]
    assert ids(server.switchboard.queued(bruno)) == ids(server.switchboard.queued(ana))


def test_an_own_group_message_names_its_author_by_hidden_id(server: MemoryServer) -> None:
    ana = server.link(ANA)
    server.switchboard.accept(ANA, server.draft(GROUP, message_id="3A1"))
    assert ids(server.switchboard.queued(ana)) == [f"true_{GROUP}_3A1_{server.accounts.account(ANA).lid_wid}"]


def test_an_account_with_a_hidden_id_is_seen_under_it(server: MemoryServer) -> None:
    ana, carla = server.link(ANA), server.link(CARLA)
    server.switchboard.accept(CARLA, server.draft(ANA, message_id="3A1"))
    server.switchboard.accept(ANA, server.draft("77777@lid", message_id="3A2"))
    assert ids(server.switchboard.queued(ana)) == ["false_77777@lid_3A1", "true_77777@lid_3A2"]
    assert ids(server.switchboard.queued(carla)) == [f"true_{ANA}@c.us_3A1", f"false_{ANA}@c.us_3A2"]


@pytest.mark.parametrize("to", ["5511900000000", "5511900000000@c.us", "99999@lid", "1@g.us", "nobody"])
def test_who_does_not_exist_gets_nothing(server: MemoryServer, to: str) -> None:
    with pytest.raises(Refused) as refused:
        server.switchboard.accept(ANA, server.draft(to))
    assert refused.value.status == 404


def test_outsiders_cannot_write_to_a_group(server: MemoryServer) -> None:
    server.groups.add(Group("2@g.us", "Sem Carla", (ANA, BRUNO), 0))
    with pytest.raises(Refused) as refused:
        server.switchboard.accept(CARLA, server.draft("2@g.us"))
    assert refused.value.code == "NOT_A_PARTICIPANT"


def test_an_id_is_taken_once_per_sender(server: MemoryServer) -> None:
    first, new = server.switchboard.accept(ANA, server.draft(BRUNO, message_id="3EB01"))
    again, repeated = server.switchboard.accept(ANA, server.draft(BRUNO, "outro", message_id="3EB01"))
    assert (new, repeated) == (True, False)
    assert again is first
    server.switchboard.accept(CARLA, server.draft(BRUNO, message_id="3EB01"))
    assert [line["from"] for line in server.switchboard.inbox(BRUNO)] == [f"{ANA}@c.us", f"{CARLA}@c.us"]


def test_receipts_go_to_the_senders_devices(server: MemoryServer) -> None:
    ana = server.link(ANA)
    server.switchboard.accept(ANA, server.draft(CARLA, message_id="3EB01"), from_device=ana)
    server.switchboard.receive(CARLA, f"true_{CARLA}@c.us_3EB01", 3)
    [receipt] = server.switchboard.queued(ana)
    assert receipt.type == "receipt"
    assert (receipt.data["id"], receipt.data["ack"], receipt.data["chat"]) == ("3EB01", 3, "77777@lid")


def test_a_group_message_has_the_ack_that_all_have_reached(server: MemoryServer) -> None:
    ana = server.link(ANA)
    server.switchboard.accept(ANA, server.draft(GROUP, message_id="3EB01"), from_device=ana)
    for phone, ack in ((BRUNO, 3), (CARLA, 2), (BRUNO, 2), (CARLA, 3)):
        server.switchboard.receive(phone, "3EB01", ack)
    reached = [delivery.data["everyone"] for delivery in server.switchboard.queued(ana)]
    assert reached == [1, 2, 2, 3]


def test_unread_is_what_others_wrote_in_that_chat_and_nobody_read(server: MemoryServer) -> None:
    board = server.switchboard
    for sender, to, message_id in (
        (CARLA, BRUNO, "3EB01"),
        (CARLA, BRUNO, "3EB02"),
        (BRUNO, CARLA, "3EB03"),
        (ANA, BRUNO, "3EB04"),
        (CARLA, GROUP, "3EB05"),
        (BRUNO, GROUP, "3EB06"),
    ):
        board.accept(sender, server.draft(to, message_id=message_id))
    board.receive(BRUNO, "3EB01", 3)
    board.receive(BRUNO, "3EB02", 2)
    unread = {chat: [one.id for one in board.unread(BRUNO, chat)] for chat in ("77777@lid", GROUP)}
    assert unread == {"77777@lid": ["3EB02"], GROUP: ["3EB05"]}


@pytest.mark.parametrize(("phone", "ack", "status"), [(BRUNO, 1, 400), (BRUNO, 5, 400), (CARLA, 2, 404)])
def test_receipts_that_cannot_be(server: MemoryServer, phone: str, ack: int, status: int) -> None:
    server.switchboard.accept(ANA, server.draft(BRUNO, message_id="3EB01"))
    with pytest.raises(Refused) as refused:
        server.switchboard.receive(phone, "3EB01", ack)
    assert refused.value.status == status


def test_strangers_are_those_who_never_wrote(server: MemoryServer) -> None:
    server.switchboard.accept(ANA, server.draft(BRUNO))
    assert server.switchboard.are_strangers(ANA, f"{BRUNO}@c.us")
    server.switchboard.accept(BRUNO, server.draft(ANA))
    assert not server.switchboard.are_strangers(ANA, f"{BRUNO}@c.us")
    assert not server.switchboard.are_strangers(ANA, GROUP)


def test_a_quote_carries_what_it_quotes(server: MemoryServer) -> None:
    ana = server.link(ANA)
    server.switchboard.accept(BRUNO, server.draft(ANA, "primeira", message_id="3A1"))
    reply = server.draft(ANA, "segunda")
    server.switchboard.accept(BRUNO, type(reply)(id="3A2", to=ANA, t=0, body="segunda", quoted="3A1"))
    quoted = server.switchboard.queued(ana)[-1].data["quoted"]
    assert (quoted["id"], quoted["participant"], quoted["body"]) == ("3A1", f"{BRUNO}@c.us", "primeira")


@pytest.mark.parametrize("full", ["3EB01", f"true_{BRUNO}@c.us_3EB01", f"false_{GROUP}_3EB01_77777@lid"])
def test_short_ids(full: str) -> None:
    assert short_id(full) == "3EB01"


PHONES = [ANA, BRUNO, CARLA]


class Exchange(RuleBasedStateMachine):
    """Three accounts with linked pages write, repeat, disconnect, and the server is killed now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.server = MemoryServer()
        self.pages: dict[str, list[str]] = {}
        self.position: dict[str, int] = {}
        self.confirmed: set[int] = set()
        self.sent: list[tuple[str, str, str]] = []

    @initialize()
    def populate(self) -> None:
        for phone in PHONES:
            self.server.accounts.register(phone, phone)
            device = self.server.link(phone)
            self.pages[device], self.position[device] = [], 0
        self.server.groups.add(Group(GROUP, "Equipe", tuple(PHONES), 0))
        self.server.commit()

    @rule(sender=st.sampled_from(PHONES), to=st.sampled_from([*PHONES, GROUP]))
    def write(self, sender: str, to: str) -> None:
        draft = self.server.draft(to)
        self.server.switchboard.accept(sender, draft)
        self.server.commit()
        self.sent.append((sender, draft.id, to))

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.sent:
            sender, message_id, to = data.draw(st.sampled_from(self.sent))
            self.server.switchboard.accept(sender, self.server.draft(to, message_id=message_id))
            self.server.commit()

    @rule(phone=st.sampled_from(PHONES), count=st.integers(1, 3), confirmed=st.booleans())
    def fetch(self, phone: str, count: int, confirmed: bool) -> None:
        """The page stores the next few messages; it may die before the server hears of it."""
        device = f"{phone}:1"
        for delivery in self.server.switchboard.queued(device, after=self.position[device])[:count]:
            self.position[device] = delivery.n
            if delivery.data["id"] not in self.pages[device]:
                self.pages[device].append(delivery.data["id"])
            if confirmed:
                self.server.switchboard.confirm(device, delivery.n)
                self.confirmed.add(delivery.n)
                self.server.commit()

    @rule(phone=st.sampled_from(PHONES))
    def reconnect(self, phone: str) -> None:
        """A new socket gets everything that was not confirmed."""
        self.position[f"{phone}:1"] = 0

    @rule()
    def kill_server(self) -> None:
        self.server.restart()
        self.position = dict.fromkeys(self.position, 0)

    def expected(self, phone: str, *, own: bool) -> list[str]:
        return [
            message_id
            for sender, message_id, to in self.sent
            if (sender == phone and own) or (to in {phone, GROUP} and (sender != phone or to == phone))
        ]

    @invariant()
    def every_inbox_lists_each_message_once_in_order(self) -> None:
        for phone in PHONES if self.pages else []:
            lines = self.server.switchboard.inbox(phone)
            assert [line["id"] for line in lines] == self.expected(phone, own=False)
            assert [line["seq"] for line in lines] == sorted({line["seq"] for line in lines})

    @invariant()
    def what_was_confirmed_never_comes_again(self) -> None:
        for device in self.pages:
            assert not self.confirmed & {one.n for one in self.server.switchboard.queued(device)}

    @invariant()
    def pages_and_queues_together_hold_everything_in_order(self) -> None:
        for device, seen in self.pages.items():
            waiting = ids(self.server.switchboard.queued(device))
            held = dict.fromkeys([*seen, *waiting])
            assert [short_id(one) for one in held] == self.expected(device.partition(":")[0], own=True)


TestExchange = Exchange.TestCase
TestExchange.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
