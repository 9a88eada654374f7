"""The waiting list as the desk works with it, and the timer's turns."""

from datetime import UTC, datetime, timedelta

from services.booking import timer
from services.booking.usecases import holds
from shared import clock, db, ids

JOBS = (holds.lapse, *timer.WAITING_LIST.values())
MONDAY_NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)  # the same by London's clock


class Hands:
    """A clock that a test moves."""

    def __init__(self):
        self.at = MONDAY_NOON

    def on(self, **span):
        self.at += timedelta(**span)


class Line:
    """Who waits at Soho.  `turn` does what the timer does, as often as it asks to."""

    def __init__(self, desk):
        self.desk, self.franchise = desk, desk.franchise

    def wishes(self, at="10:00", days=7, **changes):
        """Return the wish for exactly one start by Priya, unless told otherwise."""
        day = self.franchise.at(at, days).astimezone(self.franchise.zone).date().isoformat()
        return {
            "client_id": str(self.franchise.client),
            "treatment_id": str(self.franchise.treatment),
            "practitioner_id": str(self.franchise.priya),
            "earliest_time": at,
            "latest_time": at,
            "from_day": day,
            "until_day": day,
        } | {
            name: value if isinstance(value, (int, str, list, type(None))) else str(value)
            for name, value in changes.items()
        }

    def ask(self, at="10:00", days=7, **changes):
        path = f"/v1/clinics/{self.franchise.clinic}/waiting-list"
        return self.desk.client.post(path, json=self.wishes(at, days, **changes))

    def join(self, at="10:00", days=7, **changes):
        answer = self.ask(at, days, **changes)
        assert answer.status_code == 201, answer.json
        return answer.json

    def shown(self, entry):
        return self.desk.client.get(f"/v1/waiting-list/{entry['id']}").json

    def change(self, entry, **changes):
        path, tag = f"/v1/waiting-list/{entry['id']}", self.shown(entry)["version"]
        return self.desk.client.patch(path, json=changes, headers={"If-Match": f'"{tag}"'})

    def withdraw(self, entry):
        path, tag = f"/v1/waiting-list/{entry['id']}", self.shown(entry)["version"]
        return self.desk.client.delete(path, headers={"If-Match": f'"{tag}"'})

    def offers(self, entry):
        return self.desk.client.get(f"/v1/waiting-list/{entry['id']}/offers").json["items"]

    def offer(self, entry):
        """Return the one open offer of an entry."""
        found = [each for each in self.offers(entry) if each["status"] == "open"]
        assert len(found) == 1, self.offers(entry)
        return found[0]

    def accept(self, offer):
        return self.desk.client.post(f"/v1/offers/{offer['id']}/accept")

    def decline(self, offer):
        answer = self.desk.client.post(f"/v1/offers/{offer['id']}/decline")
        assert answer.status_code == 200, answer.json
        return answer.json

    def statuses(self, *entries):
        return [self.shown(each)["status"] for each in entries]

    def turn(self):
        """Run every job of the timer until none has more to do."""
        more = True
        while more:
            more = {run(job, clock.now()) for job in JOBS} != {False}

    def cancel(self, appointment):
        answer = self.desk.step(appointment, "cancel")
        assert answer.status_code == 200, answer.json
        return answer.json

    def screened(self, outcome, not_before=None, client_id=None):
        told = {
            "client_id": str(client_id or self.franchise.client),
            "clinic_id": str(self.franchise.clinic),
            "treatment_id": str(self.franchise.treatment),
            "appointment_id": None,
            "screening_id": str(ids.new()),
            "outcome": outcome,
            "not_before": not_before and not_before.isoformat(),
            "rules": [],
            "decided_at": clock.now().isoformat(),
        }
        self.franchise.hear("client_records.screening_decided.v1", told)


def run(job, now):
    with db.transaction(db.EVERY_CLINIC) as tx:
        return job(tx, now) is True


def offered():
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.all(
            "SELECT subject, clinic_id, data FROM booking.outbox "
            "WHERE type = 'booking.place_offered.v1' ORDER BY position",
            {},
        )


def at_work(franchise, clock_time="10:00", days=7):
    return franchise.at(clock_time, days).isoformat().replace("+00:00", "Z")
