"""What the services tell each other can be read by all of them, today's and yesterday's."""

import importlib
import json
from pathlib import Path

import pytest
from cloudevents.core.formats.json import JSONFormat
from marshmallow import EXCLUDE, fields

from shared.events.catalogue import EVENTS

EXAMPLES = Path("shared/events/examples")
HANDLING = sorted(path.parent.parent.name for path in Path("services").glob("*/events/handlers.py"))


def example(name):
    return json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def nested(schema):
    """Yield a schema and all schemas inside it."""
    yield schema
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from nested(inner.schema)


def test_every_example_is_of_a_known_event():
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_example_is_a_cloud_event_of_its_owner(name):
    event = JSONFormat().read(None, json.dumps(example(name)))
    assert event.get_type() == name
    assert event.get_source() == f"/{EVENTS[name].owner.replace('_', '-')}"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("sequence") is not None


@pytest.mark.parametrize("name", EVENTS)
def test_example_loads_and_dumps_unchanged(name):
    schema, data = EVENTS[name].schema, example(name)["data"]
    assert schema.dump(schema.load(data)) == data


@pytest.mark.parametrize("name", EVENTS)
def test_a_newer_publisher_does_not_stop_an_older_consumer(name):
    def with_news(value):
        if isinstance(value, dict):
            return {**{key: with_news(inner) for key, inner in value.items()}, "news": 1}
        return [with_news(inner) for inner in value] if isinstance(value, list) else value

    data = with_news(example(name)["data"])
    assert EVENTS[name].schema.load(data)


@pytest.mark.parametrize("name", EVENTS)
def test_no_schema_inside_refuses_what_it_does_not_know(name):
    assert {schema.unknown for schema in nested(EVENTS[name].schema)} == {EXCLUDE}


@pytest.mark.parametrize("name", EVENTS)
def test_event_says_when_it_is_sent(name):
    assert EVENTS[name].sent_when.startswith("Sent when ")
    assert EVENTS[name].sent_when.endswith(".")


@pytest.mark.parametrize("service", HANDLING)
def test_services_listen_to_events_that_others_announce(service):
    handlers = importlib.import_module(f"services.{service}.events.handlers").HANDLERS
    assert set(handlers) <= set(EVENTS)
    assert {name for name in handlers if EVENTS[name].owner == service} == set()
