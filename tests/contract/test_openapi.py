"""The pages that others build on say what the code does."""

import json

import pytest
from marshmallow import Schema
from openapi_spec_validator import validate

from deploy import reference
from shared.http.openapi import EXAMPLES, METHODS, PagesContradict, merged


@pytest.fixture(scope="module")
def whole():
    return json.loads(reference.api_page())


@pytest.mark.parametrize("file", reference.FILES, ids=lambda file: file.name)
def test_the_written_page_is_what_the_code_says(file):
    written = file.read_text(encoding="utf-8")
    assert written == reference.FILES[file](), "Run python -m deploy.reference and look at it."


def test_a_refusal_that_two_services_share_is_told_in_the_words_of_each():
    page = reference.problems_page()
    told = [line for line in page.splitlines() if line.startswith("| `/credential-missing` |")]
    assert len(told) == 2
    assert "422" in told[0]
    assert "From booking: Nobody asked for may do this" in told[0]
    assert "409" in told[1]
    assert "From client_records: The practitioner may not" in told[1]


def test_the_merged_page_is_valid(whole):
    validate(whole)


def test_every_operation_says_what_it_does_and_who_may(whole):
    schemes = set(whole["components"]["securitySchemes"])
    silent = []
    for path, item in whole["paths"].items():
        for method in set(METHODS) & set(item):
            operation = item[method]
            asked_for = {name for scheme in operation["security"] for name in scheme}
            told = operation.get("x-permission") or "bearer" not in asked_for
            if not (operation.get("summary") and told and asked_for <= schemes):
                silent.append(f"{method} {path}")
    assert silent == []


def test_operation_ids_are_unique(whole):
    ids = [
        item[method]["operationId"]
        for item in whole["paths"].values()
        for method in set(METHODS) & set(item)
    ]
    assert len(ids) == len(set(ids))


def bodies(whole):
    """Yield the name of every schema that somebody sends."""
    for item in whole["paths"].values():
        for method in set(METHODS) & set(item):
            content = item[method].get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                yield schema["$ref"].rpartition("/")[2]


def test_every_body_that_is_sent_has_an_example(whole):
    schemas = whole["components"]["schemas"]
    without = {name for name in bodies(whole) if "examples" not in schemas[name]}
    assert without == set(), "Add shared/schemas/examples/<name_of_the_class>.json."


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_an_example_is_accepted_by_its_schema(file, whole):
    assert whole  # the applications, and so all schemas, are loaded
    name = "".join(word.capitalize() for word in file.stem.split("_"))
    kinds = [kind for kind in _all_kinds(Schema) if kind.__name__ == name]
    assert kinds, f"There is no schema {name}."
    said = json.loads(file.read_text(encoding="utf-8"))
    for kind in kinds:
        assert kind().load(said)


def _all_kinds(kind):
    for each in kind.__subclasses__():
        yield each
        yield from _all_kinds(each)


def test_every_service_is_on_the_page(whole):
    found = {path.split("/")[2] for path in whole["paths"]}
    assert found == {service.replace("_", "-") for service in reference.SERVICES}


def page(description):
    return {
        "paths": {},
        "components": {"responses": {"DEFAULT_ERROR": {"description": description}}},
    }


def test_services_that_contradict_each_other_are_refused():
    with pytest.raises(PagesContradict, match="DEFAULT_ERROR"):
        merged({"a": page("one"), "b": page("another")}, "x", "v1")
