"""The real database and the real broker.

dsn(service)    the address of this worker's migrated database, as the service's log-in role
database        empties what earlier tests left
pool(service)   opens shared.db's pool as the service, on a clean database
api(service)    a client of the application: client.as_(people.BOB).post("/v1/...", json=...)
amqp_url        an administrator's address of a virtual host that exists for this test only
broker          the run's RabbitMQ (tests.servers.Broker); MQTT lives in its virtual host `/`
"""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests import servers
from tests.apps import Caller, Stage
from tests.tokens import Mint


@pytest.fixture(scope="session")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Mint:
    return Mint(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def stage(dsn: Callable[[str], str], mint: Mint) -> Stage:
    return Stage(dsn, mint)


@pytest.fixture
def pool(stage: Stage, database: None) -> Iterator[Callable[[str], None]]:
    yield stage.enter
    stage.leave()


@pytest.fixture
def api(stage: Stage, database: None) -> Iterator[Callable[[str], Caller]]:
    yield stage.caller
    stage.leave()


@pytest.fixture(scope="session")
def broker() -> servers.Broker:
    return servers.rabbitmq()


@pytest.fixture
def amqp_url(broker: servers.Broker) -> Iterator[str]:
    vhost = f"test-{uuid.uuid4().hex[:12]}"
    broker.management.add_vhost(vhost)
    yield broker.url_of(vhost)
    broker.management.remove_vhost(vhost)
