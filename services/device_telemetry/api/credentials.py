"""HTTP edge for devices' secrets and for their end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.api.devices import one
from services.device_telemetry.clients import broker
from services.device_telemetry.store import credentials as credential_store
from services.device_telemetry.store import devices as store
from services.device_telemetry.usecases import credentials, devices, suspensions
from shared import clock, ids, logging
from shared.http import pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.devices import (
    CredentialEntry,
    CredentialView,
    DeviceView,
    NewCredential,
    NewSuspension,
)

blueprint = Blueprint("credentials", __name__, url_prefix="/v1/devices/<uuid:device_id>")
log = logging.logger("needlepoint.credentials")


@blueprint.route("/credentials", methods=["POST"])
@requires("devices:write")
@idempotent
@blueprint.arguments(NewCredential)
@blueprint.response(201, CredentialView)
def issue(wanted: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """Make a secret, shown this once, or let the device come by a certificate.

    Its ways in of before end now, or after `overlap_minutes`.
    """
    with transaction() as tx:
        return credentials.issue(
            tx,
            device_id,
            credential_id=ids.new(),
            secret=credentials.new_secret() if wanted["kind"] == "secret" else None,
            overlap=timedelta(minutes=wanted["overlap_minutes"]),
            now=clock.now(),
        )


@blueprint.route("/credentials", methods=["DELETE"])
@requires("devices:write")
@blueprint.response(204)
def revoke(device_id: UUID) -> None:
    """End every secret of a device, and what a certificate is good for; cut its connection."""
    now = clock.now()
    with transaction() as tx:
        credentials.revoke(tx, device_id, now)
        certificates = credentials.certificates(tx, device_id, now)
    cut(device_id, certificates)


@blueprint.route("/credentials", methods=["GET"])
@requires("devices:write")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(CredentialEntry))
def page(query: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """List a device's ways in, youngest first, also those that have ended; never a secret."""
    wanted, now = pages.Page.of(query), clock.now()
    with transaction() as tx:
        store.clinic_of(tx, device_id)
        rows = credential_store.page(tx, device_id, wanted.binds("after"))
    return pages.answer([credentials.listed(row, now) for row in rows], wanted)


@blueprint.route("/credentials/<uuid:credential_id>", methods=["DELETE"])
@requires("devices:write")
@blueprint.response(204)
def revoke_one(device_id: UUID, credential_id: UUID) -> None:
    """End one secret or certificate of a device, and cut its connection.

    By another that holds the device comes back at once.
    """
    now = clock.now()
    with transaction() as tx:
        credentials.revoke_one(tx, device_id, credential_id, now)
        certificates = credentials.certificates(tx, device_id, now)
    cut(device_id, certificates)


@blueprint.route("/suspension", methods=["POST"])
@requires("devices:write")
@idempotent
@blueprint.arguments(NewSuspension)
@blueprint.response(201, DeviceView)
def suspend(wanted: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """Keep a device off line for some minutes: a lost one, or one that sends what nobody wants.

    It keeps what it records, and its secrets; its connection is cut within seconds.
    """
    now = clock.now()
    until = now + timedelta(minutes=wanted["minutes"])
    with transaction() as tx:
        store.find(tx, device_id, now)
        suspensions.suspend(tx, device_id, until=until, reason="by_staff", now=now)
        return one(store.find(tx, device_id, now))


@blueprint.route("/suspension", methods=["DELETE"])
@requires("devices:write")
@blueprint.response(204)
def lift(device_id: UUID) -> None:
    """Let a suspended device in again."""
    with transaction() as tx:
        store.find(tx, device_id, clock.now())
        suspensions.lift(tx, device_id)


@blueprint.route("/retire", methods=["POST"])
@requires("devices:write")
@blueprint.response(200, DeviceView)
def retire(device_id: UUID) -> dict[str, Any]:
    """Take a device out of use for ever, end its secrets and cut its connection."""
    now = clock.now()
    with transaction() as tx:
        row = devices.retire(tx, device_id, now)
        certificates = credentials.certificates(tx, device_id, now)
    cut(device_id, certificates)
    return one(row)


def cut(device_id: UUID, certificates: Sequence[UUID]) -> None:
    """Close the connection at once; when the broker does not answer, the timer does it."""
    try:
        broker.disconnect(broker.address(), device_id, certificates)
    except broker.BrokerUnreachable as gone:
        log.warning("connection is left to the timer", device_id=device_id, reason=str(gone))
