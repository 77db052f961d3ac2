"""Comparisons of one Application, each made again only when its target, its object or a rule has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simulator.controllers.argocd.compare import differs
from simulator.controllers.argocd.identity import Ref
from simulator.controllers.argocd.ignoring import without
from simulator.controllers.kinds import Object, uid_of, version_of

MANAGER = "argocd-controller"


@dataclass(slots=True)
class Comparisons:
    """What was found, by object; a target is known again as long as git is not loaded anew."""

    _known: dict[Ref, tuple[Object, tuple[str, str], Sequence[Object], bool]] = field(default_factory=dict)

    def differs(self, ref: Ref, target: Object, live: Object, rules: Sequence[Object]) -> bool:
        """Whether applying `target` would change `live`, but for what `rules` of ignoreDifferences leave out.

        Raises UnservedExpression.
        """
        version = uid_of(live), version_of(live)
        known = self._known.get(ref)
        if known is not None and known[0] is target and known[1:3] == (version, rules):
            return known[3]
        wanted, has = without(target, live, rules) if rules else (target, live)
        found = differs(wanted, has, manager=MANAGER)
        self._known[ref] = target, version, rules, found
        return found

    def keep(self, refs: Mapping[Ref, object]) -> None:
        """Forget all others."""
        self._known = {ref: known for ref, known in self._known.items() if ref in refs}
