"""Whose share an upload, a place in the queue or a result counts towards."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visitor:
    """A unit that is signed in, or the address of anybody else."""

    key: str
    is_unit: bool


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv6 customer has a whole /64.

    >>> neighbourhood("2001:db8:1:2:3:4:5:6"), neighbourhood("192.0.2.7"), neighbourhood("x")
    ('2001:db8:1:2::/64', '192.0.2.7', 'x')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and not found.ipv4_mapped:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found.ipv4_mapped if found.version == 6 else found)
