"""Clients: who they are and who looked at them."""

from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate

from shared.schemas.base import (
    Email,
    Flag,
    Id,
    LocalDate,
    Moment,
    Phone,
    Request,
    Text,
    View,
    Whole,
)

MOST_IDS = 100


class Ids(Text):
    """Ids with commas between them."""

    def __init__(self, **options: Any) -> None:
        """At most MOST_IDS."""
        super().__init__(most=MOST_IDS * 40, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        parts = super()._deserialize(value, *args, **kwargs).split(",")
        if len(parts) > MOST_IDS:
            raise ValidationError(f"At most {MOST_IDS} ids.")
        try:
            return [UUID(part.strip()) for part in parts]
        except ValueError as wrong:
            raise ValidationError("Not ids.") from wrong


class Locale(Text):
    """A language, perhaps with a country: en, pt-BR."""

    def __init__(self, **options: Any) -> None:
        """As BCP 47 writes it."""
        check = validate.Regexp(r"^[a-z]{2,3}(-[A-Z]{2})?$", error="Such as en or pt-BR.")
        super().__init__(most=10, validate=check, **options)


class NewClient(Request):
    """A client to register.  E-mail and telephone number may be null: not everybody has both."""

    given_name = Text(required=True, most=100)
    family_name = Text(required=True, most=100)
    birth_date = LocalDate(required=True)
    email = Email(required=True, allow_none=True)
    phone = Phone(required=True, allow_none=True)
    locale = Locale(load_default="en")
    clinic_id = Id(required=True)


class ClientChanges(Request):
    """What is to be corrected; what is left out stays."""

    given_name = Text(most=100)
    family_name = Text(most=100)
    birth_date = LocalDate()
    email = Email(allow_none=True)
    phone = Phone(allow_none=True)
    locale = Locale()


class ClientsWanted(Request):
    """Which clients: by e-mail, by telephone number, by beginnings of names, by ids, or all.

    A search gives its best matches on one page; `query` and `ids` exclude each other.
    """

    query = Text(load_default=None, metadata={"description": "ana@example.com, +351…, or ana sil"})
    ids = Ids(load_default=None, metadata={"description": "Up to 100 ids, commas between"})


class ClientView(View):
    """A client."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    given_name = fields.String(required=True)
    family_name = fields.String(required=True)
    birth_date = LocalDate(required=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    locale = fields.String(required=True)
    version = Whole(required=True)
    created_at = Moment(required=True)


class ChangedClientView(ClientView):
    """A client after a change.  Duplicates share the e-mail or phone, not the birth date."""

    possible_duplicates = fields.List(Id(), required=True)


class AccessView(View):
    """Who looked at a client, at what and what for."""

    position = Whole(required=True)
    at = Moment(required=True)
    actor_id = Id(required=True)
    action = fields.String(required=True, metadata={"description": "client.read, session.start…"})
    purpose = fields.String(required=True)


class AccessChainView(View):
    """A clinic's access log, checked from its first entry to its last."""

    clinic_id = Id(required=True)
    length = Whole(required=True)
    head_sha256 = fields.String(required=True)
    whole = Flag(required=True)
    first_broken = Whole(required=True, allow_none=True)
