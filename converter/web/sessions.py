"""Sessions: a signed cookie, and the token that every form must send back.

The cookie holds no more than a random id, the role and the unit's code, signed with a key of the
state's; it ends after an hour of quiet, after a working day at the latest, when its holder
signs out, and when the password that opened it is replaced (`mark`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, replace

from itsdangerous import BadData, URLSafeTimedSerializer

IDLE, LONGEST = 3600, 8 * 3600  # seconds
UNIT, OFFICER = "unit", "officer"


@dataclass(frozen=True, slots=True)
class Session:
    """One visitor. `role`: '', unit or officer."""

    sid: str
    born: float  # seconds since 1970
    role: str = ""
    unit: str = ""
    mark: str = ""  # of the password that opened it


class Sessions:
    """Reads and writes cookies."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._key = secret.encode()
        self._signer = URLSafeTimedSerializer(secret, salt="session")
        self._secure = secure
        # A browser takes a __Host- cookie from this very host over HTTPS only.
        self.name = "__Host-converter" if secure else "converter"
        self.known_name = f"{self.name}-known"  # of browsers that opened a name before

    def new(self, now: float) -> Session:
        return Session(secrets.token_urlsafe(16), now)

    def opened(self, now: float, role: str, unit: str = "", mark: str = "") -> Session:
        """A signed-in session has a new id: an id that was planted before is worth nothing."""
        return replace(self.new(now), role=role, unit=unit, mark=mark)

    def read(self, value: str, now: float) -> Session | None:
        """None for a cookie that is forged, too old, or none of ours."""
        try:
            found = Session(**self._signer.loads(value, max_age=IDLE))
        except (BadData, TypeError):
            return None
        return found if now - found.born < LONGEST else None

    def header(self, session: Session) -> str:
        """The Set-Cookie header that keeps a session."""
        return self.set_cookie(self.name, str(self._signer.dumps(asdict(session))))

    def set_cookie(self, name: str, value: str, seconds: int = 0) -> str:
        """A Set-Cookie header; without `seconds` the cookie ends with the browser."""
        parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        parts += [f"Max-Age={seconds}"] if seconds else []
        return "; ".join(parts + (["Secure"] if self._secure else []))

    def token(self, session: Session) -> str:
        """The token that this session's forms send back."""
        return hmac.new(self._key, f"form {session.sid}".encode(), hashlib.sha256).hexdigest()

    def is_token(self, session: Session, token: object) -> bool:
        return isinstance(token, str) and hmac.compare_digest(
            self.token(session).encode(), token.encode()
        )

    def hidden(self, text: str) -> str:
        """A text under a keyed hash: to be recognised, not read."""
        return hmac.new(self._key, f"name {text}".encode(), hashlib.sha256).hexdigest()
