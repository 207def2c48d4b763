"""etcd's JSON: keys and values in Base64, numbers as text, and what is zero or empty left out."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from wppmt.cluster.etcd import (
    Change,
    Compacted,
    Compare,
    CreateRevision,
    Entry,
    Lease,
    LeaseGone,
    ModRevision,
    Operation,
    Put,
    Unavailable,
)

_NOT_FOUND, _OUT_OF_RANGE = 5, 11
"""gRPC's codes."""
Json = Mapping[str, Any]


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def end_of(prefix: str) -> str:
    """The first key after all those with this prefix."""
    return encoded(prefix[:-1] + chr(ord(prefix[-1]) + 1))


def after(key: str) -> str:
    """The least key that is greater."""
    return encoded(f"{key}\0")


def transaction(compares: Iterable[Compare], operations: Iterable[Operation]) -> Json:
    return {
        "compare": [_compare(one) for one in compares],
        "success": [_operation(one) for one in operations],
    }


def revision(answer: Json) -> int:
    return int(answer["header"]["revision"])


def entries(answer: Json) -> list[Entry]:
    return [_entry(one) for one in answer.get("kvs", ())]


def watched(line: bytes) -> tuple[Change, ...]:
    """What a watch says: often nothing new. Raises as `understood` does."""
    result = understood(line).get("result", {})
    if result.get("canceled"):
        raise _ended(result)
    return tuple(
        _change(one["kv"], is_deleted=one.get("type") == "DELETE") for one in result.get("events", ())
    )


def understood(body: bytes) -> Json:
    """Raises Unavailable, LeaseGone, Compacted."""
    try:
        answer = json.loads(body)
    except ValueError:
        raise Unavailable("the answer is no JSON") from None
    if not isinstance(answer, dict):
        raise Unavailable("the answer is no object")
    if "error" in answer:
        raise _refusal(answer)
    return answer


def _ended(result: Json) -> Exception:
    if int(result.get("compact_revision", 0)):
        return Compacted()
    return Unavailable(str(result.get("cancel_reason")))


def _refusal(answer: Json) -> Exception:
    """Of a call it stands beside `error`, which is its text; of a stream it stands in it."""
    error = answer["error"] if isinstance(answer["error"], dict) else answer
    text, code = str(error.get("message") or error.get("error")), error.get("code", error.get("grpc_code"))
    match code:
        case _ if code == _NOT_FOUND and "lease" in text:
            return LeaseGone(text)
        case _ if code == _OUT_OF_RANGE and "compacted" in text:
            return Compacted(text)
        case _:
            return Unavailable(text)


def _compare(compare: Compare) -> Json:
    common = {"key": encoded(compare.key), "result": "EQUAL"}
    match compare:
        case CreateRevision():
            return {**common, "target": "CREATE", "create_revision": str(compare.is_)}
        case ModRevision():
            return {**common, "target": "MOD", "mod_revision": str(compare.is_)}
        case Lease():
            return {**common, "target": "LEASE", "lease": str(compare.is_)}


def _operation(operation: Operation) -> Json:
    if isinstance(operation, Put):
        put = {
            "key": encoded(operation.key),
            "value": encoded(operation.value),
            "lease": str(operation.lease),
        }
        return {"request_put": put}
    return {"request_delete_range": {"key": encoded(operation.key)}}


def _entry(kv: Json) -> Entry:
    return Entry(
        _decoded(kv, "key"), _decoded(kv, "value"), int(kv["create_revision"]), int(kv["mod_revision"]),
        int(kv.get("lease", 0)),
    )  # fmt: skip


def _change(kv: Json, *, is_deleted: bool) -> Change:
    return Change(_decoded(kv, "key"), None if is_deleted else _entry(kv), int(kv["mod_revision"]))


def _decoded(kv: Json, name: str) -> str:
    return b64decode(kv.get(name, "")).decode(errors="replace")
