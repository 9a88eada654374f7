"""Process: booking's timer."""

from services.booking.usecases import disruptions, holds
from shared import timer


def main() -> None:
    """Free the places whose hold ran out; find the appointments that cannot take place."""
    jobs = {
        "lapse holds": holds.lapse,
        "watch sleeping devices": disruptions.watch_sleepers,
        "look at appointments again": disruptions.look,
    }
    timer.run("booking", jobs, every_s=5)


if __name__ == "__main__":
    main()
