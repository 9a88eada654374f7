"""Process: the pages."""

from typing import Final

from flask import Flask, Response, request

from services.web.clients.alarms import Alarms
from services.web.clients.booking import Booking
from services.web.clients.client_records import ClientRecords
from services.web.clients.device_telemetry import DeviceTelemetry, LivePens
from services.web.clients.headquarters import Headquarters, Live
from services.web.clients.identity import Identity
from services.web.clients.links import Links
from services.web.pages import (
    api_docs,
    assets,
    desk,
    errors,
    fleet,
    gate,
    headquarters,
    home,
    live,
    pens,
    signing,
    visit,
    words,
)
from services.web.settings import Settings
from shared import crypto
from shared.http.app import create_api

CONTENT_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
PAGES: Final = (api_docs, assets, desk, fleet, headquarters, home, live, pens, signing, visit)
FORM_BYTES: Final = 64 * 1024


def create_app() -> Flask:
    """Return the application.

    Raises SettingMissing, or AssetsMissing when static/vendor/ was not made.
    """
    told = Settings.from_env()
    crypto.box("web sessions")  # a missing key stops the start, not the first person
    app = create_api("web", [], title="Needlepoint pages")
    app.config.update(WEB=told, WEB_RELEASE=assets.release(), MAX_CONTENT_LENGTH=FORM_BYTES)
    app.extensions |= {
        "identity": Identity(told.identity_url),
        "booking": Booking(told.booking_url),
        "links": Links(told.booking_url),
        "client_records": ClientRecords(told.client_records_url),
        "device_telemetry": DeviceTelemetry(told.device_telemetry_url),
        "headquarters": Headquarters(told.headquarters_url),
        "alarms": Alarms(told.device_telemetry_url),
        "live": Live(told.headquarters_live_url),
        "live_pens": LivePens(told.device_telemetry_live_url),
    }
    app.before_request(gate.refuse_strangers)
    words.install(app)
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    _install_headers(app)
    errors.install(app)  # last, so that it runs first: the headers are for what it makes
    return app


def _install_headers(app: Flask) -> None:
    """Let pages load what is ours and nothing else.

    Referrer-Policy is `same-origin`: under `no-referrer` browsers send `Origin: null` with our own
    forms, and then nobody could tell them from a stranger's.  A client's page has a secret in its
    address: no other site hears of it, and no search engine keeps it.
    """

    @app.after_request
    def policy(response: Response) -> Response:
        if response.mimetype != "application/json":
            response.headers["Content-Security-Policy"] = CONTENT_POLICY
        secret = request.path.startswith(visit.PREFIX)
        response.headers["Referrer-Policy"] = "no-referrer" if secret else "same-origin"
        if secret:
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response
