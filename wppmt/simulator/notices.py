"""What open pages are told and a page that is away never hears: calls, and who is there, types or records."""

from wppmt.simulator.records import Call, is_group
from wppmt.simulator.world import OpenPage, World


def tell_call(world: World, call: Call, but: OpenPage | None = None) -> None:
    """Both ends of a call hear of every change to it."""
    for phone, other in ((call.callee, call.caller), (call.caller, call.callee)):
        peer = world.accounts.address(other, phone)
        data = {"id": call.id, "peer": peer, "video": call.video, "state": call.state, "t": call.t}
        world.tell(phone, "call", {**data, "outgoing": phone == call.caller}, but)


def tell_presence(world: World, phone: str, to: str, state: str) -> None:
    """``to`` is a number, or a group: all its members hear of it."""
    others = (
        world.groups.get(to).participants
        if is_group(to)
        else (world.accounts.account(to.partition("@")[0]).phone,)
    )
    for other in others:
        if other != phone:
            address = world.accounts.address(phone, other)
            chat = to if is_group(to) else address
            world.tell(other, "presence", {"chat": chat, "from": address, "state": state})
