"""Whether an address is this machine, where a proxy of the environment has no business."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Whether the host of the URL is loopback by its literal or its usual name; nothing is resolved."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
