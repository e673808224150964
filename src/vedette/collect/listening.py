"""Where a source listens: `host:port`, and TLS for it."""

import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from vedette.model.errors import SourceError
from vedette.model.settings import Settings


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        host = ""
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("write an address and a port: 127.0.0.1:514 or [::1]:514")
    return value


Address = Annotated[str, AfterValidator(_address)]
"""Address and port: `127.0.0.1:514`, `[::]:6514`; port 0 takes any that is free."""


def split(address: Address) -> tuple[str, int]:
    """(host, port)."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(address: Address) -> bool:
    """True when only this machine can reach it."""
    return ipaddress.ip_address(split(address)[0]).is_loopback


class Tls(Settings):
    """Certificate for a TLS listener, and who may connect."""

    certificate: Path
    """PEM file: the certificate, and the chain up to the authority."""
    key: Path | None = None
    """PEM file with the private key; not needed when it is in the certificate's file."""
    client_ca: Path | None = None
    """PEM file of the authorities whose client certificates are accepted; without it clients need none."""

    @model_validator(mode="after")
    def _there(self) -> Self:
        return self

    def context(self) -> ssl.SSLContext:
        """For the server side; TLS 1.2 or later (RFC 9662).

        Raises:
            SourceError: a file is not there or is not what it should be.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.client_ca:
                context.load_verify_locations(self.client_ca)
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ssl.SSLError) as error:
            raise SourceError(
                f"TLS files cannot be used: {error}",
                where=str(self.certificate),
                fix="check certificate, key, client_ca",
            ) from None
        return context


def listener(address: Address, kind: socket.SocketKind) -> socket.socket:
    """A non-blocking socket bound to the address; listening when it is a stream.

    Raises:
        SourceError: the port is taken or not allowed.
    """
    host, port = split(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family, kind)
    try:
        if kind == socket.SOCK_STREAM:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        if kind == socket.SOCK_STREAM:
            server.listen(128)
    except OSError as error:
        server.close()
        fix = (
            "use a port above 1023 or grant CAP_NET_BIND_SERVICE"
            if isinstance(error, PermissionError)
            else "choose another port, or stop the program that has it"
        )
        raise SourceError(f"cannot listen: {error.strerror}", where=address, fix=fix) from None
    server.setblocking(False)
    return server
