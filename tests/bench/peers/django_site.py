"""django-appointment as a site of its own: settings, addresses, and `python -m` to make its tables.

Mail goes nowhere, and its records stay unwritten where that is a setting: both are in its favour.
The published wheel has no migrations: its tables are made by `migrate --run-syncdb`, after those of
Django's own apps, to which they refer.
"""

import json
import os
import sys
from datetime import time, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from django.urls import include, path

from tests.bench.visits import PEOPLE

_place = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="only for benchmarks",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "phonenumber_field",
        "appointment",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": _place.hostname,
            "PORT": _place.port,
            "NAME": _place.path.lstrip("/"),
            "USER": _place.username,
            "PASSWORD": _place.password,
            "CONN_MAX_AGE": None,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TIME_ZONE="Europe/London",
    USE_TZ=True,
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    EMAIL_HOST="127.0.0.1",
    LOGGING={"version": 1, "root": {"level": "WARNING"}},
)
application = get_wsgi_application()
urlpatterns = [path("", include("appointment.urls"))]


def found(sessions: int) -> dict:
    """Make the tables, one service, the staff with their hours, and clients who are signed in."""
    from appointment.models import Config, Service, StaffMember, WorkingHours
    from django.contrib.auth import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        SESSION_KEY,
        get_user_model,
    )
    from django.contrib.sessions.backends.db import SessionStore

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)
    people = get_user_model().objects
    Config.objects.create(slot_duration=15, website_name="Big")
    service = Service.objects.create(
        name="Acne scars, face", duration=timedelta(minutes=30), price=180
    )
    staff = []
    for number in range(PEOPLE):
        user = people.create(username=f"staff-{number}", first_name=f"Practitioner {number:02}")
        member = StaffMember.objects.create(user=user)
        member.services_offered.add(service)
        staff.append(member.pk)
        for day in range(7):
            WorkingHours.objects.create(
                staff_member=member, day_of_week=day, start_time=time(9), end_time=time(18)
            )
    ada = people.create(username="ada", first_name="Ada", email="ada@needlepoint.example")
    keys = []
    for _ in range(sessions):
        session = SessionStore()
        session[SESSION_KEY] = str(ada.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = ada.get_session_auth_hash()
        session.create()
        keys.append(session.session_key)
    return {"service": service.pk, "staff": staff, "sessions": keys}


if __name__ == "__main__":
    with transaction.atomic():
        print(json.dumps(found(int(sys.argv[1]))))
