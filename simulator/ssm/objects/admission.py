"""Who calls object storage: the signature of a request, in its header or in its address, held against "
"the keys.

Source: S3 API Reference, "Authenticating requests (AWS Signature Version 4)".
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from starlette.types import Scope

from simulator.clock import Clock
from simulator.ssm.access.principals import Credential, Credentials, Principal
from simulator.ssm.objects.buckets import Flavour
from simulator.ssm.objects.errors import Fault
from simulator.ssm.signature import Malformed, Request, Signature, Unsigned, headers_of, read

_SKEW = timedelta(minutes=15)
_LONGEST = timedelta(days=7)
_OLD_HEADER, _OLD_QUERY = "AWS ", "AWSAccessKeyId"
"""How signatures of version 2 are carried, which neither storage takes in the regions simulated here."""


def caller(
    scope: Scope, query: Mapping[str, Sequence[str]], credentials: Credentials, flavour: Flavour, clock: Clock
) -> Principal:
    """Whose key signed the request; raises Fault."""
    if headers_of(scope).get("authorization", "").startswith(_OLD_HEADER) or _OLD_QUERY in query:
        raise Fault(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        )
    credential = _current(scope, credentials, flavour)
    if credential.principal.expired(clock.now()):
        raise Fault("ExpiredToken", "The provided token has expired.")
    return credential.principal


def _current(scope: Scope, credentials: Credentials, flavour: Flavour) -> Credential:
    try:
        signature = read(scope)
        moment = signature.moment
    except Unsigned:
        raise Fault("AccessDenied", "Access Denied", 403) from None
    except Malformed:
        raise Fault(
            "AuthorizationHeaderMalformed", "The authorization header that you provided is not valid."
        ) from None
    credential = _known(signature.key_id, credentials)
    if signature.service != "s3" or (flavour.checks_region and signature.region != flavour.region):
        raise Fault(
            "AuthorizationHeaderMalformed",
            f"The authorization header is malformed; the region '{signature.region}' is wrong; expecting "
            f"'{flavour.region}'",
            400,
            {"Region": flavour.region},
        )
    _timely(signature, moment)
    if not signature.made_with(credential.secret, Request.of(scope)):
        raise _mismatch(signature.key_id)
    return credential


def _timely(signature: Signature, moment: datetime) -> None:
    now = datetime.now(UTC)
    if signature.lasts is None:
        if abs(now - moment) > _SKEW:
            raise Fault(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                403,
            )
    elif signature.lasts > _LONGEST:
        raise Fault(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must "
            "be less "
            "than 604800 seconds",
        )
    elif now > moment + signature.lasts:
        raise Fault("AccessDenied", "Request has expired", 403)


def _known(key_id: str, credentials: Credentials) -> Credential:
    if key_id not in credentials:
        raise Fault(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
            {"AWSAccessKeyId": key_id},
        )
    return credentials[key_id]


def _mismatch(key_id: str) -> Fault:
    return Fault(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
        403,
        {"AWSAccessKeyId": key_id},
    )
