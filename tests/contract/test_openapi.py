"""The pages that others build on say what the code does."""

import json

import pytest
from openapi_spec_validator import validate

from deploy import reference
from shared.http.openapi import METHODS, PagesContradict, merged


@pytest.fixture(scope="module")
def files():
    return reference.files()


@pytest.fixture(scope="module")
def whole(files):
    return json.loads(files[reference.DOCS / "openapi.json"])


@pytest.mark.parametrize("name", ["openapi.json", "events.md"])
def test_the_written_page_is_what_the_code_says(files, name):
    written = (reference.DOCS / name).read_text(encoding="utf-8")
    assert written == files[reference.DOCS / name], "Run python -m deploy.reference and look at it."


def test_the_merged_page_is_valid(whole):
    validate(whole)


def test_every_operation_says_what_it_does_and_who_may(whole):
    silent = []
    for path, item in whole["paths"].items():
        for method in set(METHODS) & set(item):
            operation = item[method]
            secured = operation["security"] and operation.get("x-permission")
            if not operation.get("summary") or not (secured or operation["security"] == []):
                silent.append(f"{method} {path}")
    assert silent == []


def test_operation_ids_are_unique(whole):
    ids = [
        item[method]["operationId"]
        for item in whole["paths"].values()
        for method in set(METHODS) & set(item)
    ]
    assert len(ids) == len(set(ids))


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
