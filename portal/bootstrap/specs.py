"""Service files as specs."""

from collections.abc import Sequence
from pathlib import Path

from portal.adapters.repo.yaml_nodes import parse
from portal.core.documents import Node
from portal.core.spec import ServiceSpec, parse_services
from portal.errors import Fault, SpecError


def read_services(paths: Sequence[Path]) -> tuple[ServiceSpec, ...]:
    """The services of all files; raises one SpecError with every fault of every file."""
    documents: list[Node] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            documents.append(parse(path.read_text(), str(path)))
        except SpecError as error:
            faults += error.faults
        except OSError as exc:
            faults.append(Fault(str(path), 1, 1, f"cannot be read: {exc.strerror}", "a YAML file in UTF-8"))
        except UnicodeDecodeError:
            faults.append(Fault(str(path), 1, 1, "is not text in UTF-8", "a YAML file in UTF-8"))
    try:
        specs = parse_services(documents)
    except SpecError as error:
        raise SpecError((*faults, *error.faults)) from None
    if faults:
        raise SpecError(tuple(faults))
    return specs
