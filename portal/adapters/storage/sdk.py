"""The parts of boto3 object storage needs, loaded when first asked for."""

from functools import cache

from portal.adapters.aws import Sdk


@cache
def sdk() -> Sdk:
    """Half a second of imports; call it on a thread."""
    import boto3  # noqa: PLC0415 - half a second that a start without AWS does not pay
    from botocore import exceptions  # noqa: PLC0415 - as above
    from botocore.config import Config  # noqa: PLC0415 - as above
    from botocore.loaders import create_loader  # noqa: PLC0415 - as above
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - as above
    from botocore.session import Session  # noqa: PLC0415 - as above

    return Sdk(
        session=boto3.Session,
        core_session=Session,
        config=Config,
        loader=cache(create_loader),
        answered=exceptions.ClientError,
        refused=(
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.ProfileNotFound,
            exceptions.ConfigNotFound,
            exceptions.ConfigParseError,
            exceptions.InvalidConfigError,
            exceptions.TokenRetrievalError,
            exceptions.SSOError,
            exceptions.NoRegionError,
        ),
        invalid=(exceptions.ParamValidationError,),
        failed=(exceptions.BotoCoreError, ResponseParserError, OSError),
    )
