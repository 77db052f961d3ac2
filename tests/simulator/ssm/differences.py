"""What Parameter Store is asked in the comparison with moto, and where moto is known to be wrong.

`$` in an argument stands for a path no other case uses. The last step of a case is what is compared.
"""

from dataclasses import dataclass
from typing import Any

Step = tuple[str, dict[str, Any]]

NAMES = "Systems Manager User Guide, Understanding requirements and constraints for parameter names"
TIERS = "Systems Manager User Guide, Managing parameter tiers"
LABELS = "Systems Manager User Guide, Working with parameter labels"
PATTERN = "Systems Manager User Guide, Create a Parameter Store parameter: --allowed-pattern"
FILTERS = "Systems Manager API Reference, ParameterStringFilter"
PUT = "Systems Manager API Reference, PutParameter"
GET = "Systems Manager API Reference, GetParameter"
TERRAFORM = "hashicorp/terraform-provider-aws, resource_aws_ssm_parameter.go and issue 18521"
RECORDED = "localstack/localstack, tests/aws/services/ssm/test_ssm.py, validated against AWS"
KMS = (
    "Systems Manager User Guide, AWS KMS encryption for SecureString parameters; binxio/aws-ssm-copy issue 10"
)
SILENT = "the service answers ParameterNotFound without a message: aws/aws-cli, recorded outputs"
CORAL = "messages of the AWS service framework quote every value: aws/aws-sdk-js-v3 issues"
TAGS = "AWS General Reference, Tagging AWS resources"


@dataclass(frozen=True, slots=True)
class Case:
    """Steps to take; `aws` is the outcome where moto has another, `source` says whence it is known."""

    id: str
    steps: tuple[Step, ...]
    aws: Any = None
    source: str = ""


def put(**more: Any) -> Step:
    return "put_parameter", {"Name": "$/a", "Value": "v", "Type": "String"} | more


def get(name: str = "$/a", **more: Any) -> Step:
    return "get_parameter", {"Name": name, **more}


def over(value: str = "w", **more: Any) -> Step:
    return "put_parameter", {"Name": "$/a", "Value": value, "Overwrite": True, **more}


def label(*labels: str, **more: Any) -> Step:
    return "label_parameter_version", {"Name": "$/a", "Labels": list(labels), **more}


def tag(key: str = "team", value: str = "x", name: str = "$/a") -> Step:
    arguments = {"ResourceType": "Parameter", "ResourceId": name, "Tags": [{"Key": key, "Value": value}]}
    return "add_tags_to_resource", arguments


def by_path(**more: Any) -> Step:
    return "get_parameters_by_path", {"Path": "$", **more}


def described(*filters: dict[str, Any]) -> Step:
    below = {"Key": "Path", "Option": "Recursive", "Values": ["$"]}
    return "describe_parameters", {"ParameterFilters": [below, *filters]}


TAGS_OF = ("list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": "$/a"})
DELETE = ("delete_parameter", {"Name": "$/a"})
TREE = tuple(
    put(Name=name, Type=kind)
    for name, kind in (("$/a", "String"), ("$/b/c", "SecureString"), ("$/b/d/e", "StringList"))
)

