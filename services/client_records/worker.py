"""Process client-records-worker: hears appointments, credentials, devices and their runs."""

from services.client_records.events.handlers import HANDLERS
from shared.amqp import consumer


def main() -> None:
    """Run until told to stop."""
    consumer.run("client_records", HANDLERS)


if __name__ == "__main__":
    main()
