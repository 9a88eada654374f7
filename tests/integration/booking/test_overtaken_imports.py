"""A row whose place others kept taking is tried again when somebody asks for it."""

from services.booking.domain.appointments import TooContended
from services.booking.store import resources
from services.booking.usecases import appointments
from shared import db
from tests import people
from tests.integration.booking.conftest import problem


def test_a_row_that_others_overtook_keeps_no_other_back_and_is_tried_again(
    importer, franchise, monkeypatch
):
    begun = importer.begun(
        importer.row("10:00"),
        importer.row("12:00", client_id=franchise.other),
        importer.row("14:00", client_id="nobody"),
    )
    path, whole = f"/v1/imports/{begun['id']}", appointments.book

    def overtaken(tx, wanted, change):
        if wanted.client_id == franchise.client:
            raise TooContended("Many people are booking here at this moment. Try again.")
        return whole(tx, wanted, change)

    with monkeypatch.context() as patch:
        patch.setattr(appointments, "book", overtaken)
        importer.work()
    refused, booked, unreadable = importer.rows(begun)
    assert (refused["status"], refused["refusal_type"]) == ("refused", "busy")
    assert "Resume the import" in refused["refusal"]
    assert (booked["status"], unreadable["status"]) == ("done", "refused")
    ended = importer.show(begun)
    assert (ended["status"], ended["rows_done"], ended["rows_refused"]) == ("done", 1, 2)

    again = importer.caller.post(f"{path}/resume").json
    assert (again["status"], again["rows_waiting"], again["finished_at"]) == ("running", 1, None)
    importer.work()
    ended = importer.show(begun)
    assert (ended["status"], ended["rows_done"], ended["rows_refused"]) == ("done", 2, 1)
    assert len(importer.booked()) == 2
    assert problem(importer.caller.post(f"{path}/resume")) == (409, "import-over")


def test_a_rehearsed_file_that_names_another_clinics_people_holds_none_of_them_up(
    importer, franchise, monkeypatch
):
    importer.begun(importer.row("10:00", client_id=people.CHARLIE.id), dry_run="true")
    tried = appointments.book
    asked = []

    def looking(tx, wanted, change):
        with db.transaction(db.EVERY_CLINIC) as other:
            other.execute("SET LOCAL lock_timeout = '5s'")
            resources.lock(other, [people.CHARLIE.id])
        asked.append(wanted.client_id)
        return tried(tx, wanted, change)

    monkeypatch.setattr(appointments, "book", looking)
    importer.work()
    assert asked == [people.CHARLIE.id]
