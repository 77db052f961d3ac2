"""One planted cause at a time: `trace` names it as the earliest broken hop, its fix mends or shows it."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.core.chain import HopName, HopState, Verdict
from tests.e2e.broken.follower import Follower
from tests.e2e.broken.hands import Hands
from tests.e2e.broken.plants import MENDED, PLANTS, Plant
from tests.e2e.world import DATABASE, GIVEN, Live, service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
NAME, TENANT = "shop", "shop/dev"
# Buckets are asked about once a minute, give or take a tenth.
SEEN_SECONDS, HEALED_SECONDS = 90.0, 90.0
_ROUNDS = 4
ASKS = (
    DATABASE,
    "cache: {name: shop-cache, size: micro}",
    "jwt: {algorithm: RS256}",
    "secrets: [openai_api_key, anthropic_api_key]",
    "storage: {provider: s3, bucket: shop-files}",
    "auth: neon",
    "pullSecret: ghcr-pull-secret",
)


@dataclass(frozen=True)
class Shop:
    """The world, the portal that follows it, and whoever breaks it."""

    live: Live
    follower: Follower
    hands: Hands
    spec: Path

    def fix(self, command: str) -> str:
        """Run a fix as it is printed; everything it prints."""
        if command.startswith("portal "):
            words = [str(self.spec) if word == "service.yaml" else word for word in shlex.split(command)[1:]]
            more = {"apply": ["--yes", "--secrets-stdin"], "rotate": ["--yes"]}.get(words[0], [])
            result = self.live.portal(*words, *more, stdin=GIVEN, code=None)
        else:
            result = self.hands.shell(command)
        return result.stdout + result.stderr

    def mend(self) -> None:
        """Do what is told next, as often as something else is told, until all is well."""
        told: set[str] = set()
        for _ in range(_ROUNDS):
            seen = self.follower.until(lambda seen: _healthy(seen) or _lasting(seen, told), HEALED_SECONDS)
            if _healthy(seen):
                return
            told.add(seen.fix)
            self.fix(seen.fix)
        raise AssertionError(f"still not well after {told}")


@pytest.fixture(scope="module", name="shop")
def _shop(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    directory = tmp_path_factory.mktemp("shop")
    spec = service(directory, NAME, *ASKS)
    live.apply(spec)
    with Follower(live.run_dir, TENANT) as follower:
        follower.until(_healthy, HEALED_SECONDS)
        yield Shop(live, follower, Hands(live, NAME, directory / "clone"), spec)


def _healthy(verdict: Verdict) -> bool:
    return verdict.state is HopState.HEALTHY


def _lasting(verdict: Verdict, told: set[str]) -> bool:
    """What a mend leads to and another one ends: pods that hold an older secret, a compute that is gone."""
    return verdict.broken_hop in {HopName.FRESHNESS, HopName.PARAMETERS} and verdict.fix not in told


SAMPLED = [
    pytest.param(plant, id=plant.name, marks=() if plant.sample else pytest.mark.long) for plant in PLANTS
]


@pytest.mark.parametrize("plant", SAMPLED)
def test_the_planted_cause_is_the_earliest_broken_hop_and_its_fix_mends_or_shows_it(
    shop: Shop, plant: Plant
) -> None:
    undo = plant.plant(shop.hands)
    try:
        shop.follower.until(
            lambda seen: seen.broken_hop == plant.hop and plant.words in seen.cause, SEEN_SECONDS
        )
        traced = json.loads(shop.live.portal("trace", TENANT, "-o", "json", code=3).stdout)
        assert (traced["broken_hop"], plant.words in traced["cause"]) == (plant.hop, True), traced["cause"]
        printed = shop.fix(traced["fix"])
        assert plant.evidence in printed, (traced["fix"], printed)
        if plant.evidence == MENDED:
            shop.mend()
    finally:
        if undo is not None:
            undo(shop.hands)
    shop.mend()


def test_there_are_forty_causes_and_each_has_a_name_of_its_own() -> None:
    assert len(PLANTS) >= 40
    assert len({plant.name for plant in PLANTS}) == len(PLANTS)
