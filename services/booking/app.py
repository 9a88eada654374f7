"""Process: booking's API."""

from flask import Flask

from services.booking.api import (
    absences,
    appointments,
    availability,
    calendars,
    clinics,
    courses,
    days,
    disruptions,
    exports,
    imports,
    ledger,
    links,
    offers,
    payments,
    policies,
    practitioner_days,
    practitioners,
    rooms,
    rotas,
    treatments,
    waiting,
)
from shared import links as signed
from shared.http.app import create_api

NOUNS = (
    clinics,
    days,
    policies,
    practitioners,
    rotas,
    practitioner_days,
    absences,
    rooms,
    treatments,
    availability,
    appointments,
    disruptions,
    ledger,
    payments,
    calendars,
    links,
    waiting,
    offers,
    courses,
    imports,
    exports,
)


def create_app() -> Flask:
    """Return the application.  Raises SettingMissing."""
    signed.check_keys()  # a missing key stops the start, not the first client
    return create_api("booking", [noun.blueprint for noun in NOUNS])
