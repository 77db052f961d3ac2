"""The fields of every request body, as the API's document has them."""

from simulator.neon.fields import Each, Fields, OneOf, Read, Rule, Texts, Within
from simulator.neon.moments import moment
from simulator.neon.names import (
    LONGEST_EMAIL,
    LONGEST_ENDPOINT_NAME,
    LONGEST_KEY_NAME,
    LONGEST_NAME,
    LONGEST_USER_NAME,
    email,
    titled,
)

_COUNT = Within(0, 2**63 - 1)
_UNITS = Within(0.25, 56, whole=False)
_NAME = Read(titled(LONGEST_NAME))
_MOMENT = Read(moment)
_LIBRARIES = Fields({"use_defaults": bool, "enabled_libraries": Each(str)})
_PG_SETTINGS: dict[str, Rule] = {"pg_settings": Texts(), "pgbouncer_settings": Texts()}
_COMPUTE: dict[str, Rule] = {
    "autoscaling_limit_min_cu": _UNITS,
    "autoscaling_limit_max_cu": _UNITS,
    "suspend_timeout_seconds": Within(-1, 604800),
}
_TYPE = OneOf(("read_only", "read_write"))

DATABASE = Fields({"name": str, "owner_name": str}, frozenset({"name", "owner_name"}))
DATABASE_CHANGE = Fields({"name": str, "owner_name": str})
ROLE = Fields({"name": str, "no_login": bool}, frozenset({"name"}))

ENDPOINT_CHANGE = Fields(
    {
        **_COMPUTE,
        "branch_id": str,
        "name": Read(titled(LONGEST_ENDPOINT_NAME)),
        "disabled": bool,
        "settings": Fields({**_PG_SETTINGS, "preload_libraries": _LIBRARIES}),
        "provisioner": str,
        "pooler_enabled": bool,
        "pooler_mode": OneOf(("transaction",)),
        "passwordless_access": bool,
    }
)
ENDPOINT = Fields(
    {**ENDPOINT_CHANGE.types, "type": _TYPE, "region_id": str}, frozenset({"branch_id", "type"})
)
_BRANCH_ENDPOINT = Fields(
    {**_COMPUTE, "type": _TYPE, "settings": ENDPOINT_CHANGE.types["settings"], "provisioner": str},
    frozenset({"type"}),
)
_BRANCH = Fields(
    {
        "parent_id": str,
        "name": _NAME,
        "parent_lsn": str,
        "parent_timestamp": _MOMENT,
        "protected": bool,
        "archived": bool,
        "init_source": OneOf(("parent-data", "schema-only")),
        "expires_at": _MOMENT,
    }
)
BRANCH = Fields({"branch": _BRANCH, "endpoints": Each(_BRANCH_ENDPOINT), "annotation_value": Texts()})
BRANCH_CHANGE = Fields({"name": _NAME, "protected": bool, "expires_at": Read(moment, nullable=True)})
BRANCH_RESTORE = Fields(
    {
        "source_branch_id": str,
        "source_lsn": str,
        "source_timestamp": _MOMENT,
        "preserve_under_name": str,
    },
    frozenset({"source_branch_id"}),
)
FINALIZE = Fields({"name": _NAME})
SNAPSHOT_CHANGE = Fields({"name": _NAME})
SNAPSHOT_RESTORE = Fields({"name": _NAME, "target_branch_id": str, "finalize_restore": bool})

_SETTINGS = Fields(
    {
        "quota": Fields(
            dict.fromkeys(
                (
                    "active_time_seconds",
                    "compute_time_seconds",
                    "written_data_bytes",
                    "data_transfer_bytes",
                    "logical_size_bytes",
                ),
                _COUNT,
            )
        ),
        "allowed_ips": Fields({"ips": Each(str), "protected_branches_only": bool}),
        "enable_logical_replication": bool,
        "maintenance_window": Fields(
            {"weekdays": Each(Within(1, 7)), "start_time": str, "end_time": str},
            frozenset({"weekdays", "start_time", "end_time"}),
        ),
        "block_public_connections": bool,
        "block_vpc_connections": bool,
        "audit_log_level": OneOf(("base", "extended", "full")),
        "hipaa": bool,
        "preload_libraries": _LIBRARIES,
    }
)
PROJECT_CHANGE = Fields(
    {
        "name": _NAME,
        "settings": _SETTINGS,
        "default_endpoint_settings": Fields({**_COMPUTE, **_PG_SETTINGS}),
        "history_retention_seconds": Within(0, 2_592_000),
    }
)
PROJECT = Fields(
    {
        **PROJECT_CHANGE.types,
        "region_id": str,
        "pg_version": Within(14, 18),
        "org_id": str,
        "store_passwords": bool,
        "provisioner": str,
        "branch": Fields({"name": _NAME, "role_name": str, "database_name": str, "annotations": Texts()}),
        "autoscaling_limit_min_cu": _UNITS,
        "autoscaling_limit_max_cu": _UNITS,
    }
)

API_KEY = Fields({"key_name": Read(titled(LONGEST_KEY_NAME))}, frozenset({"key_name"}))
ORGANIZATION_API_KEY = Fields({**API_KEY.types, "project_id": str}, API_KEY.required)

AUTH = Fields(
    {"auth_provider": OneOf(("mock", "stack", "better_auth")), "database_name": str},
    frozenset({"auth_provider"}),
)
AUTH_REMOVAL = Fields({"delete_data": bool})
AUTH_USER = Fields(
    {"email": Read(email(LONGEST_EMAIL)), "name": Read(titled(LONGEST_USER_NAME))}, frozenset({"email"})
)
AUTH_ROLES = Fields({"roles": Each(str, least=1)}, frozenset({"roles"}))
