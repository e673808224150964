"""One value of a list of indicators, in the one spelling of model.indicator; or the reason why it is not taken.

A list is not ours: whoever writes it, or breaks into it, must not be able to make all traffic look bad. So what is
broad, local or everybody's is refused here, whatever the list says of it.

Sources: IANA special-purpose address registries (RFC 6890), RFC 6761 and RFC 8375 (names that are not for the
Internet), RFC 3492 (Punycode), RFC 3986 (URLs).
"""

import unicodedata
from bisect import bisect_left
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import quote

from vedette.model.indicator import Indicator
from vedette.parse.address import canonical

LONGEST: Final = 4096
"""Characters of a value."""
ABOUT: Final = 200
"""Characters kept of what a list says of a value."""

BROADEST: Final = {4: 8, 6: 16}
"""Shortest prefix of a network, by version of IP."""
# Not globally routable, ascending. The ranges for documentation (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24,
# 2001:db8::/32) are not either, but are allowed: nobody can be hurt by them, and tests and labs use them.
_LOCAL: Final = {
    4: (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
    ),
    6: ("::/3", "2001::/23", "4000::/2", "8000::/1"),
}  # fmt: skip
_FIRST: Final = {each: [int(ip_network(text)[0]) for text in _LOCAL[each]] for each in _LOCAL}
_LAST: Final = {each: [int(ip_network(text)[-1]) for text in _LOCAL[each]] for each in _LOCAL}

_HEX: Final = frozenset("0123456789abcdef")
_HASHES: Final = {"md5": 32, "imphash": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_LENGTHS: Final = frozenset(_HASHES.values())
_EMPTY: Final = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    }
)

_SCHEMES: Final = {"http": "80", "hxxp": "80", "https": "443", "hxxps": "443", "ftp": "21", "fxp": "21"}
"""With the port that goes without saying."""
_PLAIN: Final = "".join(chr(code) for code in range(0x21, 0x7F))

_FANGS: Final = tuple(
    (opening + inner + closing, meant)
    for opening, closing in ("[]", "()", "{}")
    for inner, meant in (
        (".", "."),
        ("dot", "."),
        ("DOT", "."),
        (":", ":"),
        ("://", "://"),
        ("@", "@"),
        ("at", "@"),
        ("AT", "@"),
    )
)

_LABEL: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_HOME: Final = frozenset(
    {"localhost", "localdomain", "local", "internal", "lan", "arpa", "home", "corp", "intranet", "private"}
)
_REGISTRY: Final = frozenset(
    {"ac", "co", "com", "ed", "edu", "firm", "gen", "go", "gob", "gouv", "gov", "gv", "id", "ind", "info", "ltd", "me"}
    | {"mil", "ne", "net", "nom", "or", "org", "plc", "sch", "web"}
)
"""Below the two letters of a country, these are as much everybody's as com is."""
_HOSTERS: Final = frozenset(
    {
        "amazonaws.com", "appspot.com", "azureedge.net", "azurewebsites.net", "blogspot.com", "cloudapp.net",
        "cloudfront.net", "firebaseapp.com", "fastly.net", "github.io", "gitlab.io", "googleapis.com",
        "googleusercontent.com", "herokuapp.com", "netlify.app", "onrender.com", "pages.dev", "vercel.app", "web.app",
        "windows.net", "wordpress.com", "workers.dev",
    }
)  # fmt: skip
"""Everybody may have a name below these, and half of the web does."""


def indicator(text: str, about: str = "", until: datetime | None = None) -> Indicator:
    """What a value is and how it is spelled.

    Read are IPv4 and IPv6 addresses, also with a port; networks, with their host bits taken off; ranges `a-b` that are
    one network; domains (`*.` and `.` before them mean the same), URLs, hashes (also `SHA256:...`, `md5=...`) and mail
    addresses; defanged (`hxxp://`, `[.]`, `(dot)`, `[@]`) or not.

    Raises:
        ValueError: it is none of these, or nothing to be looked for; says which.
    """
    text = text.strip().strip("\"'").strip()
    if not text:
        raise ValueError("empty")
    if len(text) > LONGEST:
        raise ValueError(f"more than {LONGEST:,} characters")
    if "[" in text or "(" in text or "{" in text:
        for fang, meant in _FANGS:
            text = text.replace(fang, meant)
    about = " ".join(about[: 4 * ABOUT].split())[:ABOUT]
    if "://" in text:
        return Indicator("url", _url(text), about, until)
    if (value := _hash(text)) is not None:
        return Indicator("hash", value, about, until)
    if "@" in text:
        return Indicator("email", _email(text), about, until)
    if (value := _network(text)) is not None:
        return Indicator("network", value, about, until)
    if "/" in text:
        return Indicator("url", _url("http://" + text), about, until)
    name, colon, port = text.partition(":")
    if colon and not port.isdecimal():
        raise ValueError("neither an address nor a domain, URL, hash or mail address")
    return Indicator("domain", _domain(name.removeprefix("*.").removeprefix("."), shared=False), about, until)


def is_indicator(text: str) -> bool:
    """Whether a text is a value to look for."""
    try:
        return bool(indicator(text))
    except ValueError:
        return False


def _hash(text: str) -> str | None:
    named, value = 0, text.lower()
    if len(value) not in _LENGTHS or not _HEX.issuperset(value):
        kind, mark, value = value.replace("=", ":", 1).partition(":")
        named = _HASHES.get(kind.strip().replace("-", ""), 0)
        if not mark or not named:
            return None
        value = value.strip()
        if len(value) != named or not _HEX.issuperset(value):
            raise ValueError(f"no {named * 4}-bit hash in hexadecimal digits")
    if value in _EMPTY or value.strip("0") == "":
        raise ValueError("the hash of nothing")
    return value


