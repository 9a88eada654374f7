"""The treatment's story on the platform as `make demo` starts it."""

from tests.system import story


def test_a_treatment_is_booked_screened_consented_watched_and_followed_up(platform):
    story.tell(platform)


def test_a_second_clinic_in_another_time_zone_tells_the_same_story(platform):
    story.tell(platform, place=1)
