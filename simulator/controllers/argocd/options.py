"""How a sync is to be carried out: `operation.sync` and its syncOptions, and those of single objects."""

from collections.abc import Collection
from dataclasses import dataclass

from simulator.controllers.kinds import Object

FOREGROUND = "Foreground"
_PROPAGATION = "PrunePropagationPolicy="


@dataclass(frozen=True, slots=True)
class Options:
    """Objects are always applied on the server's side, so that `ServerSideApply` changes nothing."""

    prune: bool = False
    prune_last: bool = False
    propagation: str = FOREGROUND
    create_namespace: bool = False
    out_of_sync_only: bool = False
    respect_ignored: bool = False
    fail_on_shared: bool = False
    skip_unserved: bool = False
    replace: bool = False
    force: bool = False
    dry_run: bool = False

    @classmethod
    def of(cls, sync: Object) -> "Options":
        """From `operation.sync`."""
        given = frozenset(sync.get("syncOptions") or [])
        policies = [each.removeprefix(_PROPAGATION) for each in given if each.startswith(_PROPAGATION)]
        return cls(
            prune=bool(sync.get("prune")),
            prune_last="PruneLast=true" in given,
            propagation=policies[0].capitalize() if policies else FOREGROUND,
            create_namespace="CreateNamespace=true" in given,
            out_of_sync_only="ApplyOutOfSyncOnly=true" in given,
            respect_ignored="RespectIgnoreDifferences=true" in given,
            fail_on_shared="FailOnSharedResource=true" in given,
            skip_unserved="SkipDryRunOnMissingResource=true" in given,
            replace="Replace=true" in given,
            force="Force=true" in given,
            dry_run=bool(sync.get("dryRun")),
        )

    def replaces(self, own: Collection[str]) -> bool:
        """Whether an object with these options of its own is replaced, not patched."""
        return self.replace or "Replace=true" in own

    def forces(self, own: Collection[str]) -> bool:
        """Whether an object with these options of its own is deleted first and made anew."""
        return self.force or "Force=true" in own
