"""Hops 2 to 4: the Neon branch, its compute, and the tenant's role and database."""

from portal.core.assess.judgement import Case, Judgement, bench, blind, judge_blind, sentence
from portal.core.chain import HopName
from portal.core.facets import Absent, Present
from portal.core.neon import NeonDatabase, NeonEndpoint, NeonOperation, NeonRole

_NOT_ASKED = "the service asks for no database"
_CURL = 'curl -sS -H "Authorization: Bearer $NEON_API_KEY"'


def judge_branch(case: Case) -> Judgement:
    """Ready is well; archived answers slowly; any state the portal does not know is said, not guessed."""
    facet, place = case.seen.branch, case.seen.place
    on = bench(facet)
    look = f"{_CURL} {place.neon_url}/projects/{place.project}/branches"
    if not case.needs.database:
        return on.healthy(_NOT_ASKED)
    match facet:
        case Present(value=branch):
            name = f"branch {branch.name}"
            if branch.state == "ready":
                return on.healthy(f"{place.project}/{branch.name}")
            if branch.state in {"init", "resetting"}:
                return on.progressing(f"Neon {name} is in state {branch.state}", look)
            if branch.state == "archived":
                return on.degraded(f"Neon {name} is archived: queries are slow until it is used again", look)
            return on.unknown(f"Neon {name} is in state {branch.state}, which the portal does not know", look)
        case Absent():
            wanted = place.branch or "that is its default"
            return on.broken(f"Neon project {place.project} has no branch {wanted}", look)
        case _:
            return judge_blind(facet)


def judge_compute(case: Case) -> Judgement:
    """Active and idle are well: an idle compute scales from zero at the next connection."""
    facet, place = case.seen.endpoints, case.seen.place
    on = bench(facet)
    if not case.needs.database:
        return on.healthy(_NOT_ASKED)
    if not isinstance(facet, Present):
        return _absent_branch(case) if isinstance(facet, Absent) else judge_blind(facet)
    computes = [found for found in facet.value if found.type == "read_write"]
    url = f"{place.neon_url}/projects/{place.project}/endpoints"
    if not computes:
        return on.broken("the Neon branch has no read-write compute", _apply(case))
    compute = computes[0]
    if compute.disabled:
        change = f'{_CURL} -X PATCH {url}/{compute.id} --json \'{{"endpoint":{{"disabled":false}}}}\''
        return on.broken(f"Neon compute {compute.id} is disabled: no connection can wake it", change)
    refused = _refused_start(case, compute)
    if refused:
        return on.broken(f"Neon compute {compute.id} {refused}", f"{_CURL} {url}/{compute.id}")
    if compute.state == "active":
        return on.healthy("active")
    if compute.state == "idle":
        return on.healthy("idle, starting" if compute.pending_state == "active" else "idle, scale to zero")
    if compute.state == "init":
        return on.progressing(f"Neon compute {compute.id} is being made", f"{_CURL} {url}/{compute.id}")
    cause = f"Neon compute {compute.id} is in state {compute.state}, which the portal does not know"
    return on.unknown(cause, f"{_CURL} {url}/{compute.id}")


def judge_database(case: Case) -> Judgement:
    """The role exists, the database exists, and the role owns it."""
    roles, databases = case.seen.roles, case.seen.databases
    on = bench(roles, databases)
    if not case.needs.database:
        return on.healthy(_NOT_ASKED)
    hidden = blind(roles, databases)
    if hidden:
        return hidden
    if not isinstance(roles, Present) or not isinstance(databases, Present):
        return _absent_branch(case)
    return _judge_ownership(case, roles.value, databases.value)


def _judge_ownership(
    case: Case, roles: tuple[NeonRole, ...], databases: tuple[NeonDatabase, ...]
) -> Judgement:
    on = bench(case.seen.roles, case.seen.databases)
    role, name = case.needs.role, case.needs.database
    database = next((found for found in databases if found.name == name), None)
    if not any(found.name == role for found in roles):
        return on.broken(f"Neon role {role} does not exist", _of_role(case), blames=(HopName.BRANCH,))
    if database is None:
        return on.broken(f"Neon database {name} does not exist", _apply(case), blames=(HopName.BRANCH,))
    if database.owner_name != role:
        cause = f"Neon database {name} belongs to role {database.owner_name}, not to {role}"
        return on.broken(cause, f"portal plan -f service.yaml -e {case.tenant.environment}")
    return on.healthy(f"{name} owned by {role}")


def _refused_start(case: Case, compute: NeonEndpoint) -> str:
    """Why the newest start failed, "" where none did; a compute that runs has overcome it."""
    facet = case.seen.operations
    if not isinstance(facet, Present) or compute.state == "active":
        return ""
    starts = (found for found in facet.value if _starts(found, compute))
    newest = next(starts, None)
    if newest is None or newest.status not in {"failed", "error"}:
        return ""
    if "quota" in newest.error.lower():
        return f"is blocked by a quota: {sentence(newest.error)}"
    return f"could not be started: {sentence(newest.error) or 'Neon gives no reason'}"


def _starts(operation: NeonOperation, compute: NeonEndpoint) -> bool:
    return operation.action == "start_compute" and operation.branch_id in {"", compute.branch_id}


def _absent_branch(case: Case) -> Judgement:
    on = bench(case.seen.branch, case.seen.endpoints)
    return on.broken("the Neon branch is not there", _apply(case), blames=(HopName.BRANCH,))


def _of_role(case: Case) -> str:
    """A role is made anew only where none of its credentials is published; the plan says what stands."""
    held = case.seen.parameters.value if isinstance(case.seen.parameters, Present) else {}
    published = any(name in held for name in case.needs.secrets.get(f"{case.tenant.service}-db", ()))
    return f"portal plan -f service.yaml -e {case.tenant.environment}" if published else _apply(case)


def _apply(case: Case) -> str:
    return f"portal apply -f service.yaml -e {case.tenant.environment}"
