"""The ApplicationSet controller: keeps exactly the Applications its generators ask for."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.argocd import status
from simulator.controllers.argocd.cascade import FINALIZER
from simulator.controllers.argocd.commands import CommandFailed
from simulator.controllers.argocd.generators import (
    GeneratorFailed,
    Parameters,
    from_files,
    from_list,
    matching,
    substitute,
)
from simulator.controllers.argocd.git import Repositories, RevisionNotFound
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.errors import ApiError, NotFound, Unreachable
from simulator.controllers.kinds import Kind, Object, annotations_of, labels_of, name_of, uid_of
from simulator.controllers.reconciling import owner_reference

APPLICATION_SET = Kind("argoproj.io", "v1alpha1", "ApplicationSet", "applicationsets", namespaced=True)
REFRESH = "argocd.argoproj.io/application-set-refresh"
KEPT_ANNOTATIONS = ("argocd.argoproj.io/refresh", "argocd.argoproj.io/skip-reconcile")
"""Annotations of a generated Application that belong to its users and are left alone."""

PARAMETERS_FAILED = "ApplicationParamsGenerationError"
VALIDATION_FAILED = "ApplicationValidationError"
UPDATE_FAILED = "UpdateApplicationError"


class Refused(Exception):
    """The set cannot be brought about; `reason` is that of its conditions."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ApplicationSets:
    """Reconciles one ApplicationSet by name."""

    def __init__(self, api: Api, clock: Clock, settings: Settings, repositories: Repositories) -> None:
        self._api = api
        self._clock = clock
        self._settings = settings
        self._repositories = repositories
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argocd-files")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def reconcile(self, name: str) -> float | None:
        found = await self._api.find(APPLICATION_SET, name, self._settings.namespace)
        if found is None or found["metadata"].get("deletionTimestamp"):
            return None
        asked = REFRESH in annotations_of(found)
        failure: Refused | None = None
        try:
            await self._bring_about(found, await self._wanted(found, asked=asked))
        except Refused as exc:
            failure = exc
        await self._report(found, failure, asked=asked)
        return self._settings.refresh

    async def _wanted(self, found: Object, *, asked: bool) -> dict[str, Object]:
        spec = found["spec"]
        if spec.get("goTemplate"):
            raise Refused(PARAMETERS_FAILED, "goTemplate is not supported here")
        wanted: list[Object] = []
        for generator in spec["generators"]:
            parameters = await self._parameters(generator, asked=asked)
            wanted += [self._application(found, each) for each in parameters]
        counted = Counter(name_of(app) for app in wanted)
        for name, count in counted.items():
            if count > 1:
                text = f"ApplicationSet {name_of(found)} contains applications with duplicate name: {name}"
                raise Refused(VALIDATION_FAILED, text)
        return {name_of(app): app for app in wanted}

    async def _parameters(self, generator: Object, *, asked: bool) -> list[Parameters]:
        try:
            if generator.get("list") is not None:
                return from_list(generator["list"])
            if (generator.get("git") or {}).get("files"):
                git = generator["git"]
                return from_files(git, await self._files(git, asked=asked))
        except (GeneratorFailed, RevisionNotFound, CommandFailed) as exc:
            raise Refused(PARAMETERS_FAILED, f"error generating params from git: {exc}") from exc
        raise Refused(PARAMETERS_FAILED, "only the list and the git files generator are supported here")

    async def _files(self, git: Object, *, asked: bool) -> dict[str, str]:
        url = git["repoURL"]
        if asked:
            await self._repositories.fetch(url)
        commit = await self._repositories.resolve(url, git.get("revision") or "HEAD")
        root = await self._repositories.checkout(url, commit)
        return await asyncio.get_running_loop().run_in_executor(self._pool, _read, root, git["files"])

    def _application(self, found: Object, parameters: Parameters) -> Object:
        template = substitute(found["spec"]["template"], parameters)
        metadata = template.get("metadata") or {}
        preserved = (found["spec"].get("syncPolicy") or {}).get("preserveResourcesOnDeletion")
        return {
            "apiVersion": APPLICATION.api_version,
            "kind": APPLICATION.kind,
            "metadata": {
                "name": metadata.get("name", ""),
                "namespace": self._settings.namespace,
                "labels": metadata.get("labels") or {},
                "annotations": metadata.get("annotations") or {},
                "finalizers": metadata.get("finalizers") or ([] if preserved else [FINALIZER]),
                "ownerReferences": [owner_reference(found)],
            },
            "spec": template["spec"],
        }

    async def _bring_about(self, found: Object, wanted: dict[str, Object]) -> None:
        """Create, update and delete Applications; the first refusal is told when all were tried."""
        listing = await self._api.list(APPLICATION, self._settings.namespace)
        present = {name_of(app): app for app in listing.items}
        mine = {name for name, app in present.items() if _is_owner(found, app)}
        failures: list[str] = []
        for name, app in wanted.items():
            try:
                await self._keep(app, present.get(name))
            except Unreachable:
                raise
            except ApiError as exc:
                failures.append(exc.message)
        for name in sorted(mine - wanted.keys()):
            try:
                await self._api.delete(APPLICATION, name, self._settings.namespace)
            except NotFound:
                continue
        if failures:
            raise Refused(UPDATE_FAILED, failures[0])

    async def _keep(self, wanted: Object, present: Object | None) -> None:
        """Create or update one; an Application that nobody controls is taken over."""
        if present is None:
            await self._api.create(APPLICATION, wanted)
            return
        _check_owner(present, wanted)
        kept = {k: v for k, v in annotations_of(present).items() if k in KEPT_ANNOTATIONS}
        metadata = wanted["metadata"]
        before = {
            "ownerReferences": present["metadata"].get("ownerReferences") or [],
            "labels": labels_of(present),
            "annotations": annotations_of(present),
            "finalizers": present["metadata"].get("finalizers") or [],
        }
        after = {
            "ownerReferences": _owners(present, metadata["ownerReferences"][0]),
            "labels": metadata["labels"],
            "annotations": {**metadata["annotations"], **kept},
            "finalizers": metadata["finalizers"],
        }
        patch = {
            "metadata": status.changes(before, after),
            "spec": status.changes(present["spec"], wanted["spec"]),
        }
        patch = {name: part for name, part in patch.items() if part}
        if patch and not present["metadata"].get("deletionTimestamp"):
            await self._api.merge_patch(APPLICATION, name_of(wanted), patch, self._settings.namespace)

    async def _report(self, found: Object, failure: Refused | None, *, asked: bool) -> None:
        old = (found.get("status") or {}).get("conditions") or []
        conditions = [
            {**entry, "lastTransitionTime": _since(old, entry) or rfc3339(self._clock.now())}
            for entry in _conditions(failure)
        ]
        if conditions != old:
            await self._api.patch_status(
                APPLICATION_SET, name_of(found), {"conditions": conditions}, self._settings.namespace
            )
        if asked:
            patch = {"metadata": {"annotations": {REFRESH: None}}}
            await self._api.merge_patch(APPLICATION_SET, name_of(found), patch, self._settings.namespace)


