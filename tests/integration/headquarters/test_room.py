"""How many streams one person may hold of those that the process carries."""

import pytest

from services.headquarters.domain.streams import HEADQUARTERS, View
from services.headquarters.usecases.broadcasting import Hub
from shared import streams
from shared.errors import TooMany
from tests import people


def test_one_person_leaves_room_for_others(pool, monkeypatch):
    pool("headquarters")
    monkeypatch.setattr(streams, "MOST_OF_ONE", 2)
    hub, view = Hub(), View(HEADQUARTERS, None)
    with hub.seat(view, people.HANNA.id):
        with hub.seat(view, people.HANNA.id):
            with pytest.raises(TooMany, match="too many windows"):
                hub.require_room(people.HANNA.id)
            hub.require_room(people.ANA.id)
        hub.require_room(people.HANNA.id)
