"""Process: booking's timer."""

from services.booking.usecases import disruptions, freed, holds, offers, waiting
from shared import timer

WAITING_LIST = {
    "settle offers": offers.settle,
    "expire waiting": waiting.expire,
    "look for places": freed.look,
    "offer places": freed.offer_next,
}


def main() -> None:
    """Free the places whose hold ran out, and offer what is free to those who wait.

    Also find the appointments that cannot take place.
    """
    jobs = {
        "lapse holds": holds.lapse,
        **WAITING_LIST,
        "watch sleeping devices": disruptions.watch_sleepers,
        "look at appointments again": disruptions.look,
    }
    timer.run("booking", jobs, every_s=5)


if __name__ == "__main__":
    main()