AGREED = (
    Case("put", (put(),)),
    Case("put advanced", (put(Tier="Advanced"),)),
    Case("get", (put(), get())),
    Case("get an overwritten one", (put(), over(), get())),
    Case("put again", (put(), put())),
    Case("overwrite", (put(), over())),
    Case("overwrite what is not there", (over(Type="String"),)),
    Case("overwrite with tags", (put(), over(Tags=[{"Key": "a", "Value": "b"}]))),
    Case("put with tags", (put(Tags=[{"Key": "a", "Value": "b"}]), TAGS_OF)),
    Case("overwriting keeps tags", (put(Tags=[{"Key": "a", "Value": "b"}]), over(), TAGS_OF)),
    Case("no type", (put(Type=None),)),
    Case("a type there is not", (put(Type="Number"),)),
    Case("a data type there is not", (put(DataType="number"),)),
    Case("an empty value", (put(Value=""),)),
    Case("a reserved name", (put(Name="awsThing"),)),
    Case("a reserved path", (put(Name="/ssm/a"),)),
    Case("a public path", (put(Name="/aws/a"),)),
    Case("decrypted", (put(Type="SecureString"), get(WithDecryption=True))),
    Case("a version", (put(), over(), get("$/a:1"))),
    Case("a version there is not", (put(), get("$/a:7"))),
    Case("a label", (put(), over(), label("x", ParameterVersion=1), get("$/a:x"))),
    Case("names that are not there", (put(), ("get_parameters", {"Names": ["$/a", "$/z"]}))),
    Case("a version among names", (put(), ("get_parameters", {"Names": ["$/a:1", "$/a:9"]}))),
    Case("eleven names", (("get_parameters", {"Names": [f"$/{n}" for n in range(11)]}),)),
    Case("delete", (put(), DELETE, ("get_parameters", {"Names": ["$/a"]}))),
    Case("a new life begins at one", (put(), over(), DELETE, put())),
    Case("a new life has no tags", (put(), tag(), DELETE, put(), TAGS_OF)),
    Case("delete many", (put(), ("delete_parameters", {"Names": ["$/a", "$/z"]}))),
    Case("history", (put(), over(), label("x"), ("get_parameter_history", {"Name": "$/a"}))),
    Case("labels", (put(), label("x", "y"))),
    Case("labels that are none", (put(), label("9x", "aws-x", "ssmx", "a/b", "ok"))),
    Case(
        "a label moves",
        (put(), over(), label("x", ParameterVersion=1), label("x"), get("$/a:x")),
    ),
    Case("a label on no version", (put(), label("x", ParameterVersion=9))),
    Case(
        "a label is taken away",
        (
            put(),
            label("x"),
            ("unlabel_parameter_version", {"Name": "$/a", "ParameterVersion": 1, "Labels": ["x", "y"]}),
        ),
    ),
    Case("tags", (put(), tag(), TAGS_OF)),
    Case("a tag is replaced", (put(), tag(), tag(value="y"), TAGS_OF)),
    Case(
        "a tag is removed",
        (
            put(),
            tag(),
            (
                "remove_tags_from_resource",
                {"ResourceType": "Parameter", "ResourceId": "$/a", "TagKeys": ["team", "no"]},
            ),
            TAGS_OF,
        ),
    ),
    Case("below a path", (*TREE, by_path())),
    Case("below a path at any depth", (*TREE, by_path(Recursive=True, WithDecryption=True))),
    Case(
        "below a path of a type",
        (*TREE, by_path(Recursive=True, ParameterFilters=[{"Key": "Type", "Values": ["String"]}])),
    ),
    Case("described", (*TREE, described())),
    Case("described by type", (*TREE, described({"Key": "Type", "Values": ["StringList", "String"]}))),
    Case(
        "described by a part of the name",
        (*TREE, described({"Key": "Name", "Option": "Contains", "Values": ["/b/"]})),
    ),
    Case(
        "described by the beginning of the name",
        (*TREE, described({"Key": "Name", "Option": "BeginsWith", "Values": ["$/b/"]})),
    ),
    Case("described by a tag", (*TREE, tag(), described({"Key": "tag:team", "Values": ["x"]}))),
    Case("described by another tag", (*TREE, tag(), described({"Key": "tag:team", "Values": ["z"]}))),
    Case(
        "one level",
        (*TREE, ("describe_parameters", {"ParameterFilters": [{"Key": "Path", "Values": ["$/b"]}]})),
    ),
    Case(
        "filters of both kinds",
        (
            (
                "describe_parameters",
                {
                    "Filters": [{"Key": "Name", "Values": ["$"]}],
                    "ParameterFilters": [{"Key": "Name", "Values": ["$"]}],
                },
            ),
        ),
    ),
    Case(
        "a path filter without a slash",
        (("describe_parameters", {"ParameterFilters": [{"Key": "Path", "Values": ["a"]}]}),),
    ),
    Case(
        "a path filter to public parameters",
        (("describe_parameters", {"ParameterFilters": [{"Key": "Path", "Values": ["/aws"]}]}),),
    ),
    Case(
        "a path filter by another option",
        (
            (
                "describe_parameters",
                {"ParameterFilters": [{"Key": "Path", "Option": "Equals", "Values": ["/a"]}]},
            ),
        ),
    ),
)

_FORM = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
    "consist of "
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the "
    "following 3 symbols .-_"
)
_STANDARD = (
    "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger "
    "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
)
_DOWNGRADE = (
    "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
    "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
    "parameter and recreate it as a standard parameter. Be aware that standard parameters have a value "
    "limit of "
    "4096 characters."
)

