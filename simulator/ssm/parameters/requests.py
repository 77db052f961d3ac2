"""What each operation of Parameter Store takes; constraints are those of the service's published model."""

from collections.abc import Mapping

from simulator.ssm.parameters.shapes import Flag, Items, Number, Record, Shape, Text

_NAME = Text(1, 2048)
_NAMES = Items(_NAME, 1, 10)
_LABELS = Items(Text(1, 100), 1, 10)
_TAG_KEY = Text(1, 128)
_TAGS = Items(Record({"Key": _TAG_KEY, "Value": Text(0, 256)}, ("Key", "Value")), 0, 1000)
_RESOURCE_TYPE = Text(
    values=(
        "Association",
        "ManagedInstance",
        "MaintenanceWindow",
        "Parameter",
        "PatchBaseline",
        "OpsItem",
        "OpsMetadata",
        "Automation",
        "Document",
    )
)
_FILTERS = Items(
    Record(
        {
            "Key": Text(1, 132, "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType"),
            "Option": Text(1, 10),
            "Values": Items(Text(1, 1024), 1, 50),
        },
        ("Key",),
    )
)
_OLD_FILTERS = Items(
    Record(
        {"Key": Text(values=("Name", "Type", "KeyId")), "Values": Items(Text(1, 1024), 1, 50)},
        ("Key", "Values"),
    )
)
_PAGE: Mapping[str, Shape] = {"MaxResults": Number(1, 50), "NextToken": Text()}
_RESOURCE: Mapping[str, Shape] = {"ResourceType": _RESOURCE_TYPE, "ResourceId": Text()}

REQUESTS: Mapping[str, Record] = {
    "PutParameter": Record(
        {
            "Name": _NAME,
            "Description": Text(0, 1024),
            "Value": Text(1, secret=True),
            "Type": Text(values=("SecureString", "StringList", "String")),
            "KeyId": Text(1, 256, "([a-zA-Z0-9:/_-]+)"),
            "Overwrite": Flag(),
            "AllowedPattern": Text(0, 1024),
            "Tags": _TAGS,
            "Tier": Text(values=("Standard", "Advanced", "Intelligent-Tiering")),
            "Policies": Text(1, 4096),
            "DataType": Text(0, 128),
        },
        ("Name", "Value"),
    ),
    "GetParameter": Record({"Name": _NAME, "WithDecryption": Flag()}, ("Name",)),
    "GetParameters": Record({"Names": _NAMES, "WithDecryption": Flag()}, ("Names",)),
    "GetParametersByPath": Record(
        {
            "Path": _NAME,
            "Recursive": Flag(),
            "ParameterFilters": _FILTERS,
            "WithDecryption": Flag(),
            "MaxResults": Number(1, 10),
            "NextToken": Text(),
        },
        ("Path",),
    ),
    "DescribeParameters": Record(
        {"Filters": _OLD_FILTERS, "ParameterFilters": _FILTERS, "Shared": Flag(), **_PAGE}
    ),
    "GetParameterHistory": Record({"Name": _NAME, "WithDecryption": Flag(), **_PAGE}, ("Name",)),
    "DeleteParameter": Record({"Name": _NAME}, ("Name",)),
    "DeleteParameters": Record({"Names": _NAMES}, ("Names",)),
    "LabelParameterVersion": Record(
        {"Name": _NAME, "ParameterVersion": Number(), "Labels": _LABELS}, ("Name", "Labels")
    ),
    "UnlabelParameterVersion": Record(
        {"Name": _NAME, "ParameterVersion": Number(), "Labels": _LABELS},
        ("Name", "ParameterVersion", "Labels"),
    ),
    "AddTagsToResource": Record({**_RESOURCE, "Tags": _TAGS}, ("ResourceType", "ResourceId", "Tags")),
    "RemoveTagsFromResource": Record(
        {**_RESOURCE, "TagKeys": Items(_TAG_KEY)}, ("ResourceType", "ResourceId", "TagKeys")
    ),
    "ListTagsForResource": Record(_RESOURCE, ("ResourceType", "ResourceId")),
}
"""By action, as in `X-Amz-Target: AmazonSSM.<action>`."""
