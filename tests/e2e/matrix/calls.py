"""The calls one clean onboarding makes, which are the boundaries of the matrix."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tests.e2e.matrix.faults import Boundary
from tests.e2e.world import DATABASE, ONE_SECRET

ASKED = (
    DATABASE,
    "jwt: {algorithm: EdDSA}",
    ONE_SECRET,
    "storage: {provider: s3, bucket: %s}",
    "replicas: 0",
)
"""What the services of the matrix ask for: something of each system."""
GIT = "git"
"""The service whose calls are exchanges with the tenants repository."""
CALLS: Mapping[str, int] = {
    "git:fetch": 3,
    "git:push!": 1,
    "kube:get /api": 1,
    "kube:get /apis": 1,
    "kube:get applications": 2,
    "kube:get namespaces": 1,
    "kube:list applications": 1,
    "kube:list applicationsets": 1,
    "kube:patch applications!": 1,
    "kube:patch applicationsets!": 1,
    "neon:createProjectBranchDatabase!": 1,
    "neon:createProjectBranchRole!": 1,
    "neon:getConnectionURI": 2,
    "neon:getProject": 2,
    "neon:getProjectOperation": 2,
    "neon:listProjectBranchDatabases": 5,
    "neon:listProjectBranchRoles": 4,
    "neon:listProjectBranches": 2,
    "neon:listProjectEndpoints": 2,
    "s3:CreateBucket!": 1,
    "s3:HeadBucket": 4,
    "ssm:DeleteParameter!": 1,
    "ssm:DescribeParameters": 3,
    "ssm:GetParameters": 18,
    "ssm:PutParameter!": 9,
}


def counted(calls: Iterable[Mapping[str, Any]], exchanged: Mapping[str, int]) -> dict[str, int]:
    """How often the portal made each call, a mutation marked; `exchanged` are those with git. A look may be
    repeated where a state takes its time to show or an answer was lost, so no more of them count than there
    are in any case.
    """
    made = Counter(
        f"{call['service']}:{call['operation']}{'!' if call['mutating'] else ''}"
        for call in calls
        if call["caller"] == "portal"
    )
    made.update({f"{GIT}:{name}{'!' if name == 'push' else ''}": count for name, count in exchanged.items()})
    return {
        name: count if name.endswith("!") else min(count, CALLS.get(name, count))
        for name, count in made.items()
    }


def boundaries(calls: Mapping[str, int]) -> tuple[Boundary, ...]:
    """Each call of each operation."""
    return tuple(
        Boundary(service, operation.removesuffix("!"), nth, operation.endswith("!"))
        for name, count in sorted(calls.items())
        for service, _, operation in [name.partition(":")]
        for nth in range(1, count + 1)
    )
