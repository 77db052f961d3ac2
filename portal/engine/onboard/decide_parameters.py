"""The Parameter Store steps of a plan; existing parameters are kept as they are, whoever wrote them."""

from collections.abc import Mapping

from portal.core.facets import Present
from portal.core.names import offboarding_record
from portal.core.parameters import ParameterMeta
from portal.core.plan import StepKind
from portal.core.required import Origin, RequiredParameter, required_parameters
from portal.engine.onboard.observe import Seen
from portal.engine.saga.draft import Draft

_REASONS: Mapping[Origin, str] = {
    Origin.DATABASE: "connection string of the role",
    Origin.AUTH: "address of Neon Auth",
    Origin.INPUT: "value to be given",
    Origin.PLATFORM_INPUT: "value to be given, shared by the environment",
}


def parameter_id(key: str) -> str:
    """Id of the step that writes one parameter."""
    return f"{StepKind.PARAMETER}:{key}"


def parameter_steps(draft: Draft, seen: Seen) -> None:
    """One step per parameter, one for the key pair as a whole."""
    wanted = required_parameters(seen.spec, seen.prefix)
    if not wanted or not draft.known(seen.parameters, "which parameters exist"):
        return
    standing = seen.parameters.value if isinstance(seen.parameters, Present) else {}
    taken_down = offboarding_record(seen.prefix, seen.spec.environment, seen.spec.service)
    if taken_down in standing:
        draft.refuse(
            f"{taken_down} says that the tenant is being taken down; end that first: "
            f"portal offboard {seen.spec.tenant}"
        )
    pair = [item for item in wanted if item.origin is Origin.JWT]
    for item in wanted:
        if item.origin is not Origin.JWT:
            _parameter(draft, item, standing)
        elif item is pair[0]:
            _key_pair(draft, seen, pair, standing)
    _warn_of_plain_text(draft, wanted, standing)


def _parameter(draft: Draft, item: RequiredParameter, standing: Mapping[str, ParameterMeta]) -> None:
    step = parameter_id(item.key)
    if item.name in standing:
        draft.keep(StepKind.PARAMETER, item.name, f"exists, version {standing[item.name].version}", step=step)
        return
    asked = item.origin in {Origin.INPUT, Origin.PLATFORM_INPUT}
    if asked:
        draft.ask(item.key)
    draft.create(
        StepKind.PARAMETER,
        item.name,
        "does not exist",
        step=step,
        detail=_REASONS[item.origin],
        known_after=() if asked else ("value",),
    )


def _key_pair(
    draft: Draft, seen: Seen, items: list[RequiredParameter], standing: Mapping[str, ParameterMeta]
) -> None:
    """Private key, public key and key id are one unit: the private half decides the others."""
    algorithm = seen.spec.jwt.algorithm if seen.spec.jwt else ""
    folder, keys = items[0].name.rpartition("/")[0], ",".join(item.key for item in items)
    target = f"{folder}/{{{keys}}}"
    present = [item for item in items if item.name in standing]
    private = items[0]
    if len(present) == len(items):
        draft.keep(StepKind.KEY_PAIR, target, "exists")
    elif private in present:
        draft.create(
            StepKind.KEY_PAIR, target, "incomplete", detail="derived from the private key that stands"
        )
    else:
        if present:
            halves = ", ".join(item.name for item in present)
            draft.refuse(
                f"{halves} exists without {private.name}: a new private key would not fit it, and "
                "verifiers may rely on it; put the private key back, or move the rest away"
            )
        draft.create(
            StepKind.KEY_PAIR,
            target,
            "does not exist",
            detail=f"new {algorithm} key",
            known_after=("key id", "values"),
        )


def _warn_of_plain_text(
    draft: Draft, wanted: tuple[RequiredParameter, ...], standing: Mapping[str, ParameterMeta]
) -> None:
    for item in wanted:
        if item.name in standing and standing[item.name].type not in {"SecureString", ""}:
            draft.warn(f"{item.name} is a {standing[item.name].type}, not encrypted at rest")
