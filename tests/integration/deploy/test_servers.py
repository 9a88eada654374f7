"""The servers that the tests stand on."""

import time

import pika
import psycopg2
import pytest

from shared import db
from tests import databases, servers


def test_a_service_works_in_its_own_schema(pool):
    pool("booking")
    with db.transaction() as tx:
        row = tx.one("SELECT current_user::text AS me, count(*) AS waiting FROM booking.outbox")
    assert row == {"me": "booking_app", "waiting": 0}


def test_a_service_is_refused_in_anothers_schema(dsn, database):
    connection = psycopg2.connect(dsn("notification"))
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("SELECT * FROM booking.outbox")
    connection.close()


def test_what_one_test_writes_is_gone_for_the_next(admin_dsn, database_name, database):
    databases.execute(
        admin_dsn, "INSERT INTO booking.subject_sequences VALUES (gen_random_uuid(), 1)"
    )
    databases.clean(database_name)
    connection = psycopg2.connect(admin_dsn)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM booking.subject_sequences")
        assert cursor.fetchone() == (0,)
    connection.close()


def test_a_confirmed_message_survives_the_death_of_the_broker():
    with servers.broker_to_kill() as mine:
        quorum = {"x-queue-type": "quorum"}
        with pika.BlockingConnection(pika.URLParameters(mine.broker.amqp_url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare("survivors", durable=True, arguments=quorum)
            # RabbitMQ 3.10 writes its register of quorum queues half a second after a declaration
            # and forgets, killed earlier, the queue with its messages: real queues are older.
            time.sleep(1.5)
            channel.basic_publish("", "survivors", b"one", mandatory=True)
        mine.restart()
        with pika.BlockingConnection(pika.URLParameters(mine.broker.amqp_url)) as connection:
            _, _, body = connection.channel().basic_get("survivors", auto_ack=True)
        assert body == b"one"


def test_each_test_gets_a_virtual_host_of_its_own(amqp_url):
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().queue_declare("mine", durable=True)
