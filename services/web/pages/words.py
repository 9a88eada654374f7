"""Teaches the templates to speak: filters, where assets are, who looks, which pages there are."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, g

from services.web.domain import words
from services.web.pages import assets
from shared import clock


@dataclass(frozen=True, slots=True)
class Page:
    """A link of the menu, for those whose role opens it."""

    name: str
    address: str
    icon: str
    permission: str


PAGES: Final = (
    Page("Headquarters", "/headquarters", "layout-dashboard", "overview:read"),
    Page("Desk", "/desk", "calendar-days", "appointments:read"),
    Page("Devices", "/devices", "syringe", "devices:read"),
    Page("Live pens", "/pens", "activity", "traces:read"),
    Page("API", "/api/docs", "book-open", "me:read"),
)


def _day(moment: date) -> str:
    """Return a day as today's reader needs it: of another year with its year."""
    return words.day(moment, clock.now().year)


def _day_of(moment: datetime, zone: ZoneInfo) -> str:
    """Return the day of a moment where its clinic is."""
    return _day(moment.astimezone(zone).date())


FILTERS: Final = {
    "iso": words.iso,
    "iso_in_full": words.iso_in_full,
    "clock": words.clock,
    "in_full": words.in_full,
    "day": _day,
    "day_of": _day_of,
    "whole": words.whole,
    "percent": words.permille,
    "millimetres": words.millimetres,
    "delta": words.delta,
    "role_name": lambda role: words.ROLES.get(role, role),
}


def install(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["asset"] = assets.address
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def looking() -> dict[str, Any]:
        who = g.get("visitor")
        pages = [page for page in PAGES if who is not None and who.may(page.permission)]
        return {"visitor": who, "pages": pages}
