"""Where a portal is killed: the step it was in, and what holds it there.

Each service is killed in one phase after the other; every apply after a kill must first recover from it to
reach the phase of the next. A service's first apply writes one parameter for its lease, every later one tries
to create the lease, then takes it over: so the first parameter of a tenant is the second or the third one
put. Connection strings and the parts of a key pair are put one after the other, whatever else at once.
"""

from dataclasses import dataclass

from tests.e2e.world import DATABASE, ONE_SECRET

KEY_PAIR = "jwt: {algorithm: EdDSA}"
BUCKET = "storage: {provider: s3, bucket: drift-files}"

SERVICES: dict[str, tuple[str, ...]] = {
    "amber": (DATABASE, KEY_PAIR),
    "birch": (DATABASE, KEY_PAIR, "cache: {name: birch-cache, size: micro}"),
    "drift": (DATABASE, ONE_SECRET, "auth: neon", BUCKET, "pullSecret: ghcr-pull-secret"),
    "flint": (DATABASE, KEY_PAIR, ONE_SECRET),
    "cedar": (DATABASE, KEY_PAIR),
    "ember": (DATABASE, KEY_PAIR),
    "hazel": (DATABASE, ONE_SECRET, "auth: neon", "storage: {provider: s3, bucket: hazel-files}"),
}
"""Each with what its specification asks for."""
UNDISTURBED = "flint"
IN_CONTAINERS = ("birch", UNDISTURBED)
"""Whose deaths are repeated in a world of containers, while parameters, keys and the commit are made."""
FRONTS = (("amber", "birch", "drift", "flint"), ("cedar", "ember", "hazel"))
"""Services that share a world. Those of the first die once in every phase; those of the second in the same
phases elsewhere, where somebody asks for every case."""


@dataclass(frozen=True, slots=True)
class Death:
    """`call` is held before it is delivered (hang) or after it was carried out (hang_after), `hook` holds a
    push, and without either the portal dies while it waits for health. `lands` says what becomes of a push
    whose portal was killed: it is carried through, or dies too. `step` is how the step begins that was
    begun and not finished; without one all steps are done.
    """

    service: str
    when: str
    step: str
    call: str = ""
    action: str = "hang"
    nth: int = 1
    hook: str = ""
    lands: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}-{self.when}"


_PUT, _ROLE, _DATABASE = (
    "ssm:PutParameter",
    "neon:createProjectBranchRole",
    "neon:createProjectBranchDatabase",
)
_REFRESH = "kube:patch applications"
DEATHS = (
    Death("amber", "before-the-lease", "lease", _PUT),
    Death("amber", "after-the-role", "role", _ROLE, "hang_after"),
    Death("amber", "after-the-database", "database", _DATABASE, "hang_after"),
    Death("amber", "before-the-push", "commit", hook="pre-receive"),
    Death("amber", "while-waiting-for-health", ""),
    Death("birch", "after-the-first-parameter", "parameter:database_url", _PUT, "hang_after", nth=2),
    Death("birch", "between-private-and-public-key", "key-pair", _PUT, nth=5),
    Death("birch", "after-the-push", "commit", hook="post-receive", lands=True),
    Death("drift", "after-auth", "auth", "neon:createNeonAuth", "hang_after"),
    Death("drift", "before-the-bucket", "bucket", "s3:CreateBucket"),
    Death("drift", "after-the-refresh", "refresh", _REFRESH, "hang_after"),
    Death("drift", "before-the-lease-is-freed", "", "ssm:DeleteParameter"),
    Death("cedar", "before-the-role", "role", _ROLE),
    Death("cedar", "waiting-for-the-role", "role", "neon:getProjectOperation"),
    Death("cedar", "before-the-database", "database", _DATABASE),
    Death("cedar", "before-a-middle-parameter", "parameter:direct_url", _PUT, nth=4),
    Death("cedar", "between-public-key-and-its-id", "key-pair", _PUT, nth=6),
    Death("cedar", "before-the-refresh", "refresh", _REFRESH),
    Death("ember", "after-the-lease", "lease", _PUT, "hang_after"),
    Death("ember", "after-the-private-key", "key-pair", _PUT, "hang_after", nth=5),
    Death("ember", "while-the-push-lands-later", "commit", hook="pre-receive", lands=True),
    Death("hazel", "before-auth", "auth", "neon:createNeonAuth"),
    Death("hazel", "among-parameters-put-at-once", "parameter:", _PUT, "hang_after", nth=6),
    Death("hazel", "after-the-bucket", "bucket", "s3:CreateBucket", "hang_after"),
)
