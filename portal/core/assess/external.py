"""Hops 6 and 7: the ClusterSecretStore and the tenant's ExternalSecrets."""

import re

from portal.core.assess.judgement import (
    Bench,
    Case,
    Judgement,
    bench,
    judge_blind,
    listed,
    sentence,
    span,
    undeployed,
    worst,
)
from portal.core.chain import HopName
from portal.core.facets import Absent, Facet, Present
from portal.core.names import environment_variable
from portal.core.objects.external import ExternalSecret
from portal.core.objects.meta import condition
from portal.core.objects.plain import Event

_KEY = re.compile(r"\bkey: ?([^\s,)]+)")
_ERROR = re.compile(r"\berr: ?(.+)$", re.DOTALL)
_NO_SECRET = ("SecretMissing", "SecretDeleted")
# Refreshes are spread, and a controller restart may delay one; two missed ones are no accident.
_MISSED_REFRESHES = 2
_SLACK_SECONDS = 60.0


def judge_store(case: Case) -> Judgement:
    """Ready by its condition; Valid says that credentials resolve, not that IAM lets them read."""
    facet, name = case.seen.store, case.seen.place.store
    on = bench(facet)
    look = f"kubectl describe clustersecretstore {name}"
    match facet:
        case Present(value=store):
            ready = condition(store.conditions, "Ready")
            if ready is None or ready.status not in {"True", "False"}:
                return on.progressing(f"ClusterSecretStore {name} has not been validated yet", look)
            if ready.status == "False":
                return on.broken(f"ClusterSecretStore {name} is not ready: {sentence(ready.message)}", look)
            return _local_stores(case) or on.healthy(sentence(ready.message))
        case Absent(reason=reason):
            return on.broken(reason or f"ClusterSecretStore {name} does not exist", look)
        case _:
            return judge_blind(facet)


def _local_stores(case: Case) -> Judgement | None:
    """Stores of the tenant's own namespace that its ExternalSecrets name, where they name any."""
    external, facet = case.seen.external_secrets, case.seen.local_stores
    named = {
        secret.store
        for secret in (external.value if isinstance(external, Present) else ())
        if secret.meta.name in case.needs.secrets and secret.store_kind == "SecretStore"
    }
    if not named:
        return None
    if not isinstance(facet, Present | Absent):
        return judge_blind(facet)
    held = {store.meta.name: store for store in (facet.value if isinstance(facet, Present) else ())}
    on, place = bench(facet), f"kubectl -n {case.needs.namespace}"
    for name in sorted(named):
        store = held.get(name)
        look = f"{place} describe secretstore {name}"
        if store is None:
            cause = f"SecretStore {name} does not exist in namespace {case.needs.namespace}"
            return on.broken(cause, f"{place} get secretstore,externalsecret")
        ready = condition(store.conditions, "Ready")
        if ready is not None and ready.status == "False":
            _, told = detail_of(_events(case, "SecretStore", name))
            return on.broken(f"SecretStore {name} is not ready: {told or sentence(ready.message)}", look)
    return None


def judge_external_secrets(case: Case) -> Judgement:
    """Every ExternalSecret the chain rests on; the worst of them speaks."""
    facet = case.seen.external_secrets
    on = bench(facet)
    names = [name for name in case.needs.secrets if name != case.needs.pull_secret]
    if not names:
        return on.healthy("none needed")
    if not isinstance(facet, Present):
        return _none_served(case, facet)
    found = [judge_one(case, name) for name in names]
    chosen = worst(found)
    return chosen if not chosen.well else on.healthy(listed(names, most=4))


def judge_one(case: Case, name: str) -> Judgement:
    """One ExternalSecret by name: absent, refused with the key that is missing, stale or synced."""
    facet = case.seen.external_secrets
    on = bench(facet)
    if not isinstance(facet, Present):
        return _none_served(case, facet)
    secret = next((found for found in facet.value if found.meta.name == name), None)
    if secret is None:
        refresh = f"kubectl -n {case.seen.place.argocd} annotate application {case.tenant.service}"
        cause = f"ExternalSecret {name} does not exist in namespace {case.needs.namespace}"
        fix = f"{refresh} argocd.argoproj.io/refresh=normal --overwrite"
        return on.broken(cause, fix, blames=(HopName.APPLICATION,))
    return _judge_present(case, on, secret)


