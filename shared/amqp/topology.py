"""Exchanges, queues and bindings, with names made from the service's name.

Process: `python -m shared.amqp.topology` declares everything for every service that has handlers.
Run it before the first process starts: an event published earlier passes its listener by.

A quorum queue is safe some five seconds after it was first declared: RabbitMQ 3.10 writes the
names of new ones with a delay, and a broker killed before that forgets the queue and its messages.

Queue arguments cannot change once a queue exists (the broker answers 406): give a changed queue a
new name, or delete the old one when it is empty.  All of them are known to RabbitMQ 3.10 and 4.
A service's broker user configures, writes and reads needlepoint.events, needlepoint.unrouted,
needlepoint.<service> and needlepoint.<service>.dead; it writes amq.default too.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pika
from pika.adapters.blocking_connection import BlockingChannel

from shared import settings
from shared.amqp import link

EVENTS_EXCHANGE = "needlepoint.events"
UNROUTED = "needlepoint.unrouted"
DELIVERY_LIMIT = 20  # a message that ended its worker so often goes to the dead-letter queue
NEVER = 1_000_000_000  # RabbitMQ 4 would drop after 20 without a limit, 3.10 knows no "unlimited"
UNROUTED_KEPT_MS = 14 * 24 * 3600 * 1000
SERVICES = Path(__file__).resolve().parents[2] / "services"


def wire_name(service: str) -> str:
    """Return the service's name on the wire: `client-records`."""
    return service.replace("_", "-")


def queue(service: str) -> str:
    """Return the queue of a service: `needlepoint.client-records`."""
    return f"needlepoint.{wire_name(service)}"


def dead_queue(service: str) -> str:
    """Return where the broker puts what a service could not even refuse."""
    return f"{queue(service)}.dead"


def declare_exchange(channel: BlockingChannel) -> None:
    """Declare where events go; what nobody listens to is kept for two weeks, not lost."""
    channel.exchange_declare(UNROUTED, "fanout", durable=True)
    channel.queue_declare(
        UNROUTED,
        durable=True,
        arguments={"x-queue-type": "quorum", "x-message-ttl": UNROUTED_KEPT_MS},
    )
    channel.queue_bind(UNROUTED, UNROUTED)
    channel.exchange_declare(
        EVENTS_EXCHANGE, "topic", durable=True, arguments={"alternate-exchange": UNROUTED}
    )


def declare_queue(channel: BlockingChannel, service: str) -> None:
    """Declare the queue of a service and the one behind it for dead letters."""
    channel.queue_declare(
        dead_queue(service),
        durable=True,
        arguments={"x-queue-type": "quorum", "x-delivery-limit": NEVER},
    )
    channel.queue_declare(
        queue(service),
        durable=True,
        arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,  # order per subject; other workers stand by
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_queue(service),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",  # at-least-once dead lettering asks for it
        },
    )


def declare(channel: BlockingChannel, service: str, types: Iterable[str]) -> None:
    """Declare all that `service` needs to hear events of `types`.  Repeating it does no harm."""
    declare_exchange(channel)
    declare_queue(channel, service)
    for event_type in sorted(types):
        channel.queue_bind(queue(service), EVENTS_EXCHANGE, routing_key=event_type)


def unbind(channel: BlockingChannel, service: str, types: Iterable[str]) -> None:
    """Stop hearing events of `types`."""
    for event_type in sorted(types):
        channel.queue_unbind(queue(service), EVENTS_EXCHANGE, routing_key=event_type)


def listeners() -> dict[str, frozenset[str]]:
    """Return the event types that each service has a handler for."""
    found = {}
    for folder in sorted(SERVICES.iterdir()):
        module = f"services.{folder.name}.events.handlers"
        if (folder / "events" / "handlers.py").exists() and find_spec(module):
            # by name, because shared knows no service
            found[folder.name] = frozenset(import_module(module).HANDLERS)
    return found


def main() -> None:
    """Declare everything at the broker that AMQP_URL names."""
    parameters = link.parameters(settings.secret("AMQP_URL"), "topology")
    connection = pika.BlockingConnection(parameters)
    try:
        channel = connection.channel()
        declare_exchange(channel)
        for service, types in listeners().items():
            declare(channel, service, types)
            sys.stdout.write(f"{queue(service)}: {len(types)} event types\n")
    finally:
        connection.close()


if __name__ == "__main__":
    main()
