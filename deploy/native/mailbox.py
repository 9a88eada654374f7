"""Process: a real SMTP server on loopback that puts every mail into a Maildir, for demo and tests.

Environment: PORT, BIND_HOST, MAILBOX (the Maildir's folder).
"""

import signal
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

from deploy.native.ports import LOOPBACK
from shared import settings


def main() -> None:
    """Take mail until SIGTERM."""
    folder = Path(settings.text("MAILBOX"))
    for part in ("tmp", "new", "cur"):  # a folder that is there already is no Maildir yet
        (folder / part).mkdir(parents=True, exist_ok=True)
    server = Controller(
        Mailbox(str(folder)),
        hostname=settings.text("BIND_HOST", LOOPBACK),
        port=settings.number("PORT"),
        enable_SMTPUTF8=True,
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    ended.wait()
    server.stop()


if __name__ == "__main__":
    main()
