"""What the demo made so far, so that a run that was broken off is taken up again."""

import json
import os
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "demo.needlepoint")


class Progress:
    """What was made, kept in a file of mode 600 after every step."""

    def __init__(self, file: Path) -> None:
        """Read what an earlier run made."""
        self._file = file
        self._writing = threading.Lock()
        self.made: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` made, now or in an earlier run."""
        if name not in self.made:
            made = make()
            with self._writing:
                self.made[name] = made
                write_private(self._file, self.made)
        return self.made[name]


def write_private(file: Path, content: object) -> None:
    """Replace a JSON file of mode 600, whole or not at all."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(content, opened, indent=1)
    draft.replace(file)


def key(*parts: str) -> str:
    """Return the Idempotency-Key of a thing of the demo."""
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))
