"""Whose key it is, the organization, its members, the regions."""

from starlette.responses import JSONResponse, Response

from simulator.clock import rfc3339
from simulator.neon.identity import Organization
from simulator.neon.regions import DEFAULT_REGION, REGIONS
from simulator.neon.shapes import Json
from simulator.neon.wire import Call, Handler

_NO_LIMIT = 0


async def auth(call: Call) -> Response:
    account = call.plane.account
    if call.key.personal:
        return JSONResponse({"account_id": account.user.id, "auth_method": "api_key_user"})
    return JSONResponse({"account_id": account.organization.id, "auth_method": "api_key_org"})


async def me(call: Call) -> Response:
    call.key.require_user()
    user, plan = call.plane.account.user, call.plane.account.plan
    return JSONResponse(
        {
            "id": user.id,
            "email": user.email,
            "login": user.email,
            "name": user.name,
            "last_name": user.last_name,
            "image": "",
            "plan": plan.subscription,
            "active_seconds_limit": _NO_LIMIT,
            "projects_limit": plan.projects,
            "branches_limit": plan.branches,
            "max_autoscaling_limit": plan.most_compute_units,
            "auth_accounts": [
                {
                    "email": user.email,
                    "login": user.email,
                    "name": user.name,
                    "image": "",
                    "provider": "keycloak",
                }
            ],
        }
    )


async def organizations(call: Call) -> Response:
    return JSONResponse({"organizations": [_organization(call.plane.account.organization)]})


async def organization(call: Call) -> Response:
    call.key.require_unscoped()
    return JSONResponse(_organization(call.plane.account.require_organization(call.path("organization"))))


async def members(call: Call) -> Response:
    call.key.require_unscoped()
    account = call.plane.account
    found, user = account.require_organization(call.path("organization")), account.user
    member = {
        "id": user.id,
        "user_id": user.id,
        "org_id": found.id,
        "role": "admin",
        "joined_at": rfc3339(found.created_at),
    }
    return JSONResponse(
        {
            "members": [{"member": member, "user": {"email": user.email}}],
            "pagination": {"sort_by": "joined_at", "sort_order": "desc"},
        }
    )


async def regions(call: Call) -> Response:
    call.key.require_user()
    return JSONResponse(
        {
            "regions": [
                {
                    "region_id": region.id,
                    "name": region.name,
                    "default": region.id == DEFAULT_REGION,
                    "geo_lat": region.latitude,
                    "geo_long": region.longitude,
                }
                for region in REGIONS
            ]
        }
    )


def _organization(value: Organization) -> Json:
    return {
        "id": value.id,
        "name": value.name,
        "handle": value.handle,
        "plan": value.plan.name,
        "created_at": rfc3339(value.created_at),
        "updated_at": rfc3339(value.created_at),
        "managed_by": "console",
    }


TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/auth", auth),
    ("GET", "/users/me", me),
    ("GET", "/users/me/organizations", organizations),
    ("GET", "/organizations/{organization}", organization),
    ("GET", "/organizations/{organization}/members", members),
    ("GET", "/regions", regions),
)
