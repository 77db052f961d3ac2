"""A plan while it is being decided."""

from typing import Any

from portal.core.facets import Absent, Denied, Facet, NeverLoaded, Present, TenantKey
from portal.core.plan import Operation, Plan, Step, StepKind, Symbol
from portal.core.spec import ServiceSpec


class Draft:
    """Steps are added in the order they run; unknowns and refusals block the whole plan."""

    def __init__(self, operation: Operation = Operation.ONBOARD, subject: str = "") -> None:
        """Begin empty."""
        self._operation, self._subject = operation, subject
        self._steps: list[Step] = []
        self._inputs: list[str] = []
        self._warnings: list[str] = []
        self._unknowns: list[str] = []
        self._refusals: list[str] = []

    def add(self, step: Step) -> None:
        self._steps.append(step)

    def keep(self, kind: StepKind, target: str, reason: str, *, step: str = "") -> None:
        self.add(Step(step or str(kind), Symbol.KEEP, kind, target, reason))

    def change(self, kind: StepKind, target: str, reason: str, *, step: str = "", detail: str = "") -> None:
        self.add(Step(step or str(kind), Symbol.CHANGE, kind, target, reason, detail))

    def remove(self, kind: StepKind, target: str, reason: str, *, step: str = "", detail: str = "") -> None:
        self.add(Step(step or str(kind), Symbol.REMOVE, kind, target, reason, detail))

    def create(
        self,
        kind: StepKind,
        target: str,
        reason: str,
        *,
        step: str = "",
        detail: str = "",
        known_after: tuple[str, ...] = (),
    ) -> None:
        self.add(Step(step or str(kind), Symbol.CREATE, kind, target, reason, detail, known_after))

    def ask(self, key: str) -> None:
        """The value of this key must be given to apply."""
        self._inputs.append(key)

    def warn(self, text: str) -> None:
        self._warnings.append(text)

    def refuse(self, text: str) -> None:
        self._refusals.append(text)

    def known(self, facet: Facet[Any], what: str) -> bool:
        """Whether the facet is Present or Absent; anything else is noted as an unknown."""
        if isinstance(facet, Present | Absent):
            return True
        if isinstance(facet, NeverLoaded):
            why = "not asked, because something before it is missing"
        else:
            why = f"denied: {facet.reason}" if isinstance(facet, Denied) else facet.reason
        self._unknowns.append(f"{facet.source}: {what}: {why}")
        return False

    def plans(self, kind: StepKind) -> bool:
        """Whether a step of this kind changes something."""
        return any(step.kind is kind and step.changes for step in self._steps)

    def plans_step(self, step: str) -> bool:
        """Whether this step changes something."""
        return any(each.id == step and each.changes for each in self._steps)

    def plan(self, tenant: TenantKey, spec: ServiceSpec) -> Plan:
        """The finished plan."""
        return Plan(
            tenant=tenant,
            spec=spec,
            steps=tuple(self._steps),
            inputs=tuple(self._inputs),
            warnings=tuple(self._warnings),
            unknowns=tuple(dict.fromkeys(self._unknowns)),
            refusals=tuple(self._refusals),
            operation=self._operation,
            subject=self._subject,
        )
