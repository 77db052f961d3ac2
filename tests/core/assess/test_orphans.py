"""What no tenant claims, and what must not be called so."""

from portal.core.assess import Standing, orphans
from portal.core.chain import Orphan
from portal.core.observed import Needs
from tests.core.assess.tenant import NEEDS

PREFIX = "/zerotouch"
OWN = frozenset(NEEDS.parameters)


def found(held: Standing, needs: Needs | None = NEEDS, *others: str) -> list[Orphan]:
    tenants = {"identity-service": needs, **dict.fromkeys(others)}
    return list(orphans("dev", PREFIX, held, tenants))


def test_what_tenants_ask_for_and_what_the_platform_shares_is_no_orphan() -> None:
    shared = {f"{PREFIX}/dev/platform/ghcr/username"}
    roles = frozenset({"identity-service-dev", "identity-service-dev-b", "neondb_owner"})
    held = Standing(OWN | shared, roles, frozenset({"identity-service-dev", "neondb"}))
    assert found(held) == []


def test_a_parameter_of_a_service_that_is_gone_and_one_its_service_does_not_ask_for_are_told_apart() -> None:
    gone, extra = f"{PREFIX}/dev/gone/database_url", f"{PREFIX}/dev/identity-service/old_key"
    told = {orphan.name: orphan.why for orphan in found(Standing(OWN | {gone, extra}))}
    assert told == {gone: "there is no tenant gone", extra: "identity-service does not ask for old_key"}


def test_roles_and_databases_nobody_asks_for_are_orphans_of_their_environment() -> None:
    held = Standing(OWN, frozenset({"gone-dev"}), frozenset({"gone-dev"}))
    assert [(orphan.kind, orphan.name, orphan.environment) for orphan in found(held)] == [
        ("role", "gone-dev", "dev"),
        ("database", "gone-dev", "dev"),
    ]


def test_a_tenant_nobody_can_read_claims_everything_of_its_name() -> None:
    names = frozenset({"vague-dev"})
    held = Standing(OWN | {f"{PREFIX}/dev/vague/key"}, names, names)
    assert found(held, NEEDS, "vague") == []
