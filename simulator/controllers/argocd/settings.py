"""What a simulated ArgoCD installation can be told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """All durations are simulated seconds."""

    cache: Path
    """Where repositories are mirrored and checked out; nothing else may be kept there."""
    namespace: str = "argocd"
    """Where Applications and ApplicationSets are looked for."""
    git_poll: float = 180.0
    """How often a repository is asked for new commits; the rehearsal asks every few seconds."""
    refresh: float = 180.0
    """How often an Application is compared again though nothing has been heard of."""
    wave_delay: float = 2.0
    """Pause after each wave, in which controllers take note of what was applied; a rehearsal's is shorter."""
    self_heal_delay: float = 5.0
    """Pause after a sync before a changed object is put back; doubles with each attempt."""
    excluded: frozenset[str] = frozenset({"XDragonflyInstance", "XPostgresInstance", "XEventDrivenService"})
    """Kinds left out of every Application (`resource.exclusions`): what claims bring is not git's."""
    workers: int = 8
    """Applications worked on at the same time."""
