"""The tenants of one commit as values. A file that cannot be read is a fault of its tenant alone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.adapters.repo.git import Git
from portal.adapters.repo.tree import Entry, blobs, entries
from portal.adapters.repo.yaml_nodes import parse
from portal.adapters.threads import Threads
from portal.core.documents import MappingNode, Node, SequenceNode, kind_of, to_plain
from portal.core.repository import RepositorySnapshot, TenantFolder
from portal.errors import PrerequisiteError, SpecError

ROOT = "tenants/"
_SPEC = "service.yaml"
_CONFIG = "config.yaml"
_LARGEST = 1 << 20
_PARSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Document:
    """A file's mapping, or why there is none; repeated keys are faults beside it."""

    value: Mapping[str, Any] | None
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class _Folder:
    paths: list[str] = field(default_factory=list)
    spec: Entry | None = None
    configs: dict[str, Entry] = field(default_factory=dict)


class SnapshotReader:
    """Remembers what it parsed: a file that did not change is not read again."""

    def __init__(self, git: Git, threads: Threads) -> None:
        self._git = git
        self._threads = threads
        self._parsed: dict[tuple[str, str], Document] = {}
        self._last: RepositorySnapshot | None = None

    async def snapshot(self, commit: str, services: Collection[str] = ()) -> RepositorySnapshot:
        """All tenants at `commit`, which is in the mirror, or those of some services."""
        if self._last is not None and self._last.commit == commit:
            return self._last
        committed = await self._git.local("show", "--no-patch", "--format=%ct", commit)
        places = [f"{ROOT}{service}/" for service in sorted(services)] or [ROOT]
        folders = _folders((await entries(self._git, commit, *places)).values())
        await self._parse(folders.values(), alone=not services)
        found = RepositorySnapshot(
            commit=commit,
            committed_at=float(committed.text),
            tenants={service: self._tenant(service, folder) for service, folder in sorted(folders.items())},
        )
        if not services:
            self._last = found
        return found

    async def _parse(self, folders: Iterable[_Folder], *, alone: bool) -> None:
        """Bring the files of these folders into `_parsed`, and drop all others where these are `alone`."""
        wanted = {_key(entry): entry for folder in folders for entry in _documents(folder)}
        kept = {key: document for key, document in self._parsed.items() if key in wanted or not alone}
        fresh = [entry for key, entry in wanted.items() if key not in kept]
        readable = [entry for entry in fresh if entry.is_file and entry.size <= _LARGEST]
        contents = await blobs(self._git, (entry.blob for entry in readable))
        texts = {entry.path: contents[entry.blob] for entry in readable}
        try:
            parsed = await self._threads.call(_read_all, fresh, texts, timeout=_PARSE_SECONDS)
        except TimeoutError as exc:
            raise PrerequisiteError(f"{len(fresh)} files were not read in {_PARSE_SECONDS:g} s") from exc
        self._parsed = {**kept, **parsed}

    def _tenant(self, service: str, folder: _Folder) -> TenantFolder:
        faults = [fault for entry in _documents(folder) for fault in self._parsed[_key(entry)].faults]
        return TenantFolder(
            service=service,
            spec=self._parsed[_key(folder.spec)].value if folder.spec else None,
            overlays={name: self._parsed[_key(entry)].value for name, entry in folder.configs.items()},
            paths=tuple(folder.paths),
            faults=tuple(faults),
        )


def _folders(found: Iterable[Entry]) -> dict[str, _Folder]:
    folders: dict[str, _Folder] = {}
    for entry in found:
        match entry.path.split("/"):
            case [_, service, *rest] if rest:
                folder = folders.setdefault(service, _Folder())
                folder.paths.append(entry.path)
                _sort_in(folder, entry, rest)
    return folders


def _sort_in(folder: _Folder, entry: Entry, rest: list[str]) -> None:
    match rest:
        case [name] if name == _SPEC:
            folder.spec = entry
        case ["overlays", overlay, name] if name == _CONFIG:
            folder.configs[overlay] = entry


def _documents(folder: _Folder) -> list[Entry]:
    return [*([folder.spec] if folder.spec else []), *folder.configs.values()]


def _key(entry: Entry) -> tuple[str, str]:
    """Faults name the path, so one content at two places is two documents."""
    return entry.path, entry.blob


def _read_all(fresh: list[Entry], texts: Mapping[str, bytes]) -> dict[tuple[str, str], Document]:
    return {_key(entry): _read(entry, texts.get(entry.path)) for entry in fresh}


def _read(entry: Entry, content: bytes | None) -> Document:
    if content is None:
        why = f"larger than {_LARGEST} bytes" if entry.is_file else "not a plain file"
        return Document(None, (f"{entry.path}: {why}",))
    try:
        node = parse(content.decode(), entry.path)
    except UnicodeDecodeError:
        return Document(None, (f"{entry.path}: not UTF-8 text",))
    except SpecError as exc:
        return Document(None, tuple(str(fault) for fault in exc.faults))
    if not isinstance(node, MappingNode):
        return Document(None, (f"{entry.path}: holds {kind_of(node)} where a mapping is expected",))
    return Document(to_plain(node), tuple(_repeated(node)))


def _repeated(node: Node) -> list[str]:
    """Keys that stand twice in one mapping, at any depth."""
    if isinstance(node, SequenceNode):
        return [fault for item in node.items for fault in _repeated(item)]
    if not isinstance(node, MappingNode):
        return []
    seen: set[str] = set()
    faults: list[str] = []
    for key, item in node.entries:
        name = str(key.value)
        if name in seen:
            faults.append(f"{key.file}:{key.line}:{key.column}: {name!r} stands twice")
        seen.add(name)
        faults += _repeated(item)
    return faults
