"""The Neon side of a tenant: branch, computes, database and role, and what Neon is doing."""

from collections.abc import Iterator

from portal.core.facets import Source
from portal.core.neon import NeonBranch, NeonDatabase, NeonEndpoint, NeonOperation, NeonRole
from portal.core.observed import Seen
from portal.core.wording import age
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights, Row, Sheet, section, told

_ENDED = frozenset({"finished", "skipped", "cancelled"})
_FAILED = frozenset({"failed", "error"})


def database(seen: Seen, lights: Lights) -> Sheet:
    """What is held of the tenant's database, by metadata alone: looking never wakes a compute."""
    held = seen.observation
    return (
        section(
            "Branch",
            held.branch,
            lights,
            lambda branch: [_branch(branch)],
            titles=("Branch", "Id", "State", "Protected"),
            empty="no branch",
        ),
        section(
            "Computes",
            held.endpoints,
            lights,
            lambda found: [_endpoint(item, lights) for item in found],
            titles=("State", "Kind", "Suspends after", "Last active", "Host"),
            empty="the branch has no compute",
        ),
        section(
            "Database",
            held.databases,
            lights,
            lambda found: [_database(item) for item in found],
            titles=("Database", "Owner"),
            empty="no database of the tenant's name",
        ),
        section(
            "Role",
            held.roles,
            lights,
            lambda found: [_role(item) for item in found],
            titles=("Role", "Protected"),
            empty="no role of the tenant's name",
        ),
        section(
            "Operations",
            held.operations,
            lights,
            lambda found: _operations(found, lights),
            titles=("State", "Action", "Error"),
            empty="Neon has done nothing lately",
        ),
    )


def _branch(branch: NeonBranch) -> Row:
    name = f"{branch.name} (default)" if branch.default else branch.name
    return told(name), told(branch.id), told(branch.state), told("yes" if branch.protected else "no")


def _endpoint(item: NeonEndpoint, lights: Lights) -> Row:
    if item.disabled:
        state = Piece("✖ disabled", Tone.BAD)
    elif item.pending_state:
        state = Piece(f"… becoming {item.pending_state}", Tone.BUSY)
    elif item.state == "active":
        state = Piece("✔ active", lights.tone(Source.NEON, Tone.GOOD))
    else:
        state = Piece(f"✔ {item.state}", lights.tone(Source.NEON, Tone.GOOD))
    suspends = age(item.suspend_timeout_seconds) if item.suspend_timeout_seconds > 0 else "by default"
    return state, told(item.type), told(suspends), told(item.last_active), told(item.host)


def _database(item: NeonDatabase) -> Row:
    return told(item.name), told(item.owner_name)


def _role(item: NeonRole) -> Row:
    return told(item.name), told("yes" if item.protected else "no")


def _operations(found: tuple[NeonOperation, ...], lights: Lights, most: int = 12) -> Iterator[Row]:
    for item in found[:most]:
        if item.status in _FAILED:
            state = Piece(f"✖ {item.status}", Tone.BAD)
        elif item.status in _ENDED:
            state = Piece(f"✔ {item.status}", lights.tone(Source.NEON, Tone.GOOD))
        else:
            state = Piece(f"… {item.status}", Tone.BUSY)
        yield state, told(item.action), told(item.error)