DIFFERENT = (
    Case(
        "no type over what is not there",
        (over(),),
        ("ValidationException", "A parameter type is required when you create a parameter."),
        PUT,
    ),
    Case("a space in a name", (put(Name="$/a b"),), ("ValidationException", _FORM), NAMES),
    Case("a path without its slash", (put(Name="a/b"),), ("ValidationException", _FORM), NAMES),
    Case("an empty level", (put(), get("$//a")), ("ValidationException", _FORM), RECORDED),
    Case("an umlaut", (put(Name="$/ä"),), ("ValidationException", _FORM), NAMES),
    Case(
        "sixteen levels",
        (put(Name="$" + "/x" * 15),),
        (
            "HierarchyLevelLimitExceededException",
            (
                "A hierarchy can have a maximum of 15 levels. For more information, see Requirements and "
                "constraints "
                "for parameter names in the Amazon Web Services Systems Manager User Guide."
            ),
        ),
        NAMES,
    ),
    Case(
        "4097 bytes in the standard tier",
        (put(Value="x" * 4097),),
        ("ValidationException", _STANDARD),
        TERRAFORM,
    ),
    Case(
        "4097 bytes over a standard parameter",
        (put(), over("x" * 4097)),
        ("ValidationException", _STANDARD),
        TERRAFORM,
    ),
    Case(
        "8193 bytes in the advanced tier",
        (put(Value="x" * 8193, Tier="Advanced"),),
        (
            "ValidationException",
            "Advanced tier parameters support a maximum parameter value of 8192 characters.",
        ),
        TIERS,
    ),
    Case(
        "no way back",
        (put(Tier="Advanced"), over(Tier="Standard")),
        ("ValidationException", _DOWNGRADE),
        TERRAFORM,
    ),
    Case(
        "intelligent tiering of a small value",
        (put(Tier="Intelligent-Tiering"),),
        {"Version": 1, "Tier": "Standard"},
        TIERS,
    ),
    Case(
        "intelligent tiering of a large value",
        (put(Tier="Intelligent-Tiering", Value="x" * 4097),),
        {"Version": 1, "Tier": "Advanced"},
        TIERS,
    ),
    Case(
        "another type",
        (put(), over(Type="SecureString")),
        (
            "HierarchyTypeMismatchException",
            (
                "Parameter Store doesn't support changing a parameter type in a hierarchy. For example, you "
                "can't "
                "change a parameter from a String type to a SecureString type. You must create a new, unique "
                "parameter."
            ),
        ),
        PUT,
    ),
    Case(
        "a value outside the pattern",
        (put(Value="100", AllowedPattern=r"\d{1,4}"), over("10,000")),
        (
            "ParameterPatternMismatchException",
            r"Parameter value, cannot be validated against allowedPattern: \d{1,4}",
        ),
        PATTERN,
    ),
    Case(
        "a pattern that is none",
        (put(AllowedPattern="("),),
        ("InvalidAllowedPatternException", "The request doesn't meet the regular expression requirement."),
        PUT,
    ),
    Case(
        "a key there is not",
        (put(Type="SecureString", KeyId="alias/none"),),
        ("InvalidKeyId", "Alias arn:aws:kms:ap-south-1:123456789012:alias/none is not found."),
        KMS,
    ),
    Case("what is not there", (get(),), ("ParameterNotFound", ""), SILENT),
    Case("a label there is not", (put(), get("$/a:none")), ("ParameterVersionNotFound", ""), GET),
    Case("deleting what is not there", (DELETE,), ("ParameterNotFound", ""), SILENT),
    Case(
        "the selector is told",
        (put(), get("$/a:1")),
        {
            "Parameter": {
                "Name": "$/a",
                "Type": "String",
                "Value": "v",
                "Version": 1,
                "Selector": ":1",
                "DataType": "text",
            }
        },
        GET,
    ),
    Case(
        "eleven a page",
        (by_path(MaxResults=11),),
        (
            "ValidationException",
            (
                "1 validation error detected: Value '11' at 'maxResults' failed to satisfy constraint: "
                "Member "
                "must "
                "have value less than or equal to 10"
            ),
        ),
        CORAL,
    ),
    Case(
        "a path without its slash to list",
        (by_path(Path="a"),),
        (
            "ValidationException",
            (
                "The parameter doesn't meet the parameter name requirements. The parameter name must begin "
                "with a "
                'forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must '
                "use "
                "only "
                "letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special "
                "characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "
                '"/". Valid example: /get/parameters2-/by1./path0_.'
            ),
        ),
        "aws/aws-sdk-js-v3 issue 5928",
    ),
    Case(
        "described by label",
        (described({"Key": "Label", "Values": ["x"]}),),
        (
            "InvalidFilterKey",
            (
                "The following filter key is not valid: Label. Valid filter keys include: [Path, Name, Type, "
                "KeyId, "
                "Tier, DataType]."
            ),
        ),
        FILTERS,
    ),
    Case(
        "described by tier",
        (*TREE, put(Name="$/big", Tier="Advanced"), described({"Key": "Tier", "Values": ["Advanced"]})),
        {
            "Parameters": [
                {"Name": "$/big", "Type": "String", "Version": 1, "Tier": "Advanced", "DataType": "text"}
            ]
        },
        FILTERS,
    ),
    Case(
        "listed by the same label on two parameters",
        (
            put(),
            over(),
            label("x", "y", ParameterVersion=1),
            by_path(ParameterFilters=[{"Key": "Label", "Values": ["x"]}]),
        ),
        {"Parameters": [{"Name": "$/a", "Type": "String", "Value": "v", "Version": 1, "DataType": "text"}]},
        LABELS,
    ),
    Case(
        "an upper case reserved label",
        (put(), label("AWS-x", "Ssm")),
        {"InvalidLabels": ["AWS-x", "Ssm"], "ParameterVersion": 1},
        LABELS,
    ),
    Case(
        "fifty-one tags",
        (
            put(),
            (
                "add_tags_to_resource",
                {
                    "ResourceType": "Parameter",
                    "ResourceId": "$/a",
                    "Tags": [{"Key": f"k{number}", "Value": "v"} for number in range(51)],
                },
            ),
        ),
        (
            "TooManyTagsError",
            (
                "The Targets parameter includes too many tags. Remove one or more tags and try the command "
                "again."
            ),
        ),
        TAGS,
    ),
    Case(
        "a token that is none",
        (("describe_parameters", {"NextToken": "nonsense"}),),
        ("InvalidNextToken", "The specified token isn't valid."),
        "Systems Manager API Reference, DescribeParameters",
    ),
)
