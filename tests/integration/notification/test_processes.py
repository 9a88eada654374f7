"""The real processes together: booking's relay, the broker, notification's worker and timer."""

import json
from datetime import timedelta

from shared import clock, db, outbox
from tests import messages, people
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import Visit
from tests.patience import until

MODULES = {
    "booking": "shared.amqp.relay",
    "client_records": "shared.amqp.relay",
    "notification": "services.notification.worker",
    "notification timer": "services.notification.timer",
}


def say(pool, service, *bodies):
    """Announce events the way a service does: through its outbox."""
    pool(service)
    with db.transaction(db.EVERY_CLINIC) as tx:
        for body in map(json.loads, bodies):
            name = body["type"]
            data = given.EVENTS[name].schema.load(body["data"])
            clinic_id = people.SOHO.id
            outbox.emit(tx, name, subject=body["subject"], data=data, clinic_id=clinic_id)


def test_what_booking_announces_ends_in_the_clients_mailbox(
    stage, pool, mailbox, amqp_url, tmp_path
):
    visit = Visit(starts_at=clock.now() + timedelta(days=3))
    started = []
    try:
        for name, module in MODULES.items():
            environment = stage.environment(name.split()[0])
            environment |= {"AMQP_URL": amqp_url, "SMTP_URL": mailbox.url}
            started.append(messages.start(module, log=tmp_path / f"{name}.log", **environment))
        listens = tmp_path / "notification.log"
        until(lambda: "worker listens" in listens.read_text(), what="the worker's queue")
        say(pool, "booking", visit.booked(at=clock.now()), given.clinic())
        say(pool, "client_records", given.client(visit.client_id))

        [letter] = until(lambda: mailbox.letters, what="the confirmation")
    finally:
        ended = [messages.end(process) for process in started]

    assert letter["To"] == f"maria.{visit.client_id.hex[:8]}@example.org"
    assert ended == [0, 0, 0, 0]
