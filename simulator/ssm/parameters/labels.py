"""Labels: what may be one, how many a version carries, how they move.

Source: Systems Manager User Guide, "Working with parameter labels in Parameter Store".
"""

import re
from collections.abc import Sequence

from simulator.ssm.parameters.model import Parameter
from simulator.ssm.parameters.refusals import Refusal

MOST = 10
_FORM = re.compile(r"(?!aws|ssm|\d)[A-Za-z0-9_.-]+", re.IGNORECASE)


def attach(parameter: Parameter, number: int | None, labels: Sequence[str]) -> tuple[list[str], int]:
    """Give labels to a version, the latest for None, taking them from others.

    Returns those that are no labels, and the number of the version; raises Refusal and changes nothing.
    """
    version = parameter.version("" if number is None else str(number))
    wrong = [label for label in labels if not _FORM.fullmatch(label)]
    wanted = [label for label in dict.fromkeys(labels) if label not in wrong]
    after = version.labels + [label for label in wanted if label not in version.labels]
    if len(after) > MOST:
        raise Refusal(
            "ParameterVersionLabelLimitExceeded",
            "A parameter version can have maximum 10 labels.Move one or more labels to another version "
            "and try "
            "again.",
        )
    for other in parameter.versions:
        other.labels = [label for label in other.labels if label not in wanted]
    version.labels = after
    return wrong, version.number


def detach(parameter: Parameter, number: int, labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take labels from a version; returns those it had and those it had not. Raises Refusal."""
    version = parameter.version(str(number))
    held = [label for label in dict.fromkeys(labels) if label in version.labels]
    version.labels = [label for label in version.labels if label not in held]
    return held, [label for label in dict.fromkeys(labels) if label not in held]
