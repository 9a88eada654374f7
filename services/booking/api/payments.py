"""HTTP edge for the payment provider's callbacks."""

from typing import Any

from flask import request

from services.booking.domain import payments
from services.booking.settings import Settings
from services.booking.usecases import appointments, ledger
from shared import clock, db
from shared.http.blueprints import Blueprint
from shared.http.guard import public
from shared.http.transactions import transaction
from shared.schemas.ledger import EntryView, NewPayment
from shared.settings import SettingMissing

blueprint = Blueprint("payments", __name__, url_prefix="/v1/payments")
HEADER = "Payment-Signature"


@blueprint.route("", methods=["POST"])
@public("the signature over the body proves that the payment provider asks")
@blueprint.arguments(NewPayment)
@blueprint.response(200, EntryView)
def settle(told: dict[str, Any]) -> dict[str, Any]:
    """Enter a payment that the provider tells of; once for its reference, however often it comes.

    `Payment-Signature: t=<seconds>,v1=<hex>`: HMAC with SHA-256 over `<seconds>.<body>`, not older
    than five minutes.
    """
    now = clock.now()
    payments.check(_secret(), request.headers.get(HEADER, ""), request.get_data(cache=True), now)
    with transaction(db.EVERY_CLINIC) as tx:
        current = appointments.promised(tx, told["appointment_id"])
        return ledger.paid(tx, current, told, now=now)


def _secret() -> str:
    try:
        return Settings.from_env().payments_secret
    except SettingMissing as missing:
        raise payments.SignatureWrong(
            f"This platform knows no payment provider. {missing}"
        ) from missing
