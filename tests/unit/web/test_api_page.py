"""The OpenAPI document as a page."""

from services.web.domain import api_page

DOCUMENT = {
    "paths": {
        "/api/booking/v1/rooms/{room_id}": {
            "parameters": [{"$ref": "#/components/parameters/Room"}],
            "patch": {
                "summary": "Change a room.",
                "x-permission": "catalogue:write",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Room"}}
                    }
                },
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Room"},
                                }
                            }
                        },
                    },
                    "404": {
                        "description": "Not found",
                        "content": {"application/problem+json": {"schema": {"type": "object"}}},
                    },
                },
            },
        },
        "/api/identity/v1/me": {"get": {"responses": {}}},
    },
    "components": {
        "parameters": {
            "Room": {
                "name": "room_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
            }
        },
        "schemas": {
            "Room": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "description": "On the door"},
                    "kind": {"enum": ["treatment", "consulting"]},
                    "until": {"type": ["string", "null"], "format": "date"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "inside": {"$ref": "#/components/schemas/Room"},
                },
            }
        },
    },
}


def operation():
    return api_page.read(DOCUMENT)[0].operations[0]


def test_operations_stand_by_service():
    groups = api_page.read(DOCUMENT)
    assert [(group.name, len(group.operations)) for group in groups] == [
        ("booking", 1),
        ("identity", 1),
    ]


def test_an_operation_says_who_may_and_what_goes_in():
    told = operation()
    assert (told.method, told.permission, told.summary) == (
        "PATCH",
        "catalogue:write",
        "Change a room.",
    )
    assert told.id == "patch-api-booking-v1-rooms-_room_id_"
    assert [(each.name, each.kind, each.required) for each in told.parameters] == [
        ("room_id", "uuid, in path", True)
    ]


def test_fields_say_what_they_may_be():
    kinds = {field.name: field.kind for field in operation().body if field.depth == 0}
    assert kinds == {
        "name": "string",
        "kind": "treatment | consulting",
        "until": "date or null",
        "tags": "list of string",
        "inside": "object",
    }


def test_what_holds_itself_ends_somewhere():
    assert max(field.depth for field in operation().body) == api_page.DEEPEST


def test_refusals_are_named_without_their_fields():
    assert [(answer.status, bool(answer.fields)) for answer in operation().answers] == [
        ("200", True),
        ("404", False),
    ]


def test_a_reference_to_nowhere_is_empty():
    document = {"paths": {"/x": {"get": {"requestBody": {"$ref": "#/components/none/x"}}}}}
    assert api_page.read(document)[0].operations[0].body == ()
