"""The ports of one profile, each with its adapter."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from portal.adapters.audit import FileAudit
from portal.adapters.clock import SystemClock
from portal.adapters.journal import FileJournal
from portal.adapters.keys import LocalKeys
from portal.adapters.kube import KubeCluster
from portal.adapters.neon import NeonApi
from portal.adapters.postgres import PostgresSql
from portal.adapters.repo import GitRepository
from portal.adapters.ssm import ParameterStore
from portal.adapters.storage import ObjectStores
from portal.adapters.threads import Threads
from portal.bootstrap.manifests import tenant_templates
from portal.core.secrets import Secret
from portal.engine.fleet import Fleet
from portal.engine.world import Ports
from portal.errors import PrerequisiteError, RefusedError
from portal.settings import KubeSettings, Settings

_DISK_SECONDS = 10.0
_POOLS = ("local", "aws", "git")


@asynccontextmanager
async def services(settings: Settings, *, neon_key: Secret | None = None) -> AsyncIterator[Ports]:
    """Every port of one profile. Nothing is contacted until a port is used."""
    async with AsyncExitStack() as stack:
        # A system that hangs keeps the threads of its own pool only.
        local, aws, git = [await stack.enter_async_context(Threads(name=name)) for name in _POOLS]
        clock = SystemClock()
        parameters = await stack.enter_async_context(ParameterStore(settings.aws, aws))

        async def key() -> Secret:
            return neon_key or await _stored_key(settings, parameters, local)

        neon = await stack.enter_async_context(NeonApi(settings.neon, key, threads=local))
        storage = await stack.enter_async_context(ObjectStores(settings.aws, settings.hetzner, aws))
        clusters = await _clusters(settings, stack)
        cluster = clusters[settings.kube]
        own = {name: clusters[settings.kube_of(name)] for name in settings.environments}
        repository = GitRepository(settings.repository, settings.state_dir, git, isolated=settings.simulated)
        fleet = Fleet(
            neon=neon,
            parameters=parameters,
            storage=storage,
            cluster=cluster,
            clusters=own,
            repository=repository,
            clock=clock,
            settings=settings,
        )
        yield Ports(
            settings=settings,
            neon=neon,
            parameters=parameters,
            sql=PostgresSql(),
            storage=storage,
            cluster=cluster,
            repository=repository,
            keys=LocalKeys(local),
            journal=FileJournal(settings.state_dir, local),
            audit=FileAudit(settings.state_dir, local),
            clock=clock,
            status=fleet,
            templates=tenant_templates(),
            clusters=own,
            traffic={
                "git": repository.traffic,
                "neon": neon.traffic,
                "ssm": parameters.traffic,
                **{_named(each, settings): found.traffic for each, found in clusters.items()},
            },
        )


def _named(kube: KubeSettings, settings: Settings) -> str:
    """`kubernetes`, with the environments of a cluster that does not run them all."""
    served = [name for name in settings.environments if settings.kube_of(name) == kube]
    whole = len(served) == len(settings.environments) or kube == settings.kube
    return "kubernetes" if whole else f"kubernetes {', '.join(sorted(served))}"


async def _clusters(settings: Settings, stack: AsyncExitStack) -> dict[KubeSettings, KubeCluster]:
    """One client for each cluster that is named; a client contacts nothing before it is used."""
    named = {settings.kube, *(settings.kube_of(name) for name in settings.environments)}
    return {each: await stack.enter_async_context(KubeCluster(each)) for each in named}


async def _stored_key(settings: Settings, parameters: ParameterStore, threads: Threads) -> Secret:
    path = settings.neon.api_key_file
    if path is not None:
        try:
            return await threads.call(neon_key_in_file, settings, timeout=_DISK_SECONDS)
        except TimeoutError as exc:
            raise PrerequisiteError(f"the disk of {path} did not answer", hint="Look at its mount") from exc
    name = settings.neon.api_key_parameter
    found = await parameters.get([name])
    if name not in found:
        raise RefusedError(
            f"no Neon API key at {name}", system="ssm", operation="get", hint="Run `portal init`"
        )
    return found[name].value


def neon_key_in_file(settings: Settings) -> Secret:
    """The key in `neon.api_key_file`; raises PrerequisiteError when it cannot be read."""
    path = settings.neon.api_key_file
    try:
        return Secret((path or Path()).read_text().strip())
    except OSError as exc:
        hint = "Name another with neon.api_key_file, or leave it out and run `portal init`"
        raise PrerequisiteError(
            f"the Neon API key file {path} cannot be read: {exc.strerror}", hint=hint
        ) from exc
