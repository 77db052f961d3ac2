"""The secrets of a tenant by versions, dates and names; never a value, never a length."""

from collections import Counter
from collections.abc import Iterator, Mapping

from portal.core.facets import Present, Source
from portal.core.objects.external import ExternalSecret
from portal.core.objects.meta import Condition, condition
from portal.core.objects.plain import SecretMeta
from portal.core.observed import Moment, Needs, Seen
from portal.core.parameters import ParameterMeta
from portal.core.wording import age
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights, Row, Section, Sheet, section, told
from portal.tui.present.tabs.health import good_or_bad

# Parameter Store and Kubernetes write whole seconds by clocks of their own.
_TICK = 1.0


def secrets(seen: Seen, lights: Lights) -> Sheet:
    """Parameters with the drift of their copies, the ExternalSecrets that copy, the Secrets they make."""
    held, now = seen.observation, seen.moment
    return (
        _parameters(seen, lights),
        section(
            "ExternalSecrets",
            held.external_secrets,
            lights,
            lambda found: [_external(item, now, lights) for item in found],
            titles=("Ready", "Name", "Refreshed", "Every", "Says"),
            empty="none in the tenant's namespace",
        ),
        section(
            "Secrets in the cluster",
            held.secrets,
            lights,
            lambda found: [_secret(item, now) for item in found],
            titles=("Name", "Changed", "Keys"),
            empty="none in the tenant's namespace",
        ),
    )


def _parameters(seen: Seen, lights: Lights) -> Section:
    held, needs = seen.observation, seen.observation.needs
    copies = held.external_secrets.value if isinstance(held.external_secrets, Present) else None

    folder = folder_of(needs)

    def rows(found: Mapping[str, ParameterMeta]) -> Iterator[Row]:
        for name in _names(found, needs):
            row = _parameter(name, found.get(name), copies, seen.moment, lights)
            yield row[0], told(name.removeprefix(folder)), *row[1:]

    return section(
        f"Parameters below {folder}" if folder else "Parameters",
        held.parameters,
        lights,
        rows,
        titles=("Copy", "Parameter", "Version", "Changed", "Copied by"),
        empty="the tenant asks for none",
    )


def _names(found: Mapping[str, ParameterMeta], needs: Needs | None) -> list[str]:
    """Those the tenant asks for, and those beside them."""
    asked = list(needs.parameters) if needs is not None else []
    folders = {name.rpartition("/")[0] for name in asked}
    beside = [name for name in found if name.rpartition("/")[0] in folders and name not in asked]
    return [*asked, *sorted(beside)]


def _parameter(
    name: str,
    meta: ParameterMeta | None,
    copies: tuple[ExternalSecret, ...] | None,
    now: Moment,
    lights: Lights,
) -> Row:
    reader = next((item for item in copies or () if any(key == name for _, key in item.keys)), None)
    drift = _drift(meta, reader, lights, known=copies is not None)
    if meta is None:
        return drift, told(""), told("does not exist", Tone.BAD), told(_by(reader))
    changed = f"{age(now.since(meta.modified_at))} ago" if meta.modified_at else ""
    return drift, told(f"v{meta.version}"), told(changed), told(_by(reader))


def folder_of(needs: Needs | None) -> str:
    """The path below which most of a tenant's parameters lie, empty where it has none."""
    folders = Counter(
        f"{name.rpartition('/')[0]}/" for name in (needs.parameters if needs is not None else ())
    )
    return folders.most_common(1)[0][0] if folders else ""


def _by(reader: ExternalSecret | None) -> str:
    return reader.meta.name if reader is not None else ""


def _drift(
    meta: ParameterMeta | None, reader: ExternalSecret | None, lights: Lights, *, known: bool
) -> Piece:
    """How the cluster's copy stands to the parameter, by dates alone."""
    if meta is None:
        return Piece("✖ absent", Tone.BAD)
    if reader is None:
        return Piece("- unused", Tone.FAINT) if known else Piece("? unknown", Tone.WARN)
    ready = condition(reader.conditions, "Ready")
    if ready is not None and ready.status == "False":
        return Piece("✖ fails", Tone.BAD)
    if reader.refreshed_at is None or not meta.modified_at:
        return Piece("? unknown", Tone.WARN)
    if reader.refreshed_at + _TICK < meta.modified_at:
        return Piece("! behind", Tone.WARN)
    tone = lights.tone(Source.SSM, lights.tone(Source.KUBERNETES, Tone.GOOD))
    return Piece("✔ current", tone)


def _external(item: ExternalSecret, now: Moment, lights: Lights) -> Row:
    ready = condition(item.conditions, "Ready")
    refreshed = f"{age(now.since(item.refreshed_at))} ago" if item.refreshed_at is not None else "never"
    every = age(item.refresh_seconds) if item.refresh_seconds else "once"
    return (
        _ready(ready, lights),
        told(item.meta.name if item.target in {"", item.meta.name} else f"{item.meta.name} → {item.target}"),
        told(refreshed),
        told(every),
        told(ready.message if ready is not None and ready.status != "True" else ""),
    )


def _ready(ready: Condition | None, lights: Lights) -> Piece:
    if ready is None:
        return Piece("… no status yet", Tone.BUSY)
    return good_or_bad(good=ready.status == "True", text=ready.reason or ready.status, lights=lights)


def _secret(item: SecretMeta, now: Moment) -> Row:
    changed = f"{age(now.since(item.changed_at))} ago" if item.changed_at is not None else ""
    return told(item.meta.name), told(changed), told(", ".join(sorted(item.keys)))
