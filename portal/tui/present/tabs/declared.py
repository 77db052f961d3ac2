"""What git says of a tenant: its service.yaml, and the files beside it."""

from portal.core.facets import Present
from portal.core.observed import Seen
from portal.core.repository import TenantFolder
from portal.core.wording import plain
from portal.core.yaml_text import emit
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Lights, Section, Sheet, blind, told


def declared(seen: Seen, lights: Lights) -> Sheet:
    """The specification as YAML, and every path of the tenant's folder."""
    folder = seen.observation.folder
    title = Piece("service.yaml", Tone.STRONG)
    if not isinstance(folder, Present):
        return (Section(title, (blind(folder),)),)
    doubt = lights.doubt(folder.source)
    return (Section(title, (*doubt, *_lines(folder.value))), _files(folder.value))


def _lines(folder: TenantFolder) -> tuple[Piece, ...]:
    faults = tuple(Piece(f"✖ {plain(fault)}", Tone.BAD) for fault in folder.faults)
    if folder.spec is None:
        return (*faults, Piece("the portal did not write this tenant", Tone.FAINT))
    return (*faults, *(Piece(plain(line)) for line in emit(folder.spec).splitlines()))


def _files(folder: TenantFolder) -> Section:
    return Section(Piece("Files", Tone.STRONG), (), ("Path",), tuple((told(path),) for path in folder.paths))
