"""The outcome of a rehearsal as data and as Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.core.chain import FleetView, HopState, Verdict
from portal.core.facets import SourceState
from portal.core.tiers import beyond_processes

_MEMORY = "memory of all processes"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase: wall seconds, and megabytes of all processes at its end (None where unknown)."""

    name: str
    seconds: float
    memory_mb: float | None = None


@dataclass(frozen=True, slots=True)
class Backend:
    """One backend of a world: what it really was, and what it stood in for."""

    name: str
    tier: str
    product: str
    stands_in_for: str


@dataclass(frozen=True, slots=True)
class Drilled:
    """One drill: whether everything was seen that had to be, and what was seen, in sentences."""

    name: str
    ok: bool
    seconds: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """What `rehearse --report` writes; `ok` only when every tenant is healthy, every drill went as it had to
    and nothing is left over.

    `tiers` says by backend what the world was made of.
    """

    run: str
    tiers: Mapping[str, str]
    phases: tuple[Phase, ...]
    tenants: tuple[Verdict, ...]
    leftovers: tuple[str, ...] = ()
    backends: tuple[Backend, ...] = ()
    drills: tuple[Drilled, ...] = ()

    @property
    def ok(self) -> bool:
        healthy = all(tenant.state is HopState.HEALTHY for tenant in self.tenants)
        drilled = all(drill.ok for drill in self.drills)
        return bool(self.tenants) and healthy and drilled and not self.leftovers


def tenant_document(verdict: Verdict) -> dict[str, Any]:
    """One tenant as `status -o json` prints it."""
    return {
        "service": verdict.tenant.service,
        "environment": verdict.tenant.environment,
        "state": verdict.state.value,
        "broken_hop": verdict.broken_hop.value if verdict.broken_hop else None,
        "cause": verdict.cause,
        "fix": verdict.fix,
        "hops": [
            {
                "hop": hop.number,
                "name": hop.name.value,
                "state": hop.state.value,
                "cause": hop.cause,
                "source": hop.source.value,
                "age_seconds": _rounded(hop.age_seconds),
            }
            for hop in verdict.hops
        ],
    }


def source_document(source: SourceState) -> dict[str, Any]:
    """One source as `status -o json` prints it."""
    return {
        "name": source.name.value,
        "state": source.state.value,
        "age_seconds": _rounded(source.age_seconds),
        "detail": source.detail,
    }


def fleet_document(view: FleetView) -> dict[str, Any]:
    """A whole view as `status -o json` prints it."""
    return {
        "generated_at": view.generated_at,
        "sources": [source_document(source) for source in view.sources],
        "tenants": [tenant_document(tenant) for tenant in view.tenants],
    }


def report_document(report: RehearsalReport) -> dict[str, Any]:
    """`report.json`."""
    return {
        "run": report.run,
        "ok": report.ok,
        "tiers": dict(report.tiers),
        "phases": [
            {"name": phase.name, "seconds": round(phase.seconds, 2), "memory_mb": _rounded(phase.memory_mb)}
            for phase in report.phases
        ],
        "tenants": [tenant_document(tenant) for tenant in report.tenants],
        "drills": [
            {
                "name": drill.name,
                "ok": drill.ok,
                "seconds": round(drill.seconds, 2),
                "evidence": list(drill.evidence),
            }
            for drill in report.drills
        ],
        "leftovers": list(report.leftovers),
    }


def report_markdown(report: RehearsalReport) -> str:
    """`report.md`: phases, tenants hop by hop, and what stood in for what from which tier."""
    lines = [f"# Rehearsal {report.run}: {'passed' if report.ok else 'failed'}", "", "## Phases", ""]
    memory = "memory of processes, without containers" if beyond_processes(report.tiers) else _MEMORY
    lines += [f"| phase | seconds | {memory} |", "|---|---:|---:|"]
    lines += [f"| {p.name} | {p.seconds:.2f} | {_megabytes(p.memory_mb)} |" for p in report.phases]
    lines += [f"| all | {sum(p.seconds for p in report.phases):.2f} | |", ""]
    for tenant in report.tenants:
        lines += [f"## {tenant.tenant}: {tenant.state}", "", "| hop | state | seen |", "|---|---|---|"]
        lines += [
            f"| {h.number} {h.name} | {h.state} | {_cell(h.cause or h.detail)} |" for h in tenant.hops
        ] + [""]
    for drill in report.drills:
        lines += [f"## Drill {drill.name}: {'passed' if drill.ok else 'failed'}", ""]
        lines += [f"- {_cell(sentence)}" for sentence in drill.evidence] + [""]
    if report.backends:
        lines += ["## What stood in for what", ""]
        lines += ["| backend | tier | here | stands in for |", "|---|---|---|---|"]
        lines += [_row(backend) for backend in report.backends] + [""]
    lines += ["## Left over", "", "\n".join(f"- {item}" for item in report.leftovers) or "Nothing.", ""]
    return "\n".join(lines)


def _row(backend: Backend) -> str:
    cells = (backend.name, backend.tier, backend.product, backend.stands_in_for)
    return f"| {' | '.join(map(_cell, cells))} |"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _megabytes(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} MB"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
