"""The two screens in the states people meet, at a small and a large terminal, by the text they show."""

import pytest

from portal.core.facets import Freshness
from portal.tui.present.fleet import group_titles
from portal.tui.screens.tenant import TenantScreen
from tests.tui.screen import flat, portal, shows, text, until
from tests.tui.views import FIX, LONG, MISSING, Played, all_lost, broken, healthy, view

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((160, 45), id="160x45")]
ALL_SIZES = [(60, 20), (80, 24), (110, 34), (160, 45), (300, 80)]
EVERY_SIZE = [pytest.param(size, id=f"{size[0]}x{size[1]}") for size in ALL_SIZES]


@pytest.mark.parametrize("size", SIZES)
async def test_a_normal_fleet(size: tuple[int, int]) -> None:
    app = portal(Played(view(healthy(), broken())))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "2 tenants: 1 broken, 1 healthy", MISSING, f"$ {FIX}", *group_titles(), "Quit")
        lines = text(app).splitlines()
        header = next(line for line in lines if "Tenant" in line)
        assert [title for title in group_titles() if title in header] == list(group_titles())
        names = [line.split()[1] for line in lines if line.strip().startswith(("✖ ", "✔ "))]
        assert names == ["payments/dev", "identity-service/dev"]
        for name in ("git", "neon", "ssm", "kubernetes", "storage", "auth"):
            assert f"● {name} live <1m" in flat(app)
        assert "REHEARSAL" in lines[0]
        assert "Quit" in lines[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_fleet(size: tuple[int, int]) -> None:
    app = portal(Played(view()))
    async with app.run_test(size=size) as pilot:
        await shows(
            pilot, "No tenants in the repository. Onboard one:", "portal apply -f service.yaml -e dev"
        )


@pytest.mark.parametrize("size", SIZES)
async def test_a_fleet_that_is_still_loading(size: tuple[int, int]) -> None:
    app = portal(Played())
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "Reading the tenants repository", "tenants not read yet", "· git never-loaded")
        assert "No tenants" not in text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_fleet_with_one_source_lost(size: tuple[int, int]) -> None:
    app = portal(Played(view(healthy(), neon=Freshness.STALE)))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "○ neon stale 2s retry 12s", "neon: connection refused", "● git live <1m")
        await shows(pilot, "✔ identity-service/dev")
        row = next(line for line in text(app).splitlines() if "✔ identity-service/dev" in line)
        assert row.count("✔ 2s") == 1
        await shows(pilot, "Every hop held when it was last seen.")


@pytest.mark.parametrize("size", SIZES)
async def test_a_fleet_with_every_source_lost(size: tuple[int, int]) -> None:
    app = portal(Played(all_lost(healthy())))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "git, neon, ssm, kubernetes, storage, auth: connection refused")
        await shows(pilot, "✔ identity-service/dev")
        assert flat(app).count("retry 12s") == 6
        row = next(line for line in text(app).splitlines() if "✔ identity-service/dev" in line)
        assert row.count("✔ 2s") == len(group_titles())


@pytest.mark.parametrize("size", SIZES)
async def test_a_tenant_with_one_source_lost(size: tuple[int, int]) -> None:
    app = portal(Played(view(broken(), neon=Freshness.STALE)))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "payments/dev")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await shows(pilot, "✖ broken at parameters", MISSING, "◀ earliest broken hop", "✔ 2s 2 branch")


@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_a_long_cause_is_told_in_full_and_beside_the_rail(size: tuple[int, int]) -> None:
    app = portal(Played(view(broken(cause=LONG))))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "payments/dev")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await shows(pilot, "✖ broken at parameters", LONG, f"$ {FIX}", "1 spec")
        rails = [line for line in text(app).splitlines() if line.startswith((" │", " ┆"))]
        assert rails
        assert len(rails[-1]) <= size[0]


async def test_the_chain_wraps_again_when_the_terminal_changes() -> None:
    app = portal(Played(view(broken(cause=LONG))))
    async with app.run_test(size=(160, 45)) as pilot:
        await shows(pilot, "payments/dev")
        await pilot.press("enter")
        await shows(pilot, "◀ earliest broken hop")
        wide = text(app)
        await pilot.resize_terminal(60, 45)
        await until(pilot, lambda: text(app) != wide and "1 spec" in text(app))
        assert all(line.startswith(" ") for line in text(app).splitlines() if line)
        assert LONG in flat(app)
        await pilot.resize_terminal(160, 45)
        await until(pilot, lambda: text(app) == wide)


@pytest.mark.parametrize("size", EVERY_SIZE)
async def test_every_hop_group_is_on_the_screen(size: tuple[int, int]) -> None:
    app = portal(Played(view(broken(), healthy("deepagents-runtime"))))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "deepagents-runtime/dev")
        header = next(line for line in text(app).splitlines() if "Tenant" in line)
        assert [title for title in group_titles() if title[:3] in header] == list(group_titles())
