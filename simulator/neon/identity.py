"""Who may call: the one user, the one organization, and API keys of the three kinds with what each may do."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from simulator.neon.plans import SCALE, Plan
from simulator.neon.refusals import Forbidden, NotFound

KEY_PREFIX = "simneon_"
NOT_FOR_ORGANIZATIONS = "not allowed for organization API keys"
OUTSIDE_SCOPE = "not allowed to perform actions outside the project this key is scoped to"
_FIRST_ID = 165_000


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str = "Rehearsal"
    last_name: str = "User"
    email: str = "rehearsal@example.com"


@dataclass(frozen=True, slots=True)
class Organization:
    """Every project belongs to it."""

    id: str
    created_at: datetime
    plan: Plan = SCALE
    name: str = "Rehearsal"

    @property
    def handle(self) -> str:
        return f"rehearsal-{self.id}"


@dataclass(slots=True)
class ApiKey:
    """The user's own where `personal`, else the organization's, for one project only where it names one."""

    id: int
    name: str
    label: str
    created_at: datetime
    personal: bool = False
    project_id: str | None = None
    last_used_at: datetime | None = None
    last_used_from: str = ""

    def require_user(self) -> None:
        """Raise what a call that needs a person says to a key that stands for none."""
        self.require_unscoped()
        if not self.personal:
            raise NotFound(NOT_FOR_ORGANIZATIONS)

    def require_unscoped(self) -> None:
        """Raise NotFound for a key that may see one project only."""
        if self.project_id is not None:
            raise NotFound(f'{OUTSIDE_SCOPE}; subject_project_id:"{self.project_id}"')

    def require_project(self, project_id: str) -> None:
        """Raise NotFound unless the key may see the project."""
        if self.project_id not in {None, project_id}:
            self.require_unscoped()

    def require_admin(self) -> None:
        """Raise Forbidden for a key with a member's rights, which may not remove its project."""
        if self.project_id is not None:
            raise Forbidden("project-scoped API keys may not delete their project")


@dataclass(slots=True)
class Keyring:
    """Keys by the SHA-256 of their token; a token is known to its holder only."""

    _keys: dict[bytes, ApiKey] = field(default_factory=dict)
    _next_id: int = _FIRST_ID

    def add(
        self,
        token: str,
        name: str,
        now: datetime,
        *,
        label: str = "",
        personal: bool = False,
        project_id: str | None = None,
    ) -> ApiKey:
        """Take on a key; raises ValueError for a token that could be a real one."""
        if not token.startswith(KEY_PREFIX):
            raise ValueError(f"simulated Neon API keys start with {KEY_PREFIX}")
        self._next_id += 1
        label = label or f"api key {self._next_id}"
        made = ApiKey(self._next_id, name, label, now, personal, project_id)
        self._keys[_digest(token)] = made
        return made

    def issue(
        self, name: str, now: datetime, *, personal: bool = False, project_id: str | None = None
    ) -> tuple[ApiKey, str]:
        """A new key and its token, which is shown this once."""
        token = KEY_PREFIX + secrets.token_urlsafe(32)
        return self.add(token, name, now, personal=personal, project_id=project_id), token

    def state(self) -> object:
        """The keys there are, to go back to."""
        return dict(self._keys), self._next_id

    def restore(self, state: object) -> None:
        """Have the keys of a state told before, and no other."""
        keys, self._next_id = cast("tuple[dict[bytes, ApiKey], int]", state)
        self._keys = dict(keys)

    def find(self, token: str) -> ApiKey | None:
        return self._keys.get(_digest(token))

    def get(self, token: str) -> str | None:
        """Whose key it is, as a log may say it; None for a key that is not known or was revoked."""
        found = self.find(token)
        return found.label if found else None

    def listed(self, *, personal: bool) -> list[ApiKey]:
        """Newest first."""
        return [key for key in reversed(self._keys.values()) if key.personal is personal]

    def revoke(self, key_id: int, *, personal: bool) -> ApiKey:
        """End a key at once; raises NotFound."""
        for digest, key in self._keys.items():
            if key.id == key_id and key.personal is personal:
                del self._keys[digest]
                return key
        raise NotFound("api key not found")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
