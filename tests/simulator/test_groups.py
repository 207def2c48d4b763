"""The pure groups: who is in, who may do what, and what their members are told."""

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.simulator.memory import MemoryServer
from wppmt.simulator.errors import Refused
from wppmt.simulator.groups import GroupEvent, Groups
from wppmt.simulator.records import Group

ANA, BRUNO, CARLA, DAVI = PHONES = ("5511911111111", "5511922222222", "5511933333333", "5511944444444")
GROUP, OTHER, COMMUNITY = "1@g.us", "2@g.us", "3@g.us"


@pytest.fixture
def server() -> MemoryServer:
    server = MemoryServer()
    for phone in PHONES:
        server.accounts.register(phone, phone)
    return server


@pytest.fixture
def told(server: MemoryServer) -> list[GroupEvent]:
    events: list[GroupEvent] = []
    server.groups.tell = events.append
    return events


@pytest.fixture
def groups(server: MemoryServer, told: list[GroupEvent]) -> Groups:
    server.groups.add(Group(GROUP, "Equipe", (ANA, BRUNO, CARLA), 0))
    told.clear()
    return server.groups


def refused(error: pytest.ExceptionInfo[Refused]) -> tuple[int, str]:
    return error.value.status, error.value.code


def test_a_group_has_only_participants_that_exist(server: MemoryServer) -> None:
    for participants in ((), (ANA, "5511900000000")):
        with pytest.raises(Refused):
            server.groups.add(Group(OTHER, "Nada", participants, 0))
    with pytest.raises(Refused):
        server.groups.add(Group(OTHER, "Alheio", (ANA,), 0, admins=(BRUNO,)))
    assert server.groups.of(ANA) == []


def test_whoever_makes_a_group_administers_it(groups: Groups) -> None:
    assert groups.get(GROUP).admins == (ANA,)
    assert groups.get(GROUP).creator == ANA


def test_only_admins_add_unless_all_may(groups: Groups, told: list[GroupEvent]) -> None:
    with pytest.raises(Refused) as error:
        groups.add_participants(BRUNO, GROUP, [DAVI])
    assert refused(error) == (403, "NOT_GROUP_ADMIN")
    groups.set_property(ANA, GROUP, "member_add_mode", 1)
    assert groups.add_participants(BRUNO, GROUP, [DAVI, CARLA, "5511900000000"]) == {
        DAVI: 200,
        CARLA: 409,
        "5511900000000": 404,
    }
    assert [(event.action, event.by, event.participants) for event in told][-1] == ("add", BRUNO, (DAVI,))


def test_who_is_removed_is_told_and_remembered(groups: Groups, told: list[GroupEvent]) -> None:
    assert groups.remove_participants(ANA, GROUP, [CARLA, DAVI], 7) == {CARLA: 200, DAVI: 404}
    assert groups.get(GROUP).past == ((CARLA, 7),)
    assert told[-1].told == (CARLA,)
    groups.add_participants(ANA, GROUP, [CARLA])
    assert groups.get(GROUP).past == ()


def test_a_group_is_never_without_an_admin(groups: Groups) -> None:
    groups.leave(ANA, GROUP, 1)
    assert groups.get(GROUP).admins == (BRUNO,)


def test_restricted_texts_are_for_admins(groups: Groups) -> None:
    groups.set_text(BRUNO, GROUP, "subject", "Time")
    groups.set_property(ANA, GROUP, "restrict", 1)
    with pytest.raises(Refused) as error:
        groups.set_text(BRUNO, GROUP, "description", "Sobre", "ID")
    assert refused(error) == (403, "NOT_GROUP_ADMIN")
    groups.set_text(ANA, GROUP, "description", "Sobre", "ID")
    group = groups.get(GROUP)
    assert (group.subject, group.description, group.description_id) == ("Time", "Sobre", "ID")


def test_strangers_change_nothing(groups: Groups) -> None:
    for change in (
        lambda: groups.set_text(DAVI, GROUP, "subject", "x"),
        lambda: groups.leave(DAVI, GROUP, 0),
        lambda: groups.set_admins(DAVI, GROUP, [BRUNO], True),
    ):
        with pytest.raises(Refused) as error:
            change()
        assert refused(error) == (403, "NOT_GROUP_MEMBER")


