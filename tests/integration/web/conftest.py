"""The pages in this process, with a real identity in a process of its own."""

import base64

import pytest

from services.web import app as web
from shared import db
from tests import people, staffing
from tests.browser.house import House

PHRASE = "needles are sharp things"
KEY = base64.b64encode(b"the pages seal their sessions...").decode()


@pytest.fixture(scope="session")
def house(tmp_path_factory, dsn):
    """identity-api, asked over HTTP as the pages do."""
    made = House(tmp_path_factory.mktemp("house"), dsn, "", ("identity-api",))
    made.open(public=False)
    yield made
    made.close()


@pytest.fixture
def staff(house, dsn, database):
    """Two have an account."""
    db.open_pool(dsn("identity"), connections=1)
    staffing.employ(people.HANNA, people.BOB, password=PHRASE)
    db.close_pool()


@pytest.fixture
def environment(house, dsn, monkeypatch):
    told = house.environment("web") | {"DATA_KEY": KEY, "DATABASE_URL": dsn("web")}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def pages(environment, dsn, database):
    """The application, with its pool."""
    db.open_pool(dsn("web"), connections=8, wait_s=10)
    yield web.create_app()
    db.close_pool()


class Browser:
    """A test client that says where its requests come from, as browsers do."""

    def __init__(self, app):
        self.app = app
        self.client = app.test_client()

    def get(self, path, **options):
        return self.client.get(path, buffered=True, **options)

    def post(self, path, form=None, *, site="same-origin", headers=None, **options):
        said = {"Sec-Fetch-Site": site} if site else {}
        return self.client.post(path, data=form, headers=said | (headers or {}), **options)

    def sign_in(self, person=people.HANNA, password=PHRASE, **more):
        return self.post("/sign-in", {"email": person.email, "password": password} | more)

    @property
    def cookie(self):
        found = self.client.get_cookie("sid")
        return found.value if found else None

    @property
    def form_token(self):
        from services.web.domain import sessions

        return sessions.form_token(self.cookie)

    def sign_out(self):
        return self.post("/sign-out", {"form_token": self.form_token})


@pytest.fixture
def browser(pages):
    return Browser(pages)


@pytest.fixture
def row(admin_dsn):
    """Look at, or change, what is kept of the sessions."""
    import psycopg2

    def ask(statement, *values):
        connection = psycopg2.connect(admin_dsn)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            found = cursor.fetchall() if cursor.description else None
        connection.close()
        return found

    return ask
