"""HTTP edge for staff."""

from typing import Any
from uuid import UUID

from services.identity.domain.passwords import require_strong
from services.identity.domain.staff import Person
from services.identity.store import staff as store
from services.identity.usecases import passwords, staff
from shared import clock, ids
from shared.http import etags, guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.staff import NewStaff, StaffChange, StaffView

blueprint = Blueprint("staff", __name__, url_prefix="/v1/staff", description="Who works here")


@blueprint.route("", methods=["GET"])
@requires("staff:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(StaffView))
def page(query: dict[str, Any]) -> dict[str, Any]:
    """List staff by name: your clinics', or everybody for headquarters."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = store.page(tx, wanted.binds("after_name", "after_id"), everywhere=_everywhere())
    shown = pages.answer(rows, wanted, key=("sort_name", "id"))
    return {**shown, "items": [_view(Person.of(row)) for row in shown["items"]]}


@blueprint.route("", methods=["POST"])
@requires("staff:write")
@idempotent
@blueprint.arguments(NewStaff)
@blueprint.response(201, StaffView)
def add(wanted: dict[str, Any]) -> dict[str, Any]:
    """Add somebody."""
    kept = _hashed(wanted.get("password"), wanted["name"], wanted["email"])
    person = {
        "id": ids.new(),
        "email": wanted["email"],
        "name": wanted["name"],
        "roles": frozenset(wanted["roles"]),
        "clinic_ids": frozenset(wanted["clinic_ids"]),
        "password_hash": kept,
    }
    with transaction() as tx:
        return _view(staff.add(tx, person, clock.now()))


@blueprint.route("/<uuid:staff_id>", methods=["GET"])
@requires("staff:read")
@blueprint.response(200, StaffView)
def show(staff_id: UUID) -> dict[str, Any]:
    """Show somebody of your clinics."""
    with transaction() as tx:
        return _view(Person.of(store.find(tx, staff_id, everywhere=_everywhere())))


@blueprint.route("/<uuid:staff_id>", methods=["PATCH"])
@requires("staff:write")
@etags.checked
@blueprint.arguments(StaffChange)
@blueprint.response(200, StaffView)
def change(wanted: dict[str, Any], staff_id: UUID) -> dict[str, Any]:
    """Change somebody.  New rights or a new password end their access within a minute."""
    changes: dict[str, Any] = dict(wanted)
    known = (wanted.get("name", ""), wanted.get("email", ""))
    if "password" in changes:
        changes["password_hash"] = _hashed(changes.pop("password"), *known)
    with transaction() as tx:
        person = staff.lock(tx, staff_id, guard.actor().id, wanted)
        etags.check(person.version)
        return _view(staff.change(tx, staff_id, changes, clock.now()))


def _everywhere() -> bool:
    return guard.actor().clinic_ids is None


def _hashed(password: str | None, *known: str) -> str | None:
    if password is None:
        return None
    require_strong(password, *known)
    return passwords.hashed(password)


def _view(person: Person) -> dict[str, Any]:
    """Return what StaffView shows; the version is the answer's ETag."""
    etags.set(person.version)
    return {
        "id": person.id,
        "version": person.version,
        "email": person.email,
        "name": person.name,
        "roles": sorted(person.roles),
        "clinic_ids": sorted(person.clinic_ids),
        "every_clinic": person.reach is None,
        "active": person.active,
        "otp_confirmed": person.otp_confirmed,
    }
