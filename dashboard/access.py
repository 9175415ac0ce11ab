"""Tokens and logins: hashed tokens in a file that only its owner reads, logins as signed cookies."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.settings import Role
from noria.files import read_json, write_json
from noria.locks import locked

ROLES: tuple[Role, ...] = ("viewer", "operator")
# Interactive logins: RFC 7914 and OWASP's minimum for scrypt (64 MiB, a fifth of a second).
_SCRYPT = {"n": 2**16, "r": 8, "p": 1, "maxmem": 2**27}


@dataclass(frozen=True)
class Person:
    """Who a request comes from.

    Attributes:
        identity: What the person's CSRF token is made of: changes with every login.
        ambient: A browser sends the proof by itself, so a change needs a CSRF token, too.
    """

    name: str
    role: Role
    identity: str = ""
    ambient: bool = True

    @property
    def operates(self) -> bool:
        """Whether the person may change anything."""
        return self.role == "operator"


class AccessStore:
    """``dashboard/access.json`` in the home folder: salted hashes of the tokens, the key of logins, and
    which logins were ended before their time.

    Several dashboards of one home share it.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / "dashboard" / "access.json"
        self._known: dict[str, Role] = {}
        self._read: tuple[tuple[int, int], Any] = ((0, 0), None)
        self._hashing = threading.Lock()

    def make_tokens(self, anew: bool = False) -> dict[Role, str]:
        """Makes what is missing; the tokens that were made, which nobody can learn again.

        Args:
            anew: All of them, which also ends every login.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.parent.chmod(0o700)
        with locked(self._path.with_suffix(".lock")):
            if self._path.exists() and not anew:
                return {}
            tokens: dict[Role, str] = {role: secrets.token_urlsafe(32) for role in ROLES}
            hashes = {role: _hashed(token, secrets.token_bytes(16)) for role, token in tokens.items()}
            self._write({"tokens": hashes, "key": secrets.token_hex(32)})
        return tokens

    def role_of(self, token: str) -> Role | None:
        """The role that a token gives; None for one that is not known."""
        # A digest of what was already checked, so that not every call of the API costs a scrypt; with the
        # key in it, so that new tokens make it forget.
        digest = hmac.new(self._key(), b"token:" + token.encode(), "sha256").hexdigest()
        if digest in self._known:
            return self._known[digest]
        with self._hashing:
            for role in ROLES:
                stored = self._tree()["tokens"][role]
                if hmac.compare_digest(_hashed(token, bytes.fromhex(stored["salt"]))["hash"], stored["hash"]):
                    self._known[digest] = role
                    return role
        return None

    def login(self, name: str, role: Role, hours: float) -> str:
        """The cookie of a login: name, role, end and a nonce, signed."""
        text = f"{name.encode().hex()}.{role}.{int(time.time() + hours * 3600)}.{secrets.token_hex(8)}"
        return f"{text}.{self._sign('login', text)}"

    def logged_in(self, cookie: str) -> Person | None:
        """Who a cookie belongs to; None where it is forged, damaged or too old."""
        text, _, signature = cookie.rpartition(".")
        if not text or not hmac.compare_digest(self._sign("login", text).encode(), signature.encode()):
            return None
        name, role, end, nonce = text.split(".")
        if int(end) < time.time() or nonce in self._tree().get("ended", {}):
            return None
        return Person(bytes.fromhex(name).decode(), "operator" if role == "operator" else "viewer", cookie)

    def log_out(self, cookie: str) -> None:
        """Ends the login of a cookie, for every copy of it; does nothing where it belongs to nobody."""
        if self.logged_in(cookie) is None:
            return
        _, _, end, nonce, _ = cookie.split(".")
        with locked(self._path.with_suffix(".lock")):
            tree = read_json(self._path)
            # Kept only until the login would have ended by itself.
            ended = {known: until for known, until in tree.get("ended", {}).items() if until > time.time()}
            self._write({**tree, "ended": {**ended, nonce: int(end)}})

    def csrf_token(self, person: Person) -> str:
        """What a form of this login has to bring."""
        return self._sign("csrf", person.identity)

    def csrf_fits(self, person: Person, token: str) -> bool:
        """Whether a form brought it."""
        return hmac.compare_digest(self.csrf_token(person).encode(), token.encode())

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._key(), f"{purpose}:{text}".encode(), "sha256").hexdigest()

    def _key(self) -> bytes:
        return bytes.fromhex(self._tree()["key"])

    def _tree(self) -> Any:
        stat = self._path.stat()
        # Each write makes a new file; two may fall into one tick of the file system's clock.
        version = (stat.st_mtime_ns, stat.st_ino)
        if self._read[0] != version:
            self._read = (version, read_json(self._path))
        return self._read[1]

    def _write(self, tree: Any) -> None:
        write_json(self._path, tree)
        self._path.chmod(0o600)


def _hashed(token: str, salt: bytes) -> dict[str, str]:
    return {"salt": salt.hex(), "hash": hashlib.scrypt(token.encode(), salt=salt, dklen=32, **_SCRYPT).hex()}
