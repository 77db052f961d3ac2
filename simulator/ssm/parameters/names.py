"""Names of parameters: what may be one, how one is asked for, and which forms mean the same.

Source: Systems Manager User Guide, "Understanding requirements and constraints for parameter names".
"""

import re
from dataclasses import dataclass

from simulator.ssm.parameters.refusals import Refusal, invalid, not_found

LEVELS = 15
LONGEST = 1011
"""Characters of the whole ARN, name included."""

_CHARACTERS = re.compile(r"[A-Za-z0-9_.\-/]+")
_PREFIX = 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
_FORM = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
    "consist of "
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
    "following 3 symbols .-_"
)
_PATH = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a "
    "forward "
    'slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, '
    "numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not "
    'allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: '
    "/get/parameters2-/by1./path0_."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is: its names are unique within one."""

    region: str
    account: str

    @property
    def prefix(self) -> str:
        return f"arn:aws:ssm:{self.region}:{self.account}:parameter/"

    def arn(self, name: str) -> str:
        return self.prefix + name.removeprefix("/")

    @property
    def everything(self) -> str:
        """The resource of calls that name no parameter."""
        return f"arn:aws:ssm:{self.region}:{self.account}:*"


@dataclass(frozen=True, slots=True)
class Asked:
    """A name as it was asked for; `selector` is a version or a label, without its colon."""

    name: str
    selector: str = ""

    @property
    def key(self) -> str:
        return key(self.name)


def key(name: str) -> str:
    """`TestParam` and `/TestParam` are one parameter; a name of more levels is its own."""
    bare = name.removeprefix("/")
    return name if "/" in bare else bare


def asked(text: str, place: Place) -> Asked:
    """A name, or an ARN of this place, with or without a selector; raises Refusal for what is neither."""
    given = text.strip(" ")
    if given.startswith("arn:"):
        if not given.startswith(place.prefix):
            raise not_found()
        rest = given.removeprefix(place.prefix)
        given = f"/{rest}" if "/" in rest else rest
    name, _, selector = given.partition(":")
    _well_formed(name)
    if ":" in selector:
        raise invalid(_FORM)
    return Asked(name, selector)


def plain(text: str, place: Place) -> Asked:
    """A name without a selector."""
    found = asked(text, place)
    if found.selector:
        raise invalid(_FORM)
    return found


def new(text: str, place: Place) -> Asked:
    """A name a parameter may be given."""
    name = text.strip(" ")
    if name.startswith("arn:"):
        raise invalid(_FORM)
    first, _, below = name.lower().removeprefix("/").partition("/")
    if first.startswith(("aws", "ssm")):
        if first.startswith("aws") and name.startswith("/") and below:
            raise Refusal("AccessDeniedException", f"No access to reserved parameter name: {name}.")
        raise invalid(_FORM if below else _PREFIX)
    _well_formed(name)
    if name.removeprefix("/").count("/") >= LEVELS:
        raise Refusal(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {LEVELS} levels. For more information, see Requirements and "
            "constraints for parameter names in the Amazon Web Services Systems Manager User Guide.",
        )
    if len(place.arn(name)) > LONGEST:
        raise invalid(
            f"Parameter name: the fully qualified name, with the {len(place.prefix)} characters of its ARN, "
            f"can be at most {LONGEST} characters long."
        )
    return Asked(name)


def path(text: str) -> str:
    """A path to search below, without its closing slash; the root is the empty text."""
    if not text.startswith("/") or "//" in text or not _CHARACTERS.fullmatch(text):
        raise invalid(_PATH)
    return text.rstrip("/")


def searched(text: str) -> str:
    """A path of a filter of DescribeParameters, which may not lead to the public parameters."""
    if text.lower().startswith(("/aws", "/ssm")):
        raise invalid(
            'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). '
            "When using global parameters, please specify within a global namespace."
        )
    return path(text)


def _well_formed(name: str) -> None:
    in_levels = "/" in name.removeprefix("/")
    if (
        not _CHARACTERS.fullmatch(name)
        or "//" in name
        or name.endswith("/")
        or (in_levels and not name.startswith("/"))
    ):
        raise invalid(_FORM)
