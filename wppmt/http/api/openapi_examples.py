"""Examples for the OpenAPI document, put together from those that the fields of the models bring."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from wppmt.domain.errors import CATALOGUE, Code

Json = dict[str, Any]


def error_example(code: Code) -> Json:
    return {
        "success": False,
        "error": CATALOGUE[code].text,
        "code": code.value,
        "requestId": "5f0c8f5a4d1e4b7f",
    }


def example(model: type[BaseModel], status: int = 200) -> Json:
    """One whole example, put together from those of the fields; an optional field without any is left out.

    The last example of a field is that of a service that can't serve (`status` 5xx).
    """
    schema = model.model_json_schema(mode="serialization")
    return _object_example(schema, schema.get("$defs", {}), -1 if status >= 500 else 0)


def _object_example(schema: Json, shared: Json, which: int) -> Json:
    found = {name: _value_example(field, shared, which) for name, field in schema["properties"].items()}
    return {
        name: value
        for name, value in found.items()
        if value is not None or name in schema.get("required", ())
    }


def _value_example(field: Json, shared: Json, which: int) -> Any:
    if "examples" in field:
        return field["examples"][which]
    if "$ref" in field:
        return _object_example(shared[field["$ref"].rpartition("/")[2]], shared, which)
    if field.get("type") == "array" and "$ref" in field["items"]:
        return [_value_example(field["items"], shared, which)]
    return field.get("const", field.get("default"))
