"""Parts of an ARN. The text comes from a user and may not be an ARN.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""


def service_of(arn: str) -> str:
    """The service, `sqs`; "" where this is no ARN."""
    return _part(arn, 2)


def region_of(arn: str) -> str:
    """The region; "" where it names none."""
    return _part(arn, 3)


def account_of(arn: str) -> str:
    """The account; "" where it names none."""
    return _part(arn, 4)


def function_name(arn: str) -> str:
    """The name in the ARN of a function, or of one of its versions or aliases; also of `NAME:QUALIFIER`."""
    return arn.rpartition(":function:")[2].partition(":")[0]


def qualifier_of(arn: str) -> str:
    """The version or the alias that the ARN of a function names, or `NAME:QUALIFIER`; "" without one."""
    return arn.rpartition(":function:")[2].partition(":")[2]


def function_arn(account: str, region: str, name: str, qualifier: str = "") -> str:
    """The ARN of a function, or of what `qualifier` or the name itself names of it; `name` may be an ARN."""
    arn = f"arn:aws:lambda:{region}:{account}:function:{function_name(name)}"
    qualifier = qualifier or qualifier_of(name)
    return f"{arn}:{qualifier}" if qualifier else arn


def unqualified(arn: str) -> str:
    """The ARN of the function itself."""
    qualifier = qualifier_of(arn)
    return arn.removesuffix(f":{qualifier}") if qualifier else arn


def partition_of(region: str) -> str:
    """The ARN partition a region lies in: `aws`, `aws-cn` or `aws-us-gov`."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


def _part(arn: str, place: int) -> str:
    parts = arn.split(":", 5)
    return parts[place] if len(parts) == 6 and parts[0] == "arn" else ""
