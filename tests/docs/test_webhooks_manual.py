"""docs/webhooks.md says what is so: its examples fit the schemas, its names exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

from tests.http.documented import DOCUMENT
from wppmt.app.settings import keys
from wppmt.store.records import EVENT_NAMES, FURTHER_EVENT_NAMES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
EVENTS = {example["event"]: example for example in EXAMPLES if "event" in example}


def schema_of(content: dict[str, object]) -> jsonschema_rs.Draft202012Validator:
    schema = {**content, "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


@pytest.mark.parametrize("name", [*EVENT_NAMES, *FURTHER_EVENT_NAMES, "alert"])
def test_every_event_has_a_true_example(name: str):
    request = DOCUMENT["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    schema_of(request["schema"]).validate(EVENTS[name])


def test_every_setting_it_names_exists():
    known = {env.name for _, _, env in keys()} | {"WEBHOOK_SECRETS"}
    assert set(re.findall(r"\b(?:WPP|WEBHOOK)_[A-Z_]+", TEXT)) <= known


def test_every_log_event_it_names_is_written_somewhere():
    named = set(re.findall(r"`(webhook_[a-z_]+)`", TEXT))
    source = "".join(
        file.read_text() for folder in ("actors", "wppmt") for file in (ROOT / folder).rglob("*.py")
    )
    assert named
    assert {name for name in named if f'"{name}"' not in source} == set()


def test_every_route_it_calls_exists():
    paths = {path.replace("{sessionId}", "cliente-001") for path in DOCUMENT["paths"]}
    called = set(re.findall(r"\$URL(/[a-z0-9/-]+)", TEXT))
    assert called
    assert called <= paths


def test_every_file_it_links_to_exists():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
