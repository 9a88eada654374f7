"""Process notification-worker: plans messages from what happens elsewhere."""

from services.notification.events.handlers import HANDLERS
from shared.amqp import consumer


def main() -> None:
    """Consume until SIGTERM."""
    consumer.run("notification", HANDLERS)


if __name__ == "__main__":
    main()
