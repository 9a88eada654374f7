"""Process device-telemetry-worker: hears sessions, clinics and staff."""

from services.device_telemetry.events.handlers import HANDLERS
from shared.amqp import consumer


def main() -> None:
    """Run until told to stop."""
    consumer.run("device_telemetry", HANDLERS)


if __name__ == "__main__":
    main()
