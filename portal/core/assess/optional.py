"""Hops 13 and 14, where the spec asks: Neon Auth's public keys and the object storage bucket."""

from portal.core.assess.judgement import Case, Judgement, bench, judge_blind
from portal.core.chain import HopName
from portal.core.facets import Absent, Present


def judge_auth(case: Case) -> Judgement:
    """Enabled on the branch, and its JWKS serves a key."""
    facet = case.seen.auth
    on = bench(facet)
    match facet:
        case Present(value=found):
            if found.keys:
                return on.healthy(f"{found.keys} public key{'s' * (found.keys != 1)}")
            return on.broken("Neon Auth serves no public key", f"curl -sS {found.auth.jwks_url}")
        case Absent():
            fix = f"portal apply -f service.yaml -e {case.tenant.environment}"
            return on.broken("Neon Auth is not enabled on the branch", fix, blames=(HopName.BRANCH,))
        case _:
            return judge_blind(facet)


def judge_storage(case: Case) -> Judgement:
    """The bucket is there for this credential."""
    facet, bucket = case.seen.bucket, case.needs.bucket
    on = bench(facet)
    fix = f"portal apply -f service.yaml -e {case.tenant.environment}"
    match facet:
        case Present(value=True):
            return on.healthy(bucket)
        case Present() | Absent():
            return on.broken(f"bucket {bucket} does not exist", fix)
        case _:
            return judge_blind(facet)
