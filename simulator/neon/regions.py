"""The regions a project can be in, and where they are."""

from dataclasses import dataclass

from simulator.neon.refusals import Invalid

DEFAULT_REGION = "aws-us-east-2"


@dataclass(frozen=True, slots=True)
class Region:
    """`latitude` and `longitude` are approximate, as text."""

    id: str
    name: str
    latitude: str
    longitude: str


REGIONS = tuple(
    Region(*row)
    for row in (
        ("aws-ap-south-1", "AWS Asia Pacific (Mumbai)", "19.07", "72.88"),
        ("aws-ap-southeast-1", "AWS Asia Pacific (Singapore)", "1.35", "103.82"),
        ("aws-ap-southeast-2", "AWS Asia Pacific (Sydney)", "-33.87", "151.21"),
        ("aws-eu-central-1", "AWS Europe (Frankfurt)", "50.11", "8.68"),
        ("aws-eu-west-2", "AWS Europe (London)", "51.51", "-0.13"),
        ("aws-sa-east-1", "AWS South America (São Paulo)", "-23.55", "-46.63"),
        ("aws-us-east-1", "AWS US East (N. Virginia)", "38.95", "-77.45"),
        ("aws-us-east-2", "AWS US East (Ohio)", "39.96", "-83.00"),
        ("aws-us-west-2", "AWS US West (Oregon)", "45.84", "-119.70"),
    )
)
_IDS = tuple(region.id for region in REGIONS)


def region(name: str) -> str:
    """A region id; `ap-south-1` is short for `aws-ap-south-1`."""
    full = name if name.startswith("aws-") else f"aws-{name}"
    if full not in _IDS:
        raise Invalid(f"region {name} is not one of {', '.join(_IDS)}")
    return full