def test_an_invitation_leads_in_until_it_is_reset(groups: Groups, told: list[GroupEvent]) -> None:
    code = groups.invite_code(ANA, GROUP)
    assert groups.join(DAVI, code, 5) == (groups.get(GROUP), False)
    assert DAVI in groups.get(GROUP).participants
    assert told[-1].action == "join"
    assert groups.invite_code(ANA, GROUP, anew=True) != code
    with pytest.raises(Refused) as error:
        groups.join(DAVI, code, 6)
    assert error.value.status == 404


def test_admins_decide_who_joins_where_they_want_to(groups: Groups, server: MemoryServer) -> None:
    server.groups.add(Group(OTHER, "Fechado", (ANA, BRUNO), 0, approval=True))
    code = groups.invite_code(ANA, OTHER)
    for phone, t in ((CARLA, 1), (DAVI, 2)):
        assert groups.join(phone, code, t)[1] is True
    with pytest.raises(Refused):
        groups.decide(BRUNO, OTHER, [CARLA], approve=True)
    assert groups.decide(ANA, OTHER, [CARLA], approve=True) == {CARLA: 200}
    assert groups.decide(ANA, OTHER, [DAVI], approve=False) == {DAVI: 200}
    assert groups.decide(ANA, OTHER, [DAVI], approve=True) == {DAVI: 404}
    assert (groups.get(OTHER).participants, groups.get(OTHER).requests) == ((ANA, BRUNO, CARLA), ())


def test_who_is_in_a_group_is_in_its_community(groups: Groups) -> None:
    groups.add(Group(COMMUNITY, "Bairro", (ANA,), 0, kind="COMMUNITY"))
    groups.add(
        Group(OTHER, "Bairro", (ANA,), 0, kind="LINKED_ANNOUNCEMENT_GROUP", parent=COMMUNITY, announce=True)
    )
    assert groups.link(ANA, COMMUNITY, [GROUP, "9@g.us"], True) == {GROUP: 200, "9@g.us": 404}
    assert groups.get(GROUP).kind == "LINKED_SUBGROUP"
    for group_id in (COMMUNITY, OTHER):
        assert groups.get(group_id).participants == (ANA, BRUNO, CARLA)
    groups.deactivate(ANA, COMMUNITY)
    assert [group.id for group in groups.of(BRUNO)] == [GROUP]
    assert groups.get(GROUP).parent is None


def test_groups_survive_a_restart(groups: Groups, server: MemoryServer) -> None:
    groups.remove_participants(ANA, GROUP, [CARLA], 7)
    groups.set_property(ANA, GROUP, "ephemeral", 604800)
    before = groups.get(GROUP)
    server.commit()
    server.restart()
    assert server.groups.get(GROUP) == before


ACTS = st.tuples(
    st.sampled_from(["add", "remove", "promote", "demote", "leave"]),
    st.sampled_from(PHONES),
    st.sampled_from(PHONES),
)


@hypothesis.given(st.lists(ACTS, max_size=30))
def test_admins_are_members_and_nobody_is_in_twice(acts: list[tuple[str, str, str]]) -> None:
    server = MemoryServer()
    for phone in PHONES:
        server.accounts.register(phone, phone)
    groups = server.groups
    groups.add(Group(GROUP, "Equipe", (ANA, BRUNO), 0))
    for act, by, other in acts:
        try:
            if act == "add":
                groups.add_participants(by, GROUP, [other])
            elif act == "remove":
                groups.remove_participants(by, GROUP, [other], 0)
            elif act == "leave":
                groups.leave(by, GROUP, 0)
            else:
                groups.set_admins(by, GROUP, [other], act == "promote")
        except Refused:
            pass
        group = groups.get(GROUP)
        assert set(group.admins) <= set(group.participants)
        assert len(set(group.participants)) == len(group.participants)
        assert len(set(group.admins)) == len(group.admins)
        assert not {phone for phone, _ in group.past} & set(group.participants)
