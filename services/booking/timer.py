"""Process: booking's timer."""

from services.booking.usecases import holds
from shared import timer


def main() -> None:
    """Free the places whose hold ran out."""
    timer.run("booking", {"lapse holds": holds.lapse}, every_s=5)


if __name__ == "__main__":
    main()
