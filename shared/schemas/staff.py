"""Staff, sign-in and API keys, as they cross the wire."""

from typing import Any

from marshmallow import fields, validate

from shared.permissions import ROLES
from shared.schemas.base import Choice, Email, Flag, Id, Moment, Request, Text, View, Whole


class Password(fields.String):
    """A password, untouched: spaces and every letter of every script count."""

    def __init__(self, *, least: int = 8, **options: Any) -> None:
        """`least` to 256 characters; what somebody types to sign in has at least one."""
        super().__init__(validate=validate.Length(min=least, max=256), **options)


class Code(Text):
    """Six digits of an authenticator app."""

    def __init__(self, **options: Any) -> None:
        """ASCII digits only."""
        super().__init__(most=6, validate=validate.Regexp(r"^[0-9]{6}$"), **options)


class Credentials(Request):
    """What somebody signs in with."""

    email = Email(required=True)
    password = Password(least=1, required=True)
    otp = Code(metadata={"description": "When the account uses one-time codes"})


class RefreshToken(Request):
    """A refresh token; it is used up by being sent."""

    refresh_token = Text(required=True, most=200)


class Tokens(View):
    """A sign-in."""

    access_token = fields.String(required=True)
    refresh_token = fields.String(required=True)
    token_type = fields.Constant("Bearer")
    expires_in = Whole(required=True, metadata={"description": "Seconds of the access token"})


class AccessToken(View):
    """An access token by itself."""

    access_token = fields.String(required=True)
    token_type = fields.Constant("Bearer")
    expires_in = Whole(required=True, metadata={"description": "Seconds"})


class Me(View):
    """Who is asking."""

    id = Id(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True, metadata={"description": "None: a key"})
    roles = fields.List(Choice(ROLES), required=True)
    clinics = fields.Raw(
        required=True,
        metadata={
            "description": "Clinic ids, or `*` for every clinic",
            "type": ["array", "string"],
            "items": {"type": "string", "format": "uuid"},
        },
    )
    permissions = fields.List(fields.String(), required=True)
    one_time_codes = Flag(required=True)


class NewStaff(Request):
    """Somebody to be added."""

    email = Email(required=True)
    name = Text(required=True, most=100)
    roles = fields.List(Choice(ROLES), required=True, validate=validate.Length(min=1, max=5))
    clinic_ids = fields.List(
        Id(), load_default=list, metadata={"description": "Empty for headquarters roles"}
    )
    password = Password(metadata={"description": "Without one they cannot sign in yet"})


class StaffChange(Request):
    """What is to be changed; the rest stays."""

    email = Email()
    name = Text(most=100)
    roles = fields.List(Choice(ROLES), validate=validate.Length(min=1, max=5))
    clinic_ids = fields.List(Id())
    active = Flag()
    password = Password()


class StaffView(View):
    """A member of staff."""

    id = Id(required=True)
    version = Whole(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(Choice(ROLES), required=True)
    clinic_ids = fields.List(
        Id(), required=True, metadata={"description": "Those that you may know of"}
    )
    every_clinic = Flag(required=True)
    active = Flag(required=True)
    one_time_codes = Flag(required=True, attribute="otp_confirmed")


class PasswordChange(Request):
    """A new password, proven by the old one."""

    current = Password(least=1, required=True)
    new = Password(required=True)


class CodeGiven(Request):
    """A code, to confirm or to give up."""

    code = Code(required=True)


class CodeSecret(View):
    """A secret for an authenticator app; shown once."""

    otpauth_url = fields.String(required=True)


class NewApiKey(Request):
    """A key for a till, a calendar, another program."""

    label = Text(required=True, most=100)
    role = Choice(ROLES, required=True)
    clinic_id = Id(
        load_default=None, allow_none=True, metadata={"description": "None: headquarters roles"}
    )
    expires_at = Moment(load_default=None, allow_none=True)


class ApiKeyView(View):
    """A key, without the key."""

    id = Id(required=True)
    label = fields.String(required=True)
    role = Choice(ROLES, required=True)
    clinic_id = Id(required=True, allow_none=True)
    created_at = Moment(required=True)
    expires_at = Moment(required=True, allow_none=True)
    last_used_at = Moment(required=True, allow_none=True)


class ApiKeyShown(ApiKeyView):
    """A new key, shown this once."""

    key = fields.String(required=True)


class KeyToExchange(Request):
    """An API key."""

    key = Text(required=True, most=200)


class Jwks(View):
    """Public keys (RFC 7517)."""

    keys = fields.List(fields.Dict(keys=fields.String()), required=True)
