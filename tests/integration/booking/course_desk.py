"""Courses as the desk asks for them, over HTTP."""

from datetime import datetime

from tests import people


class Courses:
    """What a person at the desk does with courses, over HTTP."""

    def __init__(self, desk, api):
        self.desk, self.franchise, self.api = desk, desk.franchise, api

    def ask(self, at="10:00", days=7, *, key=None, **changes):
        wanted = {
            "treatment_id": str(self.franchise.treatment),
            "client_id": str(self.franchise.client),
            "sessions": 3,
            "first_starts_at": self.franchise.at(at, days).isoformat(),
        } | changes
        path = f"/v1/clinics/{self.franchise.clinic}/courses"
        headers = {"Idempotency-Key": key} if key else {}
        return self.desk.client.post(path, json=wanted, headers=headers)

    def booked(self, at="10:00", days=7, **changes):
        answer = self.ask(at, days, **changes)
        assert answer.status_code == 201, answer.json
        return answer.json

    def show(self, course):
        return self.desk.client.get(f"/v1/courses/{course['id']}").json

    def page(self, **query):
        path = f"/v1/clinics/{self.franchise.clinic}/courses"
        return self.desk.client.get(path, query_string=query).json["items"]

    def cancel(self, course, **request):
        return self.desk.client.post(f"/v1/courses/{course['id']}/cancel", **request)

    def change(self, course, by=people.PRIYA, **changes):
        headers = {"If-Match": f'"{course["version"]}"'}
        client = self.api("booking").as_(by)
        return client.patch(f"/v1/courses/{course['id']}", json=changes, headers=headers)

    def walls(self, course):
        return [wall(each, self.franchise.zone) for each in course["sessions"]]

    def days(self, course):
        first, *_ = dates = [each.date() for each in self.walls(course)]
        return [(each - first).days for each in dates]


def wall(session, zone):
    return datetime.fromisoformat(session["starts_at"]).astimezone(zone)
