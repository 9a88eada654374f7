"""Process headquarters-worker: makes the picture from everybody's events."""

from services.headquarters.events.handlers import HANDLERS
from shared.amqp import consumer


def main() -> None:
    """Consume until SIGTERM."""
    consumer.run("headquarters", HANDLERS)


if __name__ == "__main__":
    main()
