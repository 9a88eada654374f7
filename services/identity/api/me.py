"""HTTP edge for what people do with their own account."""

import secrets
from typing import Any
from uuid import UUID

from services.identity.domain import one_time_codes
from services.identity.domain.passwords import require_strong
from services.identity.domain.staff import StaffUnknown
from services.identity.store import api_keys
from services.identity.store import staff as store
from services.identity.usecases import otp, passwords, staff
from services.identity.usecases import sign_in as session
from shared import clock, db
from shared.errors import Unauthenticated
from shared.http import guard
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.permissions import PERMISSIONS, allows
from shared.schemas.staff import CodeGiven, CodeSecret, Me, PasswordChange

blueprint = Blueprint("me", __name__, url_prefix="/v1/me", description="Your own account")


@blueprint.route("", methods=["GET"])
@requires("me:read")
@blueprint.response(200, Me)
def show() -> dict[str, Any]:
    """Say who is asking, and what they may."""
    actor = guard.actor()
    with transaction(db.EVERY_CLINIC) as tx:
        name, email, codes = _who(tx)
    return {
        "id": actor.id,
        "name": name,
        "email": email,
        "roles": sorted(actor.roles),
        "clinics": "*" if actor.clinic_ids is None else sorted(map(str, actor.clinic_ids)),
        "permissions": sorted(name for name in PERMISSIONS if allows(name, actor.roles)),
        "one_time_codes": codes,
    }


@blueprint.route("/password", methods=["POST"])
@requires("me:read")
@blueprint.arguments(PasswordChange)
@blueprint.response(204)
def change_password(given: dict[str, Any]) -> None:
    """Choose a new password.  Every sign-in of yours ends, this one too."""
    row = _row()
    require_strong(given["new"], row["name"], row["email"])
    _count_try(row["id"])
    if not passwords.matches(given["current"], row["password_hash"]):
        raise session.refused()
    kept = passwords.hashed(given["new"])
    with transaction(db.EVERY_CLINIC) as tx:
        store.lock(tx, row["id"])
        staff.change(tx, row["id"], {"password_hash": kept}, clock.now())


@blueprint.route("/otp", methods=["POST"])
@requires("me:read")
@blueprint.response(201, CodeSecret)
def offer_codes() -> dict[str, Any]:
    """Begin to use one-time codes; nothing changes until the first code is confirmed."""
    row, secret = _row(), secrets.token_bytes(one_time_codes.SECRET_BYTES)
    with transaction() as tx:
        otp.offer(tx, row["id"], secret)
    return {"otpauth_url": one_time_codes.address_for_app(secret, row["email"])}


@blueprint.route("/otp/confirm", methods=["POST"])
@requires("me:read")
@blueprint.arguments(CodeGiven)
@blueprint.response(204)
def confirm_codes(given: dict[str, Any]) -> None:
    """Confirm with a first code: from now on signing in takes one."""
    row = _row()
    _count_try(row["id"])
    with transaction() as tx:
        otp.use_up(tx, row, given["code"], clock.now())


@blueprint.route("/otp", methods=["DELETE"])
@requires("me:read")
@blueprint.arguments(CodeGiven)
@blueprint.response(204)
def give_codes_up(given: dict[str, Any]) -> None:
    """Go back to the password alone; takes a last code."""
    row = _row()
    _count_try(row["id"])
    with transaction() as tx:
        otp.give_up(tx, row, given["code"], clock.now())


def _who(tx: db.Transaction) -> tuple[str, str | None, bool]:
    """Return name, address and whether codes are used, of a person or an API key."""
    try:
        row = store.find(tx, guard.actor().id, everywhere=True)
    except StaffUnknown:
        key = api_keys.find(tx, guard.actor().id)
        if key is None:
            raise Unauthenticated("This account is no longer there.") from None
        return key["label"], None, False
    return row["name"], row["email"], row["otp_confirmed"]


def _count_try(staff_id: UUID) -> None:
    """Count a try in a transaction of its own: what follows may be refused and rolled back."""
    with transaction(db.EVERY_CLINIC) as tx:
        session.prove_again(tx, staff_id, clock.now())


def _row() -> dict[str, Any]:
    """Return the row of the person who asks; a program with an API key has no account."""
    with transaction(db.EVERY_CLINIC) as tx:
        return store.find(tx, guard.actor().id, everywhere=True)
