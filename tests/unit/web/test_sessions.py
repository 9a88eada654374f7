"""How long a sign-in lasts."""

from datetime import UTC, datetime, timedelta

from services.web.domain import sessions
from services.web.domain.sessions import Person, Tokens

NINE = datetime(2030, 1, 7, 9, tzinfo=UTC)
SAID = {
    "id": "01930000-0000-7000-8000-0000000a0002",
    "name": "Bob",
    "roles": ["front_desk"],
    "clinics": ["01930000-0000-7000-8000-0000000050a0"],
}


def minutes(count):
    return timedelta(minutes=count)


def test_a_sign_in_ends_after_twenty_minutes_without_its_person():
    assert not sessions.is_over(NINE, NINE, NINE + minutes(20) - timedelta(seconds=1))
    assert sessions.is_over(NINE, NINE, NINE + minutes(20))


def test_a_sign_in_ends_after_twelve_hours_of_work():
    almost = NINE + timedelta(hours=12) - timedelta(seconds=1)
    assert not sessions.is_over(NINE, almost, almost)
    assert sessions.is_over(NINE, almost, NINE + timedelta(hours=12))


def test_being_there_is_written_at_most_twice_a_minute():
    assert not sessions.is_news(NINE, NINE + timedelta(seconds=29))
    assert sessions.is_news(NINE, NINE + timedelta(seconds=30))


def test_tokens_are_renewed_while_the_old_one_still_serves():
    tokens = Tokens("a", "r", NINE + minutes(10))
    assert not sessions.needs_new_tokens(tokens, NINE + minutes(8))
    assert sessions.needs_new_tokens(tokens, NINE + minutes(9))


def test_the_life_of_a_token_counts_from_when_it_was_asked_for():
    said = {"access_token": "a", "refresh_token": "r", "expires_in": 600}
    assert Tokens.read(said, NINE) == Tokens("a", "r", NINE + minutes(10))


def test_a_person_is_written_as_identity_says_them():
    person = Person.read(SAID)
    assert person.write() == SAID
    assert Person.read(person.write()) == person


def test_headquarters_reaches_every_clinic():
    hanna = Person.read(SAID | {"roles": ["hq_admin"], "clinics": "*"})
    assert hanna.clinic_ids is None
    assert hanna.write()["clinics"] == "*"


def test_cookies_are_long_and_never_twice_the_same():
    made = {sessions.new_id() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 43


def test_what_forms_carry_says_nothing_of_the_cookie():
    cookie = sessions.new_id()
    assert cookie not in sessions.form_token(cookie)
    assert sessions.form_token(cookie) != sessions.id_hash(cookie).hex()
    assert sessions.form_token(cookie) != sessions.form_token(sessions.new_id())
