"""Steps, their total order, and the digest over what they would do."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from portal.core.facets import TenantKey
from portal.core.spec import ServiceSpec, to_document

_FORMAT = 1


class Symbol(StrEnum):
    """What a step does to its target."""

    CREATE = "+"
    CHANGE = "~"
    REMOVE = "-"
    KEEP = "="


class Operation(StrEnum):
    """What a plan is for."""

    ONBOARD = "onboard"
    ROTATE = "rotate"
    OFFBOARD = "offboard"
    ADOPT = "adopt"


class StepKind(StrEnum):
    """The sorts of steps; those of onboarding in the order they run: secrets exist before git names them."""

    BRANCH = "branch"
    COMPUTE = "compute"
    ROLE = "role"
    DATABASE = "database"
    AUTH = "auth"
    PARAMETER = "parameter"
    KEY_PAIR = "key-pair"
    BUCKET = "bucket"
    COMMIT = "commit"
    REFRESH = "refresh"
    VERIFY = "verify"
    RECORD = "record"
    SYNC = "sync"
    ROLLOUT = "rollout"
    OVERLAP = "overlap"
    RETIRE = "retire"
    CLOSE = "close"
    MARK = "mark"
    GONE = "gone"
    ARCHIVE = "archive"


# Of onboarding. Parameters of all origins and the key pair run between auth and bucket, in the order they
# were planned.
STEP_ORDER: tuple[tuple[StepKind, ...], ...] = (
    (StepKind.BRANCH,),
    (StepKind.COMPUTE,),
    (StepKind.ROLE,),
    (StepKind.DATABASE,),
    (StepKind.AUTH,),
    (StepKind.PARAMETER, StepKind.KEY_PAIR),
    (StepKind.BUCKET,),
    (StepKind.COMMIT,),
    (StepKind.REFRESH,),
    (StepKind.VERIFY,),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `id` is unique in its plan; `known_after` names what only the apply will tell;
    `fingerprint` stands for content too long to print (sha256).
    """

    id: str
    symbol: Symbol
    kind: StepKind
    target: str
    reason: str
    detail: str = ""
    known_after: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def changes(self) -> bool:
        """Whether the step would change anything."""
        return self.symbol is not Symbol.KEEP


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they run. `inputs` are the keys whose values must be given to apply;
    `unknowns` are facts a source could not tell, `refusals` what the portal will not do. `subject` is what
    of the tenant an operation is about, such as the credential that is rotated.
    """

    tenant: TenantKey
    spec: ServiceSpec
    steps: tuple[Step, ...]
    inputs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    operation: Operation = Operation.ONBOARD
    subject: str = ""

    @property
    def title(self) -> str:
        """What the plan does to whom, in a line."""
        words = () if self.operation is Operation.ONBOARD else (str(self.operation), self.subject)
        return " ".join(word for word in (str(self.tenant), *words) if word)

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that would change something."""
        return tuple(step for step in self.steps if step.changes)

    @property
    def applicable(self) -> bool:
        """Whether nothing stands in the way of applying it."""
        return not self.unknowns and not self.refusals

    @property
    def digest(self) -> str:
        """SHA-256 over what would be done, not over how it is explained."""
        content = {
            "format": _FORMAT,
            "operation": [str(self.operation), self.subject],
            "tenant": str(self.tenant),
            "spec": to_document(self.spec),
            "steps": [
                [step.id, step.symbol, step.kind, step.target, list(step.known_after), step.fingerprint]
                for step in self.steps
            ],
            "inputs": list(self.inputs),
            "unknowns": list(self.unknowns),
            "refusals": list(self.refusals),
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
