"""Values given from outside, written to Parameter Store: created where nothing stands, and never written over
another value without consent to that version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.core.facets import TenantKey
from portal.core.parameters import MANAGED_BY, ParameterValue, is_ours
from portal.core.pushing import parameter_of, refuse_impossible
from portal.core.secrets import Secret
from portal.engine.audited import Deed, audited
from portal.engine.retry import reading
from portal.engine.saga.carrying import to_the_end, working
from portal.engine.saga.recall import DONE
from portal.engine.saga.work import Work
from portal.engine.tenant_secrets.sync import refuse_unknown_environment
from portal.engine.world import Ports
from portal.errors import RefusedError, UsageError
from portal.ports import Report


class Pushing(StrEnum):
    """What became of one value."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Pushed:
    """One value that stands now, and its version."""

    key: str
    parameter: str
    outcome: Pushing
    version: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One value to stand; `standing` is what it replaces."""

    key: str
    name: str
    value: Secret
    standing: ParameterValue | None

    @property
    def stands(self) -> bool:
        """Whether the parameter holds this value already."""
        return self.standing is not None and self.standing.value.same_as(self.value)


async def push(
    ports: Ports,
    tenant: TenantKey,
    values: Mapping[str, Secret],
    consent: Mapping[str, int | None],
    report: Report,
) -> tuple[Pushed, ...]:
    """All values or none: what cannot be written is refused before the first write.

    `consent` names the keys whose other value may be replaced, each with the version it is meant for (None:
    the one that stands). Raises UsageError for values that cannot be right, RefusedError for another value
    without consent, one of somebody else and a lease that is held.
    """
    refuse_unknown_environment(ports, tenant)
    if ports.settings.read_only:
        raise RefusedError("read-only mode", operation="push", target=str(tenant))
    if not values:
        raise UsageError("no values were given", hint="Give KEY=value lines on standard input")
    refuse_impossible(values)
    if strange := sorted(set(consent) - set(values)):
        raise UsageError(f"no value was given for {', '.join(strange)}, which is to be replaced")
    async with audited(ports, Deed("push", str(tenant), str(tenant))):
        wanted = await _checked(ports, tenant, values, consent)
        if all(each.stands for each in wanted):
            return tuple(_kept(each) for each in wanted)
        async with working(ports, tenant, report) as work:
            wanted = await _checked(ports, tenant, values, consent)
            return tuple(
                [_kept(each) if each.stands else await to_the_end(_write(work, each)) for each in wanted]
            )


async def _checked(
    ports: Ports, tenant: TenantKey, values: Mapping[str, Secret], consent: Mapping[str, int | None]
) -> list[_Wanted]:
    """What would be written; raises RefusedError naming every value that may not be replaced."""
    prefix = ports.settings.platform.parameter_prefix
    names = {key: parameter_of(prefix, tenant, key) for key in values}
    standing = await _get(ports, *names.values())
    wanted = [_Wanted(key, names[key], value, standing.get(names[key])) for key, value in values.items()]
    await _refuse_conflicts(ports, tenant, wanted, consent)
    return wanted


async def _refuse_conflicts(
    ports: Ports, tenant: TenantKey, wanted: list[_Wanted], consent: Mapping[str, int | None]
) -> None:
    refusals: list[str] = []
    unasked: list[str] = []
    for each in wanted:
        if each.standing is None or each.stands:
            continue
        version = each.standing.version
        tags = await reading(
            lambda name=each.name: ports.parameters.tags(name),  # type: ignore[misc]
            clock=ports.clock,
            jitter=ports.jitter,
        )
        if not is_ours(tags):
            refusals.append(f"{each.name} holds another value and was not made by the portal")
        elif each.key not in consent:
            refusals.append(f"{each.name} holds another value, version {version}")
            unasked.append(f"--replace {each.key}@{version}")
        elif consent[each.key] not in {None, version}:
            refusals.append(f"{each.name} is at version {version}, not at {consent[each.key]}")
    if refusals:
        hint = f"To replace them: {' '.join(unasked)}" if unasked else f"See portal secrets history {tenant}"
        raise RefusedError("; ".join(refusals) + "; nothing was written", hint=hint)


def _kept(each: _Wanted) -> Pushed:
    version = each.standing.version if each.standing else 0
    return Pushed(each.key, each.name, Pushing.UNCHANGED, version)


async def _write(work: Work, each: _Wanted) -> Pushed:
    async def look() -> ParameterValue | None:
        return _ours(each, (await work.ports.parameters.get([each.name])).get(each.name))

    async def act() -> ParameterValue:
        return ParameterValue(each.name, await _put(work, each), each.value)

    work.begin(f"push:{each.key}")
    async with audited(work.ports, Deed("push", each.name, str(work.tenant), work.name)) as deed:
        written = await work.ensure(look, act, look_first=False)
        deed.version = written.version
    await work.record(DONE, f"push:{each.key}", {"parameter": each.name, "version": written.version})
    outcome = Pushing.REPLACED if each.standing else Pushing.CREATED
    return Pushed(each.key, each.name, outcome, written.version)


def _ours(each: _Wanted, found: ParameterValue | None) -> ParameterValue | None:
    """What stands after a lost answer or a taken name: our value, or None where nothing came of the call.

    Raises RefusedError where somebody else wrote in between.
    """
    version = each.standing.version if each.standing else 0
    if found is not None and found.version == version + 1 and found.value.same_as(each.value):
        return found
    if (found.version if found else 0) == version:
        return None
    raise RefusedError(
        "somebody else wrote it at the same moment",
        system="ssm",
        operation="push",
        target=each.name,
        hint="Look at its history before pushing again.",
    )


async def _put(work: Work, each: _Wanted) -> int:
    parameters, tenant = work.ports.parameters, work.tenant
    if each.standing is not None:
        return await parameters.replace(each.name, each.value, expected_version=each.standing.version)
    owner = "platform" if "/platform/" in each.name else tenant.service
    tags = {**dict([MANAGED_BY]), "service": owner, "environment": tenant.environment}
    return await parameters.create(each.name, each.value, tags=tags)


async def _get(ports: Ports, *names: str) -> Mapping[str, ParameterValue]:
    return await reading(lambda: ports.parameters.get(names), clock=ports.clock, jitter=ports.jitter)
