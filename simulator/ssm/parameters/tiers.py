"""Tiers: which one a version gets, how much it holds, what only the advanced one can.

Source: Systems Manager User Guide, "Managing parameter tiers".
"""

from simulator.ssm.parameters.refusals import Refusal, invalid

STANDARD, ADVANCED, INTELLIGENT = "Standard", "Advanced", "Intelligent-Tiering"
BYTES = {STANDARD: 4096, ADVANCED: 8192}
COUNTS = {STANDARD: 10_000, ADVANCED: 100_000}
"""How many parameters of a tier one place holds."""


def tier(wanted: str, standing: str, size: int, *, policies: bool, full: bool = False) -> str:
    """The tier of a new version; raises Refusal where it cannot be had.

    Both tiers may be empty: nothing was asked for, nothing stands. `size` is the value's, in bytes; `full`
    says that no standard parameter can be added.
    """
    if wanted == INTELLIGENT:
        grown = size > BYTES[STANDARD] or policies or (full and not standing)
        chosen = ADVANCED if grown or standing == ADVANCED else STANDARD
    else:
        chosen = wanted or standing or STANDARD
    if chosen == STANDARD and standing == ADVANCED:
        raise invalid(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the "
            "advanced "
            "parameter and recreate it as a standard parameter. Be aware that standard parameters have a "
            "value "
            "limit of 4096 characters."
        )
    if size > BYTES[chosen]:
        raise invalid(_TOO_LARGE[chosen])
    if policies and chosen == STANDARD:
        raise invalid(
            "Parameter policies are not supported for standard-tier parameters. To use parameter policies, "
            "upgrade the parameter to use the advanced-parameter tier."
        )
    return chosen


def room(chosen: str, count: int) -> None:
    """Raise Refusal when `count` parameters of a tier are all there may be."""
    if count >= COUNTS[chosen]:
        raise Refusal(
            "ParameterLimitExceeded",
            "You have exceeded the number of parameters for this Amazon Web Services account. Delete one or "
            "more parameters and try again.",
        )


_TOO_LARGE = {
    STANDARD: "Standard tier parameters support a maximum parameter value of 4096 characters. To create a "
    "larger "
    "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    ADVANCED: "Advanced tier parameters support a maximum parameter value of 8192 characters.",
}
