"""One line a source out of what is read by environment."""

from portal.core.facets import Freshness, Source
from portal.engine.fleet.freshness import SourceBook
from portal.errors import Unreachable


def _book(source: Source, *environments: str) -> SourceBook:
    book = SourceBook()
    for environment in environments:
        book.open(source, environment, late=15.0, stale=30.0)
    return book


def test_an_optional_source_is_shown_where_it_is_read_though_other_environments_do_not_ask() -> None:
    book = _book(Source.AUTH, "dev", "staging")
    assert Source.AUTH not in {line.name for line in book.lines({}, 0.0)}
    book.records[Source.AUTH, "dev"].answered(1.0)
    line = next(line for line in book.lines({}, 2.0) if line.name is Source.AUTH)
    assert (line.state, line.age_seconds) == (Freshness.LIVE, 1.0)


def test_an_environment_that_was_not_read_yet_has_no_reason_to_show() -> None:
    book = _book(Source.SSM, "dev", "prod")
    book.records[Source.SSM, "dev"].answered(1.0)
    line = next(line for line in book.lines({}, 2.0) if line.name is Source.SSM)
    assert (line.state, line.detail) == (Freshness.NEVER_LOADED, "")


def test_the_environment_that_is_lost_is_named() -> None:
    book = _book(Source.SSM, "dev", "prod")
    book.records[Source.SSM, "dev"].answered(1.0)
    book.records[Source.SSM, "prod"].failed(Unreachable("reset", system="ssm", operation="describe"), 9.0)
    line = next(line for line in book.lines({}, 2.0) if line.name is Source.SSM)
    assert (line.state, line.detail, line.retry_in) == (Freshness.UNKNOWN, "prod: reset", 7.0)
