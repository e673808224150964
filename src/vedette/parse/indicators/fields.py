"""Records with named fields: rows of a table, or objects. The same names mean the same in both."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from vedette.parse.indicators.gathered import Gathered, moment

GENERAL: Final = ("indicator", "indicator_value", "ioc", "ioc_value", "observable", "value")
PLACES: Final = (
    "url", "uri", "cidr", "network", "netblock", "subnet", "prefix", "ip", "ip_address", "ipaddress", "ipv4", "ipv6",
    "dst_ip", "dest_ip", "destination_ip", "src_ip", "source_ip", "srcip", "ip_src", "ip_dst", "ip_range", "ip_port",
    "dstip", "address", "addr", "attacker", "domain", "domain_name", "fqdn", "host", "hostname", "email", "e_mail",
    "email_address", "mail",
)  # fmt: skip
"""The first that has a value is what the record is about: a `hostname` beside a `dst_ip` is the provider's."""
HASHES: Final = (
    "hash", "file_hash", "filehash", "md5", "md5_hash", "hash_md5", "sha1", "sha1_hash", "hash_sha1", "sha256",
    "sha256_hash", "hash_sha256", "sha512", "sha512_hash", "hash_sha512", "imphash",
)  # fmt: skip
"""All that have a value: they are of one file."""
ABOUT: Final = (
    "malware_printable", "malware", "malware_family", "family", "signature", "threat", "threat_name", "threat_type",
    "name", "title", "category", "listingreason", "reason", "tags", "tag", "description", "comment", "comments", "note",
    "notes", "sblid",
)  # fmt: skip
UNTIL: Final = ("valid_until", "expiration", "expiration_date", "expires", "expires_at", "expiry", "valid_to")
TYPES: Final = ("ioc_type", "indicator_type", "type")

VALUES: Final = frozenset(GENERAL + PLACES + HASHES)
"""Names of fields that hold something to look for."""
OTHERS: Final = (
    "filename",
    "filepath",
    "mutex",
    "yara",
    "cve",
    "vulnerability",
    "registry",
    "regkey",
    "agent",
    "bitcoin",
    "btc",
)
"""Within a type, these say that the value is none of what is looked for, whatever it looks like."""
_NOTHING: Final = frozenset({"", "-", "none", "null", "n/a", "na", "unknown"})


def normal(name: str) -> str:
    """How a field is called: `# "Dst IP"` is dst_ip."""
    return _normal(name[:64])


@lru_cache(4096)
def _normal(name: str) -> str:
    return name.strip("# \t\"'").lower().replace(" ", "_").replace("-", "_").replace(".", "_")


def take(gathered: Gathered, number: int, record: Mapping[str, Any], about: str = "") -> None:
    """What record `number` holds; its names as `normal` spells them."""
    values: list[str] = []
    for names in (GENERAL, PLACES):
        values = next((held for name in names if name in record and (held := texts(record[name]))), [])
        if values:
            break
    if not values or not any(name in record for name in GENERAL):
        values += [text for name in HASHES if name in record for text in texts(record[name])]
    if not values:
        gathered.refuse(number, "", "no field that is known holds a value")
        return
    kind = next((record[name] for name in TYPES if isinstance(record.get(name), str)), "")
    if any(each in kind.lower().replace("_", "") for each in OTHERS):
        for text in values:
            gathered.refuse(number, text, "of a type that is not looked for")
        return
    said = about_of(record) or about
    until = next((found for name in UNTIL if name in record and (found := moment(record[name]))), None)
    for text in values:
        gathered.take(number, text, said, until)


def about_of(record: Mapping[str, Any]) -> str:
    """What a record says of its values."""
    return ", ".join(dict.fromkeys(text for name in ABOUT if name in record for text in texts(record[name])))


def texts(value: Any) -> list[str]:
    """The texts of a field: itself, or the texts of a list."""
    if isinstance(value, str):
        return [value] if value.strip().lower() not in _NOTHING else []
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str) and each.strip().lower() not in _NOTHING]
    return []
