"""A fix that is a command of the portal, as a command of the interface: reviewed before it is done."""

from portal.core.facets import TenantKey


def fix_line(tenant: TenantKey, fix: str) -> str:
    """`portal rotate T database` → `rotate T database`; empty for what only a shell can do."""
    match fix.split():
        case ["portal", "apply" | "plan", *rest] if tenant.environment in rest:
            return f"repair {tenant}"
        case ["portal", "rotate", subject, key] if subject == str(tenant):
            return f"rotate {tenant} {key}"
        case ["portal", "offboard", subject] if subject == str(tenant):
            return f"offboard {tenant}"
        case ["portal", "secrets", "compare", subject] if subject == str(tenant):
            return f"compare {tenant}"
        case _:
            return ""
