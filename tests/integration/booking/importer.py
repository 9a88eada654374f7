"""How a manager brings a file, and how the timer tries its rows."""

import csv
import io

from services.booking import timer
from shared import db

COLUMNS = ("client_id", "treatment", "practitioner", "starts_at", "external_reference")


class Importer:
    """A manager with files, and the timer that tries their rows."""

    def __init__(self, caller, franchise):
        self.caller, self.franchise = caller, franchise

    def row(self, at="10:00", days=7, **changes):
        wall = self.franchise.at(at, days).astimezone(self.franchise.zone)
        return {
            "client_id": self.franchise.client,
            "treatment": "Texture",
            "practitioner": "",
            "starts_at": wall.strftime("%Y-%m-%dT%H:%M"),
            "external_reference": "",
        } | changes

    def file(self, *rows, columns=COLUMNS):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()

    def send(self, body, *, headers=None, **query):
        return self.caller.post(
            f"/v1/clinics/{self.franchise.clinic}/imports",
            data=body,
            content_type="text/csv",
            query_string={"kind": "appointments"} | query,
            headers=headers or {},
        )

    def begun(self, *rows, **query):
        answer = self.send(self.file(*rows), **query)
        assert answer.status_code == 202, answer.json
        return answer.json

    def done(self, *rows, **query):
        """Send a file and let the timer work; return the import and what came of its rows."""
        begun = self.begun(*rows, **query)
        self.work()
        return self.show(begun), self.rows(begun)

    def work(self):
        while timer.take_in_next():
            pass

    def show(self, begun):
        return self.caller.get(f"/v1/imports/{begun['id']}").json

    def rows(self, begun, **query):
        path, query = f"/v1/imports/{begun['id']}/rows", {"limit": 200} | query
        return self.caller.get(path, query_string=query).json["items"]

    def booked(self):
        with db.transaction(db.EVERY_CLINIC) as tx:
            return tx.all("SELECT * FROM booking.appointments ORDER BY starts_at, id")


def came(rows):
    return [(row["line"], row["status"], row["refusal_type"]) for row in rows]
