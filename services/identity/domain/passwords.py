"""What a password must be.  Length counts; rules about signs do not (NIST SP 800-63B)."""

from services.identity.domain.common_passwords import COMMON
from shared.errors import Rejected

LEAST, MOST = 8, 256  # characters


class PasswordWeak(Rejected):
    """The password is among the first that anybody tries."""

    type = "password-weak"
    title = "Choose another password"


def require_strong(password: str, *known: str) -> None:
    """Raise PasswordWeak for a common password, or one made of what is `known`: name, address."""
    plain = password.casefold()
    if not LEAST <= len(password) <= MOST:
        raise PasswordWeak(f"A password has {LEAST} to {MOST} characters.")
    if plain in COMMON or len(set(plain)) < 4:  # noqa: PLR2004 # aaaaaaab is one guess
        raise PasswordWeak("This password is one of the first that anybody would try.")
    words = {part for text in known for part in _words(text)} | {"needlepoint"}
    rest = plain
    for word in words:
        rest = rest.replace(word, "")
    if len(rest) < LEAST // 2:
        raise PasswordWeak("This password is made of your name or address.")


def _words(text: str) -> list[str]:
    parts = text.casefold().replace("@", " ").replace(".", " ").split()
    return [part for part in parts if len(part) > 2]  # noqa: PLR2004 # "de" is in too many words
