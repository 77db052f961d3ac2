"""The JSON of each object, with every field the API's specification requires."""

from datetime import datetime, timedelta

from simulator.clock import rfc3339
from simulator.neon import quotas
from simulator.neon.account import Account
from simulator.neon.logins import Login
from simulator.neon.model import Branch, Database, Endpoint, Operation, Project, Role, Snapshot
from simulator.neon.names import COMPUTE_DOMAIN, host

Json = dict[str, object]

_PLATFORM = "aws"
_PROVISIONER = "k8s-neonvm"
_MIB = 1024 * 1024
_BRANCH_LIMIT_MIB = 16 * _MIB


def project(account: Account, value: Project, pg_version: int) -> Json:
    now = account.clock.now()
    start, end = quotas.period(now)
    used = quotas.used(value, now)
    user, plan = account.user, account.plan
    return {
        **_project(account, value, pg_version),
        **_usage(value, now),
        "consumption_period_start": rfc3339(start),
        "consumption_period_end": rfc3339(end),
        "data_storage_bytes_hour": int(used.stored_byte_hours),
        "owner": {
            "email": user.email,
            "name": f"{user.name} {user.last_name}",
            "branches_limit": plan.branches,
            "subscription_type": plan.subscription,
        },
    }


def project_item(account: Account, value: Project, pg_version: int) -> Json:
    usage = _usage(value, account.clock.now())
    gone = value.deletion
    return {
        **_project(account, value, pg_version),
        "active_time": usage["active_time_seconds"],
        "cpu_used_sec": usage["cpu_used_sec"],
        "org_name": account.organization.name,
        **_moments(deleted_at=gone.at if gone else None, recoverable_until=gone.until if gone else None),
    }


def branch(value: Branch, owner: Project, account: Account) -> Json:
    shape: Json = {
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
        "created_by": {"name": account.user.name, "image": ""},
        **_usage(owner, account.clock.now(), value.id),
        **_moments(
            parent_timestamp=value.origin.timestamp,
            expires_at=value.expires_at,
            last_reset_at=value.last_reset_at,
        ),
        **_known(
            parent_id=value.parent_id,
            parent_lsn=value.origin.lsn,
            pending_state=value.pending_state,
            logical_size=value.logical_size,
            init_source=value.origin.source,
            ttl_interval_seconds=value.ttl_seconds,
            restore_status=value.restore_status,
            restored_from=value.restored_from,
            restored_as=value.restored_as,
        ),
    }
    if value.protected:
        reason = "the branch is protected"
        shape["restricted_actions"] = [
            {"name": name, "reason": reason} for name in ("restore", "delete-rw-endpoint")
        ]
    if value.deletion is not None:
        shape["recovery"] = {
            "deleted_at": rfc3339(value.deletion.at),
            "recoverable_until": rfc3339(value.deletion.until),
            "deletion_method": value.deletion.method,
        }
    return shape


def annotation(value: Branch) -> Json:
    """What callers noted about a branch when they made it."""
    moments = _moments(created_at=value.created_at, updated_at=value.created_at) if value.annotations else {}
    return {"object": {"type": "branch", "id": value.id}, "value": value.annotations, **moments}


def endpoint(value: Endpoint) -> Json:
    return {
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
        "passwordless_access": value.passwordless_access,
        "pooler_enabled": value.pooler_enabled,
        "pooler_mode": "transaction",
        "proxy_host": _proxy_host(value.region_id),
        "provisioner": _PROVISIONER,
        "creation_source": value.creation_source,
        "settings": value.settings,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
        **_known(name=value.name, pending_state=value.pending_state),
        **_moments(
            last_active=value.last_active, started_at=value.started_at, suspended_at=value.suspended_at
        ),
    }


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
    return {
        "id": value.id,
        "project_id": value.project_id,
        "action": value.action,
        "status": value.status,
        "failures_count": value.failures_count,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
        "total_duration_ms": _milliseconds(value.updated_at - value.created_at) if value.ended else 0,
        **_known(branch_id=value.branch_id, endpoint_id=value.endpoint_id, error=value.error),
        **_moments(retry_at=value.retry_at),
    }


def snapshot(value: Snapshot) -> Json:
    return {
        "id": value.id,
        "name": value.name,
        "source_branch_id": value.source_branch_id,
        "created_at": rfc3339(value.created_at),
        "manual": True,
        **_moments(timestamp=value.timestamp, expires_at=value.expires_at),
        **_known(full_size=value.size),
    }


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
        "history_retention_seconds": value.history_retention_seconds,
        "synthetic_storage_size": quotas.used(value, account.clock.now()).size,
        "creation_source": value.creation_source,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.updated_at),
        "owner_id": account.organization.id,
        "org_id": account.organization.id,
        "settings": value.settings,
        "default_endpoint_settings": value.default_endpoint_settings,
        **_moments(compute_last_active_at=max(active, default=None)),
    }


def _usage(owner: Project, now: datetime, branch_id: str | None = None) -> Json:
    used = quotas.used(owner, now, branch_id)
    return {
        "active_time_seconds": int(used.active_seconds),
        "compute_time_seconds": int(used.compute_seconds),
        "cpu_used_sec": int(used.compute_seconds),
        "written_data_bytes": used.written,
        "data_transfer_bytes": used.transferred,
    }


def _known(**values: object) -> Json:
    """Optional fields: those without a value are left out."""
    return {name: value for name, value in values.items() if value is not None}


def _moments(**values: datetime | None) -> Json:
    return {name: rfc3339(value) for name, value in values.items() if value is not None}


def _proxy_host(region_id: str) -> str:
    return f"{region_id.removeprefix('aws-')}.{COMPUTE_DOMAIN}"


def _milliseconds(duration: timedelta) -> int:
    return round(duration / timedelta(milliseconds=1))
