"""From document trees to service specifications."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.core.documents import MappingNode, Node, ScalarNode, SequenceNode, from_plain, kind_of
from portal.core.names import (
    BUCKET,
    CLAIM,
    DATABASE,
    ENVIRONMENTS,
    KEY,
    NAMESPACE,
    SECRET_OBJECT,
    SERVICE,
    TEAM,
    environment_of,
)
from portal.core.spec.limits import API_VERSION, ENVIRONMENT_WORDS, IMAGE, KIND, PORT, REPLICAS, STORAGE_GB
from portal.core.spec.model import (
    AUTH_PROVIDERS,
    CACHE_SIZES,
    DATABASE_LOGINS,
    DEFAULT_STORAGE_GB,
    JWT_ALGORITHMS,
    OWNER,
    STORAGE_PROVIDERS,
    CacheSpec,
    DatabaseSpec,
    JwtSpec,
    Overrides,
    ServiceSpec,
    StorageSpec,
)
from portal.core.spec.reader import Reader
from portal.errors import SpecError

_TOP = ("apiVersion", "kind", "metadata", "spec")
_METADATA = ("name", "team")
_SPEC = (
    "namespace",
    "image",
    "port",
    "replicas",
    "database",
    "cache",
    "jwt",
    "secrets",
    "storage",
    "auth",
    "pullSecret",
    "environments",
)


def parse_services(documents: Sequence[Node]) -> tuple[ServiceSpec, ...]:
    """All services of the documents; raises one SpecError with every fault of all of them."""
    reader = Reader()
    services: list[ServiceSpec] = []
    seen: dict[str, Node] = {}
    for document in documents:
        reader.refuse_secrets(document)
        spec = _service(reader, document, seen)
        if spec is not None:
            services.append(spec)
    if reader.faults:
        raise SpecError(tuple(sorted(reader.faults, key=lambda f: (f.file, f.line, f.column, f.message))))
    return tuple(services)


def from_mapping(document: Mapping[str, Any], file: str = "service.yaml") -> ServiceSpec:
    """One service from a plain document, such as `tenants/<service>/service.yaml`; raises SpecError."""
    return parse_services([from_plain(document, file)])[0]


def _service(reader: Reader, node: Node, seen: dict[str, Node]) -> ServiceSpec | None:
    top = reader.fields(node, "the document", _TOP)
    reader.missing(node, "the document", top, _TOP)
    reader.choice(top.get("apiVersion"), "apiVersion", (API_VERSION,))
    reader.choice(top.get("kind"), "kind", (KIND,))
    name, team = _metadata(reader, top.get("metadata"), seen)
    body = top.get("spec")
    if body is None:
        return None
    found = reader.fields(body, "spec", _SPEC)
    reader.missing(body, "spec", found, ("namespace", "image", "port"))
    namespace = reader.name(found.get("namespace"), NAMESPACE)
    image = _image(reader, found.get("image"))
    port = reader.integer(found.get("port"), "port", *PORT)
    replicas = reader.integer(found.get("replicas"), "replicas", *REPLICAS)
    database = _database(reader, found.get("database"))
    storage = _storage(reader, found.get("storage"))
    auth = _auth(reader, found)
    cache = _cache(reader, found.get("cache"))
    jwt = _jwt(reader, found.get("jwt"))
    secrets = _secrets(reader, found.get("secrets"))
    pull_secret = reader.name(found.get("pullSecret"), SECRET_OBJECT)
    environments = _environments(reader, found)
    if name is None or team is None or namespace is None or image is None or port is None:
        return None
    return ServiceSpec(
        name=name,
        team=team,
        namespace=namespace,
        image=image,
        port=port,
        replicas=1 if replicas is None else replicas,
        database=database,
        cache=cache,
        jwt=jwt,
        secrets=secrets,
        storage=storage,
        auth=auth,
        pull_secret=pull_secret or "",
        environments=environments,
    )


def _metadata(reader: Reader, node: Node | None, seen: dict[str, Node]) -> tuple[str | None, str | None]:
    if node is None:
        return None, None
    found = reader.fields(node, "metadata", _METADATA)
    reader.missing(node, "metadata", found, _METADATA)
    at = found.get("name")
    name = reader.name(at, SERVICE)
    if name is not None and at is not None:
        first = seen.setdefault(name, at)
        if first is not at:
            reader.note(at, f"service {name!r} is described already at {first.file}:{first.line}", "one each")
    return name, reader.name(found.get("team"), TEAM)


def _image(reader: Reader, node: Node | None) -> str | None:
    value = reader.text(node, "image")
    if node is not None and value is not None and not IMAGE.fullmatch(value):
        reader.note(node, "image is no reference to one version", "name:tag, name@sha256:… or both")
        return None
    return value


def _database(reader: Reader, node: Node | None) -> DatabaseSpec | None:
    if node is None:
        return None
    found = reader.fields(node, "database", ("pooled", "name", "login"))
    pooled = reader.boolean(found.get("pooled"), "database.pooled")
    name = reader.name(found.get("name"), DATABASE)
    login = reader.choice(found.get("login"), "database.login", DATABASE_LOGINS)
    return DatabaseSpec(True if pooled is None else pooled, name or "", login or OWNER)


def _cache(reader: Reader, node: Node | None) -> CacheSpec | None:
    if node is None:
        return None
    found = reader.fields(node, "cache", ("name", "size", "storageGB"))
    reader.missing(node, "cache", found, ("name",))
    name = reader.name(found.get("name"), CLAIM)
    size = reader.choice(found.get("size"), "cache.size", CACHE_SIZES)
    storage = reader.integer(found.get("storageGB"), "cache.storageGB", *STORAGE_GB)
    return CacheSpec(name, size or "small", storage or DEFAULT_STORAGE_GB) if name else None


def _jwt(reader: Reader, node: Node | None) -> JwtSpec | None:
    if node is None:
        return None
    found = reader.fields(node, "jwt", ("algorithm",))
    algorithm = reader.choice(found.get("algorithm"), "jwt.algorithm", JWT_ALGORITHMS)
    return JwtSpec(algorithm or "RS256")


def _storage(reader: Reader, node: Node | None) -> StorageSpec | None:
    if node is None:
        return None
    found = reader.fields(node, "storage", ("provider", "bucket"))
    reader.missing(node, "storage", found, ("provider", "bucket"))
    provider = reader.choice(found.get("provider"), "storage.provider", STORAGE_PROVIDERS)
    bucket = reader.name(found.get("bucket"), BUCKET)
    return StorageSpec(provider, bucket) if provider and bucket else None


def _auth(reader: Reader, found: dict[str, Node]) -> str | None:
    node = found.get("auth")
    auth = reader.choice(node, "auth", AUTH_PROVIDERS)
    if node is not None and auth is not None and "database" not in found:
        reader.note(
            node, "auth: neon keeps its users in the service's database", "auth together with database"
        )
    return auth


def _secrets(reader: Reader, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if isinstance(node, MappingNode) and node.entries:
        for entry, _ in node.entries:
            reader.note(
                entry, "secrets holds a value; values never stand in this file", "a list of key names"
            )
        return ()
    if not isinstance(node, SequenceNode):
        reader.note(node, f"secrets is {kind_of(node)}", "a list of key names")
        return ()
    keys: list[str] = []
    for item in node.items:
        if not isinstance(item, ScalarNode):
            reader.note(item, f"a secret is {kind_of(item)}; values never stand in this file", "a key name")
            continue
        name = reader.name(item, KEY)
        if name is not None and name in keys:
            reader.note(item, f"secret key {name!r} stands twice", "each key once")
        elif name is not None:
            keys.append(name)
    return tuple(keys)


def _environments(reader: Reader, found: dict[str, Node]) -> dict[str, Overrides]:
    """Without the field the service has every environment."""
    node = found.get("environments")
    if node is None:
        return {name: Overrides() for name in ENVIRONMENTS}
    if isinstance(node, MappingNode) and not node.entries:
        reader.note(node, "environments is empty", ", ".join(ENVIRONMENT_WORDS))
    environments: dict[str, Overrides] = {}
    for word, body in reader.fields(node, "environments", ENVIRONMENT_WORDS).items():
        name = environment_of(word) or word
        if name in environments:
            reader.note(body, "prod and production are one environment", "one of the two")
        environments[name] = _overrides(reader, word, body, found)
    return environments


def _overrides(reader: Reader, word: str, node: Node, found: dict[str, Node]) -> Overrides:
    if isinstance(node, ScalarNode) and node.value is None:
        return Overrides()
    said = reader.fields(node, f"environments.{word}", ("replicas", "image", "database", "storage"))
    for section in ("database", "storage"):
        if section in said and section not in found:
            reader.note(said[section], f"the service has no {section} to change", f"spec.{section}")
    where = f"environments.{word}"
    database = (
        reader.fields(said["database"], f"{where}.database", ("pooled", "name")) if "database" in said else {}
    )
    storage = reader.fields(said["storage"], f"{where}.storage", ("bucket",)) if "storage" in said else {}
    return Overrides(
        replicas=reader.integer(said.get("replicas"), "replicas", *REPLICAS),
        image=_image(reader, said.get("image")),
        pooled=reader.boolean(database.get("pooled"), f"{where}.database.pooled"),
        database=reader.name(database.get("name"), DATABASE),
        bucket=reader.name(storage.get("bucket"), BUCKET),
    )