def _judge_present(case: Case, on: Bench, secret: ExternalSecret) -> Judgement:
    name, place = secret.meta.name, f"-n {secret.meta.namespace}"
    force = f"kubectl {place} annotate externalsecret {name} force-sync=$(date +%s) --overwrite"
    ready = condition(secret.conditions, "Ready")
    if ready is None or ready.status not in {"True", "False"}:
        return on.progressing(
            f"ExternalSecret {name} has not been synced yet", force, blames=(HopName.STORE,)
        )
    if ready.status == "False":
        return _judge_failed(case, on, secret, ready.message)
    if ready.reason in _NO_SECRET:
        look = f"kubectl {place} describe externalsecret {name}"
        return on.broken(f"ExternalSecret {name} is ready without a Secret ({ready.reason})", look)
    amiss = _amiss(case, secret)
    if amiss:
        return on.broken(amiss, f"portal apply -f service.yaml -e {case.tenant.environment}")
    return undeployed(case, on, "ExternalSecret", name) or _judge_age(case, on, secret, force)


def _amiss(case: Case, secret: ExternalSecret) -> str:
    """What the ExternalSecret yields, against the variables the service expects from its `envFrom`."""
    if not secret.keys:
        return ""
    name, needed = secret.meta.name, case.needs.secrets.get(secret.meta.name, ())
    read = {parameter: key for key, parameter in secret.keys}
    unread = [parameter for parameter in needed if parameter not in read]
    if unread:
        return f"ExternalSecret {name} does not read {listed(unread)}"
    if name == case.needs.pull_secret:
        return ""
    for parameter in needed:
        expected = environment_variable(parameter.rpartition("/")[2])
        if read[parameter] != expected and expected not in dict(secret.keys):
            return f"ExternalSecret {name} yields {read[parameter]} where pods expect {expected}"
    return ""


def _judge_age(case: Case, on: Bench, secret: ExternalSecret, force: str) -> Judgement:
    if secret.refresh_seconds and secret.refreshed_at is not None:
        age = case.now.since(secret.refreshed_at)
        if age > _MISSED_REFRESHES * secret.refresh_seconds + _SLACK_SECONDS:
            cause = (
                f"ExternalSecret {secret.meta.name} was last refreshed {span(age)} ago, its interval is "
                f"{span(secret.refresh_seconds)}: External Secrets seems not to run"
            )
            return on.degraded(cause, force)
    return on.healthy(secret.meta.name)


def _judge_failed(case: Case, on: Bench, secret: ExternalSecret, message: str) -> Judgement:
    name, place = secret.meta.name, f"-n {secret.meta.namespace}"
    key, error = detail_of(_events(case, "ExternalSecret", name))
    # `key … does not exist in secret …` speaks of a property inside a parameter that is there.
    if "not exist" in error.lower() and key and not error.startswith("key "):
        cause = f"ExternalSecret {name} cannot be synced: parameter {key} does not exist"
        fix = f"portal apply -f service.yaml -e {case.tenant.environment}"
        return on.broken(cause, fix, blames=(HopName.STORE, HopName.PARAMETERS))
    told = f"parameter {key}: {error}" if key and error else error or sentence(message)
    cause = f"ExternalSecret {name} cannot be synced: {told}"
    return on.broken(cause, f"kubectl {place} describe externalsecret {name}", blames=(HopName.STORE,))


def detail_of(events: list[Event]) -> tuple[str, str]:
    """Parameter and error the newest event names; the condition itself names neither."""
    for event in sorted(events, key=lambda found: found.last_at or 0.0, reverse=True):
        key, error = _KEY.search(event.message), _ERROR.search(event.message)
        if key or error:
            return (key.group(1) if key else "", sentence(error.group(1)) if error else "")
        return ("", sentence(event.message))
    return ("", "")


def _events(case: Case, kind: str, name: str) -> list[Event]:
    facet = case.seen.events
    if not isinstance(facet, Present):
        return []
    return [row for row in facet.value if (row.about_kind, row.about_name) == (kind, name)]


def _none_served(case: Case, facet: Facet[tuple[ExternalSecret, ...]]) -> Judgement:
    if isinstance(facet, Absent):
        cause = facet.reason or f"namespace {case.needs.namespace} has no ExternalSecret"
        return bench(facet).broken(cause, "kubectl api-resources --api-group=external-secrets.io")
    if isinstance(facet, Present):
        return bench(facet).healthy()
    return judge_blind(facet)