def _read(root: Path, patterns: list[Object]) -> dict[str, str]:
    paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    return {path: (root / path).read_text(encoding="utf-8") for path in matching(patterns, paths)}


def _check_owner(present: Object, wanted: Object) -> None:
    """Raises ApiError for an Application that something else controls."""
    [own] = wanted["metadata"]["ownerReferences"]
    for each in present["metadata"].get("ownerReferences") or []:
        if each.get("controller") and each.get("uid") != own["uid"]:
            named = f"{wanted['metadata']['namespace']}/{name_of(wanted)}"
            text = f"Object {named} is already owned by another {each['kind']} controller {each['name']}"
            raise ApiError(409, "AlreadyOwned", text)


def _owners(present: Object, own: Object) -> list[Object]:
    """The references an Application has, with that of its set among them."""
    known: list[Object] = present["metadata"].get("ownerReferences") or []
    return known if any(each.get("uid") == own["uid"] for each in known) else [*known, own]


def _is_owner(found: Object, app: Object) -> bool:
    return any(each.get("uid") == uid_of(found) for each in app["metadata"].get("ownerReferences") or [])


def _conditions(failure: Refused | None) -> list[Object]:
    generated = "Successfully generated parameters for all Applications"
    if failure is None:
        return [
            _condition("ErrorOccurred", "False", "ApplicationSetUpToDate", generated),
            _condition("ParametersGenerated", "True", "ParametersGenerated", generated),
            _condition("ResourcesUpToDate", "True", "ApplicationSetUpToDate", "ApplicationSet up to date"),
        ]
    text = str(failure)
    parameters = (
        _condition("ParametersGenerated", "False", "ErrorOccurred", text)
        if failure.reason == PARAMETERS_FAILED
        else _condition("ParametersGenerated", "True", "ParametersGenerated", generated)
    )
    return [
        _condition("ErrorOccurred", "True", failure.reason, text),
        parameters,
        _condition("ResourcesUpToDate", "False", failure.reason, text),
    ]


def _condition(kind: str, state: str, reason: str, message: str) -> Object:
    return {"type": kind, "status": state, "reason": reason, "message": message}


def _since(old: Iterable[Object], entry: Object) -> str:
    for before in old:
        if {name: before.get(name) for name in entry} == entry:
            return str(before.get("lastTransitionTime", ""))
    return ""
