"""Trees go whole, and nothing outside of them does."""

from pathlib import Path

import pytest

from simulator.backends import trees


def test_a_tree_goes_and_what_its_links_lead_to_stays(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    for number in range(20):
        (tree / f"d{number}" / "deeper").mkdir(parents=True)
        (tree / f"d{number}" / "deeper" / "file").touch()
    (tree / "directory").symlink_to(outside)
    (tree / "file").symlink_to(outside / "kept")
    trees.remove(tree)
    trees.remove(tree)
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (outside / "kept").exists()


def test_a_link_to_a_tree_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "tree")
    trees.remove(tmp_path / "link")
    assert (tmp_path / "tree" / "file").exists()


def test_the_first_failure_is_told() -> None:
    def work(number: int) -> None:
        if number in {3, 5}:
            raise ValueError(number)

    with pytest.raises(ValueError, match="3"):
        trees.each(work, range(9))


def test_work_is_done_for_every_item() -> None:
    done: set[int] = set()
    trees.each(done.add, range(99))
    assert done == set(range(99))
