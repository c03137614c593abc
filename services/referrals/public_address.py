"""Keeps a webhook from being aimed at the inside of the house (server-side request forgery)."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.contracts import Refused

LONGEST_URL = 500


class BadWebhookAddress(Refused):
    """A webhook address is an https address that anybody on the internet could reach."""

    code = "BAD_WEBHOOK_ADDRESS"


class Unresolved(Exception):
    """The name has no address at this moment; worth another try."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An address that was looked at: the connection goes to ``ip`` and nowhere else, so that a
    name which answers differently a moment later leads nobody inside."""

    scheme: str
    host: str
    ip: str
    port: int
    path: str

    @property
    def url(self) -> str:
        ip = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.scheme}://{ip}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        usual = {"https": 443, "http": 80}[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"


def check_form(url: str, *, allow_loopback: bool) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of an acceptable address; raises BadWebhookAddress."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError as error:
        raise _bad("This is not an address.") from error
    schemes = ("https", "http") if allow_loopback else ("https",)
    if parts.scheme not in schemes or not parts.hostname or len(url) > LONGEST_URL:
        raise _bad("Give an https address.")
    if parts.username or parts.password or parts.fragment or not url.isascii():
        raise _bad("Leave out user names, passwords and what follows a #.")
    if any(character <= " " for character in url):
        raise _bad("Leave out blanks.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, parts.hostname, port, path


async def resolve(url: str, *, allow_loopback: bool) -> Target:
    """Look the name up and refuse it if any of its addresses is not a public one."""
    scheme, host, port, path = check_form(url, allow_loopback=allow_loopback)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unresolved from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        _check(address, scheme, allow_loopback=allow_loopback)
    return Target(scheme=scheme, host=host, ip=addresses[0], port=port, path=path)


def _check(address: str, scheme: str, *, allow_loopback: bool) -> None:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    if allow_loopback and ip.is_loopback:
        return
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise _bad("This address is not reachable from outside.")
    if scheme != "https":
        raise _bad("Give an https address.")


def _bad(why: str) -> BadWebhookAddress:
    return BadWebhookAddress(fields={"url": why})
