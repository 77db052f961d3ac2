"""The JSON of each object, with every field the API's specification requires."""

from datetime import datetime, timedelta

from simulator.clock import rfc3339
from simulator.neon.account import Account
from simulator.neon.model import ENDED, Branch, Database, Endpoint, Operation, Project, Role
from simulator.neon.names import COMPUTE_DOMAIN, host
from simulator.neon.projects import Login

Json = dict[str, object]

_PLATFORM = "aws"
_PROVISIONER = "k8s-neonvm"
_MIB = 1024 * 1024
_BRANCH_LIMIT_MIB = 16 * _MIB
_CU_SECONDS = 0.25


def project(account: Account, value: Project, pg_version: int) -> Json:
    now = account.clock.now()
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=32)).replace(day=1)
    return {
        **_project(account, value, pg_version),
        **_usage(list(value.endpoints.values()), now),
        "consumption_period_start": rfc3339(start),
        "consumption_period_end": rfc3339(end),
        "data_storage_bytes_hour": 0,
        "history_retention_seconds": value.history_retention_seconds,
    }


def project_item(account: Account, value: Project, pg_version: int) -> Json:
    usage = _usage(list(value.endpoints.values()), account.clock.now())
    return {
        **_project(account, value, pg_version),
        "active_time": usage["active_time_seconds"],
        "cpu_used_sec": usage["cpu_used_sec"],
    }


def branch(value: Branch, owner: Project, now: datetime) -> Json:
    endpoints = [e for e in owner.endpoints.values() if e.branch_id == value.id]
    return {
        "id": value.id,
        "project_id": value.project_id,
        "name": value.name,
        "current_state": value.current_state,
        "state_changed_at": rfc3339(value.state_changed_at),
        "creation_source": value.creation_source,
        "default": value.default,
        "primary": value.default,
        "protected": value.protected,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
        **_usage(endpoints, now),
    }


def endpoint(value: Endpoint) -> Json:
    shape: Json = {
        "id": value.id,
        "host": host(value.id, value.region_id),
        "project_id": value.project_id,
        "branch_id": value.branch_id,
        "region_id": value.region_id,
        "type": value.type,
        "current_state": value.current_state,
        "autoscaling_limit_min_cu": value.autoscaling_limit_min_cu,
        "autoscaling_limit_max_cu": value.autoscaling_limit_max_cu,
        "suspend_timeout_seconds": value.suspend_timeout_seconds,
        "disabled": value.disabled,
        "passwordless_access": True,
        "pooler_enabled": False,
        "pooler_mode": "transaction",
        "proxy_host": _proxy_host(value.region_id),
        "provisioner": _PROVISIONER,
        "creation_source": value.creation_source,
        "settings": {},
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
    }
    optional = {"name": value.name, "pending_state": value.pending_state}
    moments = {name: getattr(value, name) for name in ("last_active", "started_at", "suspended_at")}
    shape.update({name: text for name, text in optional.items() if text is not None})
    shape.update({name: rfc3339(moment) for name, moment in moments.items() if moment is not None})
    return shape


def role(value: Role, password: str | None = None) -> Json:
    """The password is shown only in the answer that made it."""
    return {
        "branch_id": value.branch_id,
        "name": value.name,
        "protected": False,
        "authentication_method": "no_login" if value.verifier is None else "password",
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
        **({"password": password} if password else {}),
    }


def database(value: Database) -> Json:
    return {
        "id": value.id,
        "branch_id": value.branch_id,
        "name": value.name,
        "owner_name": value.owner_name,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
    }


def operation(value: Operation) -> Json:
    ended = value.status in ENDED
    shape: Json = {
        "id": value.id,
        "project_id": value.project_id,
        "action": value.action,
        "status": value.status,
        "failures_count": value.failures_count,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
        "total_duration_ms": _milliseconds(value.updated_at - value.created_at) if ended else 0,
    }
    optional = {"branch_id": value.branch_id, "endpoint_id": value.endpoint_id, "error": value.error}
    shape.update({name: text for name, text in optional.items() if text is not None})
    return shape


def connection(login: Login) -> Json:
    return {
        "connection_uri": login.uri,
        "connection_parameters": {
            "database": login.database,
            "password": login.password,
            "role": login.role,
            "host": login.host,
            "pooler_host": host(login.endpoint.id, login.endpoint.region_id, pooled=True),
        },
    }


def _project(account: Account, value: Project, pg_version: int) -> Json:
    """What the full form and the list item share."""
    active = [e.last_active for e in value.endpoints.values() if e.last_active is not None]
    return {
        "id": value.id,
        "platform_id": _PLATFORM,
        "region_id": value.region_id,
        "name": value.name,
        "provisioner": _PROVISIONER,
        "pg_version": pg_version,
        "proxy_host": _proxy_host(value.region_id),
        "branch_logical_size_limit": _BRANCH_LIMIT_MIB,
        "branch_logical_size_limit_bytes": _BRANCH_LIMIT_MIB * _MIB,
        "store_passwords": value.store_passwords,
        "creation_source": value.creation_source,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
        "owner_id": account.org_id,
        "org_id": account.org_id,
        "settings": value.settings,
        "default_endpoint_settings": {"suspend_timeout_seconds": value.default_suspend_timeout_seconds},
        **({"compute_last_active_at": rfc3339(max(active))} if active else {}),
    }


def _usage(endpoints: list[Endpoint], now: datetime) -> Json:
    active = sum(_active_seconds(value, now) for value in endpoints)
    compute = int(active * _CU_SECONDS)
    return {
        "active_time_seconds": int(active),
        "compute_time_seconds": compute,
        "cpu_used_sec": compute,
        "written_data_bytes": 0,
        "data_transfer_bytes": 0,
    }


def _active_seconds(value: Endpoint, now: datetime) -> float:
    running = value.current_state == "active" and value.started_at is not None
    return value.active_seconds + (
        (now - value.started_at) / timedelta(seconds=1) if running and value.started_at else 0.0
    )


def _proxy_host(region_id: str) -> str:
    return f"{region_id.removeprefix('aws-')}.{COMPUTE_DOMAIN}"


def _milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))
