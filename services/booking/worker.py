"""Process: booking's worker."""

from services.booking.events.handlers import HANDLERS
from shared.amqp import consumer


def main() -> None:
    """Apply what the other services tell."""
    consumer.run("booking", HANDLERS)


if __name__ == "__main__":
    main()