def _email(text: str) -> str:
    local, _, domain = text.lower().removeprefix("mailto:").rpartition("@")
    if not 0 < len(local) <= 64 or not local.isascii() or not local.isprintable() or set(local) & set(' @<>,;:"()[]\\'):
        raise ValueError("not a mail address")
    return f"{local}@{_domain(domain, shared=True)}"


def _domain(text: str, *, shared: bool) -> str:
    """A domain as it goes over the wire; `shared`: one below which everybody may have names will do, too."""
    text = text.removesuffix(".").lower()
    if len(text) > 253:
        raise ValueError("more than the 253 characters of a domain")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).lower().replace("\u3002", ".")
    labels = text.split(".")
    for at, label in enumerate(labels):
        if not 0 < len(label) <= 63:
            raise ValueError("not a domain: a label that is empty or too long")
        if not label.isascii():
            if not all(unicodedata.category(each)[0] in "LMN" or each == "-" for each in label):
                raise ValueError("not a domain: characters that no label has")
            label = labels[at] = f"xn--{label.encode('punycode').decode()}"
        if not _LABEL.issuperset(label) or label[0] == "-" or label[-1] == "-" or len(label) > 63:
            raise ValueError("not a domain: characters that no label has")
    if labels[-1] in _HOME:
        raise ValueError("a local name")
    if len(labels) == 1:
        raise ValueError("a name of one label is no domain")
    if labels[-1].isdecimal():
        raise ValueError("not an address")
    value = ".".join(labels)
    if len(value) > 253:
        raise ValueError("more than the 253 characters of a domain")
    if not shared and (value in _HOSTERS or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _REGISTRY)):
        raise ValueError("a public suffix: everybody's names are below it")
    return value


def _url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    port_meant = _SCHEMES.get(scheme.strip().lower())
    if port_meant is None:
        raise ValueError("a URL that is not http, https or ftp")
    rest = rest.partition("#")[0]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    authority, path = rest[:end].rpartition("@")[2], rest[end:]
    host, port = authority, ""
    if not authority.endswith("]"):
        host, colon, port = authority.rpartition(":")
        host = host if colon else port
        port = port if colon else ""
    if port and not (port.isdecimal() and int(port[:6]) < 65536):
        raise ValueError("a URL whose port is none")
    bare = host[1:-1] if host[:1] == "[" and host[-1:] == "]" else host
    if (address := _address(bare)) is not None:
        _wide(address, address.max_prefixlen)
        name = f"[{address}]" if address.version == 6 else str(address)
    else:
        name = _domain(host, shared=True)
    if not path.startswith("/"):
        path = "/" + path
    if not path.isprintable():
        raise ValueError("a URL with control characters")
    if not path.isascii() or " " in path:
        path = quote(path, safe=_PLAIN)
    number = str(int(port[:6])) if port else port_meant
    return f"{name}{path}" if number == port_meant else f"{name}:{number}{path}"


def _network(text: str) -> str | None:
    """Networks in CIDR notation; None where the text is no address at all."""
    if "-" in text and (first := _address(text.partition("-")[0].strip())) is not None:
        last = _address(text.partition("-")[2].strip())
        if last is None or last.version != first.version or int(last) < int(first):
            raise ValueError("a range that does not end behind its beginning")
        size = int(last) - int(first) + 1
        if size & (size - 1) or int(first) % size:
            raise ValueError("a range that is not one network: write its networks")
        return _cidr(first, first.max_prefixlen - size.bit_length() + 1)
    host, slash, prefix = text.partition("/")
    address = _address(host)
    if address is None:
        return None
    longest = address.max_prefixlen
    if not slash:
        return _cidr(address, longest)
    if "." in prefix and _address(prefix) is not None:  # a netmask
        try:
            return _cidr(address, ip_network(f"0.0.0.0/{prefix}").prefixlen)
        except ValueError:
            raise ValueError("a netmask that is none") from None
    if not prefix.isdecimal():
        return None
    width = int(prefix[:6])
    if longest == 32 and ":" in host and "." not in host.partition(":")[0]:  # IPv4 within IPv6
        width -= 96
    if not 0 <= width <= longest:
        raise ValueError("a prefix that no address has")
    return _cidr(address, width)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; a port behind it is taken off."""
    if text[:1] == "[":
        text, _, port = text[1:].partition("]")
        if port and not (port[0] == ":" and port[1:].isdecimal()):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not port.isdecimal():
            return None
    if not (":" in text or (text[:1].isdecimal() and "." in text)):
        return None
    try:
        found = ip_address(text)
    except ValueError:
        plain = canonical(text) if _HEX.issuperset(text.lower().translate(_MARKS)) else None  # zeros in front
        if plain is None:
            return None
        found = ip_address(plain)
    return getattr(found, "ipv4_mapped", None) or found


_MARKS: Final = {ord("."): None, ord(":"): None}


def _cidr(address: IPv4Address | IPv6Address, prefix: int) -> str:
    _wide(address, prefix)
    bits = address.max_prefixlen - prefix
    return f"{type(address)(int(address) >> bits << bits) if bits else address}/{prefix}"


def _wide(address: IPv4Address | IPv6Address, prefix: int) -> None:
    """Refuse what has addresses of other people than those that the list means."""
    version = address.version
    if prefix < BROADEST[version]:
        raise ValueError(f"broader than /{BROADEST[version]}")
    bits = address.max_prefixlen - prefix
    first = int(address) >> bits << bits
    last = first | ((1 << bits) - 1)
    at = bisect_left(_LAST[version], first)
    if at < len(_LAST[version]) and _FIRST[version][at] <= last:
        raise ValueError("not globally routable")
