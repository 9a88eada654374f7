"""The pages that others build on say what the code does."""

import json

import pytest
from openapi_spec_validator import validate

from deploy import reference
from shared.http.openapi import METHODS, PagesContradict, merged


@pytest.fixture(scope="module")
def whole():
    return json.loads(reference.api_page())


@pytest.mark.parametrize("file", reference.FILES, ids=lambda file: file.name)
def test_the_written_page_is_what_the_code_says(file):
    written = file.read_text(encoding="utf-8")
    assert written == reference.FILES[file](), "Run python -m deploy.reference and look at it."


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
