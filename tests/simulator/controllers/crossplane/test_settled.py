"""A pass is left out only where nothing of what it would look at has changed."""

from simulator.controllers.crossplane.settled import Settled
from simulator.controllers.kinds import Object

KEY = ("n", "cache")


def _object(uid: str, version: int) -> Object:
    return {"metadata": {"uid": uid, "resourceVersion": str(version)}}


def test_it_holds_until_one_of_the_objects_is_another_or_gone() -> None:
    settled = Settled()
    made_of = [_object("a", 1), _object("b", 2)]
    assert not settled.holds(KEY, made_of)
    settled.keep(KEY, made_of)
    assert settled.holds(KEY, [_object("a", 1), _object("b", 2)])
    assert not settled.holds(KEY, [_object("a", 1), _object("b", 3)])
    assert not settled.holds(KEY, [_object("a", 1), _object("c", 2)])
    assert not settled.holds(KEY, [_object("a", 1), None])
    settled.forget(KEY)
    assert not settled.holds(KEY, made_of)


def test_what_was_not_seen_when_it_was_kept_is_looked_at_again() -> None:
    settled = Settled()
    settled.keep(KEY, [_object("a", 1), None])
    assert not settled.holds(KEY, [_object("a", 1), None])
    assert not settled.holds(KEY, [_object("a", 1), _object("b", 2)])
