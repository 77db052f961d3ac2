"""Hop 5: every parameter the tenant needs is in Parameter Store, by metadata alone."""

from collections.abc import Mapping

from portal.core.assess.judgement import Case, Judgement, bench, judge_blind, listed
from portal.core.chain import HopName
from portal.core.facets import Absent, Present
from portal.core.objects.meta import moment
from portal.core.parameters import ParameterMeta

_MADE_FROM_DATABASE = ("/database_url", "/direct_url")
# Neon and AWS keep clocks of their own.
_SKEW_SECONDS = 30.0


def judge(case: Case) -> Judgement:
    """Names are compared; values are never read here."""
    facet = case.seen.parameters
    on = bench(facet)
    if not isinstance(facet, Present | Absent):
        return judge_blind(facet)
    held = facet.value if isinstance(facet, Present) else {}
    missing = [name for name in case.needs.parameters if name not in held]
    if not missing:
        return _outdated(case, held) or on.healthy(f"{len(case.needs.parameters)} present")
    cause = f"Parameter Store has no {listed(missing)}"
    fix = f"portal apply -f service.yaml -e {case.tenant.environment}"
    unmade = all(name.endswith(_MADE_FROM_DATABASE) for name in missing)
    return on.broken(cause, fix, blames=(HopName.DATABASE,) if unmade else ())


def _outdated(case: Case, held: Mapping[str, ParameterMeta]) -> Judgement | None:
    """A connection string names the host of a compute: one older than the compute names one that is gone."""
    computes = case.seen.endpoints.value if isinstance(case.seen.endpoints, Present) else ()
    compute = next((found for found in computes if found.type == "read_write"), None)
    made = moment(compute.created_at) if compute is not None else None
    if compute is None or made is None or not case.needs.database:
        return None
    strings = [name for name in case.needs.parameters if name.endswith(_MADE_FROM_DATABASE)]
    old = [name for name in strings if held[name].modified_at + _SKEW_SECONDS < made]
    if not old:
        return None
    cause = f"{listed(old)} is older than Neon compute {compute.id}: it names a compute that is gone"
    fix = f"portal rotate {case.tenant} database"
    return bench(case.seen.parameters, case.seen.endpoints).broken(cause, fix)
