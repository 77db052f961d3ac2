"""Hop 5: every parameter the tenant needs is in Parameter Store, by metadata alone."""

from portal.core.assess.judgement import Case, Judgement, bench, judge_blind, listed
from portal.core.chain import HopName
from portal.core.facets import Absent, Present

_MADE_FROM_DATABASE = ("/database_url", "/direct_url")


def judge(case: Case) -> Judgement:
    """Names are compared; values are never read here."""
    facet = case.seen.parameters
    on = bench(facet)
    if not isinstance(facet, Present | Absent):
        return judge_blind(facet)
    held = facet.value if isinstance(facet, Present) else {}
    missing = [name for name in case.needs.parameters if name not in held]
    if not missing:
        return on.healthy(f"{len(case.needs.parameters)} present")
    cause = f"Parameter Store has no {listed(missing)}"
    fix = f"portal apply -f service.yaml -e {case.tenant.environment}"
    unmade = all(name.endswith(_MADE_FROM_DATABASE) for name in missing)
    return on.broken(cause, fix, blames=(HopName.DATABASE,) if unmade else ())
