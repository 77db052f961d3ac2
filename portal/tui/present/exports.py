"""The fleet as it is shown, as text for a file."""

import csv
import io
import json
from collections.abc import Collection, Iterator

from portal.core.chain import HOP_GROUPS, Verdict
from portal.core.wording import plain
from portal.tui.present.arrange import FleetList
from portal.tui.present.filtering import group_state

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def exported(shown: FleetList, form: str, marked: Collection[str] = ()) -> str:
    """The tenants that are shown, in their order, or those of them that are marked; `form` is json or csv."""
    rows = [_row(found) for found in _verdicts(shown) if not marked or str(found.tenant) in marked]
    if form == "json":
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_titles())
    writer.writerows([_harmless(cell) for cell in row.values()] for row in rows)
    return text.getvalue()


def _verdicts(shown: FleetList) -> Iterator[Verdict]:
    for entry in shown.entries:
        if isinstance(entry, Verdict):
            yield entry
        elif entry.folded:
            yield from entry.members


def _titles() -> tuple[str, ...]:
    return ("tenant", "state", "broken_hop", *(title.lower() for title, _ in HOP_GROUPS), "cause", "fix")


def _row(verdict: Verdict) -> dict[str, str]:
    groups = (group_state(verdict, names) for _, names in HOP_GROUPS)
    told = (str(verdict.tenant), verdict.state, verdict.broken_hop or "", *groups)
    return dict(zip(_titles(), (*map(str, told), plain(verdict.cause), plain(verdict.fix)), strict=True))


def _harmless(cell: str) -> str:
    """A spreadsheet takes some first characters for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) and cell != "-" else cell
