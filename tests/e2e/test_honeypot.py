"""The production of the tests is reached by whoever follows what names it, so its silence means something."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.account import ROOT, Account, portal
from tests.e2e.honeypot import Honeypot, honeypot
from tests.e2e.tier import Tier
from tests.e2e.waiting import until

SECONDS = 60


@pytest.mark.parametrize(
    ("command", "system"),
    [
        (portal("init"), "neon"),
        (portal("secrets", "list", "identity-service/dev"), "aws"),
        (portal("plan", "-f", "manifests/examples/identity-service.yaml"), "kubernetes"),
    ],
    ids=["neon", "aws", "kubernetes"],
)
def test_a_portal_outside_a_rehearsal_speaks_to_it(
    tmp_path: Path, tier: Tier, command: list[str], system: str
) -> None:
    """A honeypot of its own, named in the person's files and variables as the one of all tests is."""
    account, own = Account.make(tmp_path, tier), Honeypot()
    places = {honeypot().at(each): own.at(each) for each in ("neon", "aws", "kubernetes", "git", "proxy")}
    for path in account.home.path.rglob("*"):
        if path.is_file():
            path.write_text(_led(path.read_text(), places))
    environment = {name: _led(text, places) for name, text in account.environment.items()}
    for name in [name for name in environment if name.lower().endswith("_proxy") or name == "GIT_DIR"]:
        del environment[name]
    subprocess.run(
        command, cwd=ROOT, env=environment, input="canary\n", text=True, timeout=SECONDS, check=False
    )
    until(lambda: system in {who for who, _ in own.visits}, 5, lambda: f"{system} in {own.visits}")
    assert any(said for who, said in own.visits if who == system)
    honeypot().assert_unvisited()


def _led(text: str, places: dict[str, str]) -> str:
    for here, there in places.items():
        text = text.replace(here, there)
    return text
