"""Documents in the style of what is given out: each is recognised, and nothing but its indicators is taken."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from vedette.model.errors import FeedError
from vedette.model.indicator import Indicator
from vedette.parse.indicators import Form, gathered, read

# ruff: noqa: E501
FEODO = b"""################################################################\r
# Botnet C2 IP Blocklist (CSV)                                 #\r
# Last updated: 2026-02-01 05:58:13 UTC                        #\r
################################################################\r
#\r
"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"\r
"2026-01-14 05:58:13","203.0.113.7","443","online","2026-02-01","Dridex"\r
"2026-01-15 05:58:13","198.51.100.9","8080","offline","2026-02-01","Emotet"\r
# END (2) entries\r
"""
FEODO_JSON = [
    {
        "ip_address": "203.0.113.7", "port": 443, "status": "offline", "hostname": "rdns.provider.example",
        "as_number": 64500, "as_name": "EXAMPLE", "country": "US", "first_seen": "2026-01-14 05:58:13",
        "last_online": "2026-02-01", "malware": "Dridex",
    }
]  # fmt: skip
URLHAUS = b"""################################################################
# abuse.ch URLhaus Database Dump (CSV - recent URLs only)      #
# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
"3","2026-02-01 10:00:05","http://203.0.113.8:41234/bin.sh","online","","malware_download","32-bit,elf,mips","https://urlhaus.example/url/3/","someone"
"2","2026-02-01 10:00:01","https://Evil.Example:443/a,b.exe?x=1#f","offline","","malware_download","None","https://urlhaus.example/url/2/","other"
"""
THREATFOX_CSV = b"""# ThreatFox IOCs: recent IOCs
# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","reference","tags","anonymous","reporter"
"2026-02-01 10:00:00", "1", "203.0.113.7:8443", "ip:port", "botnet_cc", "win.one", "None", "One", "", "75", "https://blog.vendor.example/one", "one,c2", "0", "x"
"2026-02-01 10:00:01", "2", "c2.evil.example", "domain", "botnet_cc", "win.two", "None", "Two", "", "100", "None", "two", "0", "x"
"2026-02-01 10:00:02", "3", "0123456789abcdef0123456789abcdef", "md5_hash", "payload", "win.two", "None", "Two", "", "100", "None", "None", "0", "x"
# Number of entries: 3
"""
THREATFOX = {
    "1": [{"ioc_value": "203.0.113.7:8443", "ioc_type": "ip:port", "threat_type": "botnet_cc", "malware": "win.one",
           "malware_printable": "One", "last_seen_utc": None, "confidence_level": 75,
           "reference": "https://blog.vendor.example/one", "tags": "one,c2"}],
    "2": [{"ioc_value": "c2.evil.example", "ioc_type": "domain", "malware_printable": "Two", "tags": None}],
}  # fmt: skip
DROP = b"""; Spamhaus DROP List 2026/02/01 - (c) 2026
; Last-Modified: Sun, 01 Feb 2026 10:00:00 GMT
; Expires: Sun, 01 Feb 2026 12:00:00 GMT
203.0.113.0/24 ; SBL100001
198.51.100.0/25 ; SBL100002
"""
DROP_JSON = b"""{"cidr":"203.0.113.0/24","sblid":"SBL100001","rir":"ripencc"}
{"cidr":"198.51.100.0/25","sblid":"SBL100002","rir":"arin"}
{"type":"metadata","timestamp":1769940000,"size":200,"records":2,"copyright":"(c) 2026","terms":"https://www.spamhaus.example/drop/terms/"}
"""
BLOCKLIST_DE = b"203.0.113.7\n198.51.100.9\n2001:db8::7\n"
EMERGING = b"""# Feodo, Dshield, Spamhaus
#Emerging Threats fwip rules.

#Spamhaus DROP Nets
203.0.113.0/24
198.51.100.0/25

#Dshield Top Attackers
192.0.2.0/24
"""
DSHIELD = b"""#   Reporting: 2026-02-01
Start\tEnd\tNetmask\tAttacks\tName\tCountry\temail
203.0.113.0\t203.0.113.255\t24\t5000\tEXAMPLE\tUS\tabuse@provider.example
"""
HOSTS = b"# Title: bad hosts\n127.0.0.1 evil.example\n0.0.0.0 www.evil.example ads.evil.example # malware\n"
OTX = {
    "results": [
        {
            "id": "65", "name": "Campaign", "description": "about it", "tags": ["apt"], "modified": "2026-02-01T10:00:00",
            "references": ["https://blog.vendor.example/campaign"],
            "indicators": [
                {"id": 1, "indicator": "203.0.113.7", "type": "IPv4", "title": "", "description": "", "is_active": 1},
                {"id": 2, "indicator": "evil.example", "type": "domain", "expiration": "2026-03-01T00:00:00"},
                {"id": 3, "indicator": "CVE-2026-0001", "type": "CVE"},
                {"id": 4, "indicator": "invoice.sh", "type": "FilePath"},
                {"id": 5, "indicator": "A" * 40, "type": "FileHash-SHA1"},
            ],
        }
    ],
    "count": 1, "next": None,
}  # fmt: skip
MISP = {
    "Event": {
        "info": "Phishing of February",
        "Attribute": [
            {"type": "ip-dst", "value": "203.0.113.7", "to_ids": True, "comment": "C2"},
            {"type": "ip-dst|port", "value": "203.0.113.8|443", "to_ids": True, "comment": ""},
            {"type": "domain|ip", "value": "evil.example|198.51.100.9", "to_ids": True},
            {"type": "filename|sha256", "value": "a|b.exe|" + "c" * 64, "to_ids": True},
            {"type": "url", "value": "http://evil.example/a|b", "to_ids": True},
            {"type": "ip-src", "value": "192.0.2.1", "to_ids": False},
            {"type": "filename", "value": "invoice.sh", "to_ids": True},
            {"type": "link", "value": "https://blog.vendor.example/", "to_ids": False},
        ],
        "Object": [
            {"name": "email", "Attribute": [{"type": "email-src", "value": "Bad@Evil.Example", "to_ids": True}]},
        ],
    }
}
BUNDLE = {
    "type": "bundle",
    "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d",
    "objects": [
        {"type": "identity", "id": "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff", "name": "blog.vendor.example"},
        {"type": "indicator", "id": "indicator--1", "pattern_type": "stix", "name": "C2", "indicator_types": ["malicious-activity"],
         "pattern": "[ipv4-addr:value = '203.0.113.7']", "valid_until": "2026-03-01T00:00:00.000Z"},
        {"type": "indicator", "id": "indicator--2", "labels": ["phishing"],
         "pattern": "[domain-name:value = 'evil.example' OR url:value = 'http://evil.example/it\\'s'] OR [ipv6-addr:value='2001:db8::7']"},
        {"type": "indicator", "id": "indicator--3", "pattern": "[ipv4-addr:value = '192.0.2.1']", "revoked": True},
        {"type": "indicator", "id": "indicator--4", "pattern_type": "yara", "pattern": "rule x { condition: true }"},
        {"type": "indicator", "id": "indicator--5", "pattern": "[ipv4-addr:value = '192.0.2.2' AND url:value = 'http://a.example/']"},
        {"type": "indicator", "id": "indicator--6", "pattern": f"[file:hashes.'SHA-256' = '{'d' * 64}' OR file:hashes.MD5 = '{'e' * 32}']"},
    ],
}  # fmt: skip
ENVELOPE = {"objects": BUNDLE["objects"][:2], "more": True, "next": "opaque"}  # type: ignore[index]


def dumped(value: Any, **kw: Any) -> bytes:
    return json.dumps(value, **kw).encode()


V = Indicator
STIX = [
    V("network", "203.0.113.7/32", "C2, malicious-activity", datetime(2026, 3, 1, tzinfo=UTC)),
    V("domain", "evil.example", "phishing"),
    V("url", "evil.example/it's", "phishing"),
    V("network", "2001:db8::7/128", "phishing"),
    V("hash", "d" * 64),
    V("hash", "e" * 32),
]
DOCUMENTS: dict[str, tuple[bytes, Form, list[Indicator], int]] = {
    "feodo.csv": (
        FEODO,
        "csv",
        [V("network", "203.0.113.7/32", "Dridex"), V("network", "198.51.100.9/32", "Emotet")],
        0,
    ),
    "feodo.json": (dumped(FEODO_JSON), "json", [V("network", "203.0.113.7/32", "Dridex")], 0),
    "urlhaus.csv": (
        URLHAUS,
        "csv",
        [
            V("url", "203.0.113.8:41234/bin.sh", "malware_download, 32-bit,elf,mips"),
            V("url", "evil.example/a,b.exe?x=1", "malware_download"),
        ],
        0,
    ),
    "threatfox.csv": (
        THREATFOX_CSV,
        "csv",
        [
            V("network", "203.0.113.7/32", "One, botnet_cc, one,c2"),
            V("domain", "c2.evil.example", "Two, botnet_cc, two"),
            V("hash", "0123456789abcdef0123456789abcdef", "Two, payload"),
        ],
        0,
    ),
    "threatfox.json": (
        dumped(THREATFOX, indent=2),
        "json",
        [V("network", "203.0.113.7/32", "One, win.one, botnet_cc, one,c2"), V("domain", "c2.evil.example", "Two")],
        0,
    ),
    "drop.txt": (
        DROP,
        "text",
        [V("network", "203.0.113.0/24", "SBL100001"), V("network", "198.51.100.0/25", "SBL100002")],
        0,
    ),
    "drop.json": (
        DROP_JSON,
        "json",
        [V("network", "203.0.113.0/24", "SBL100001"), V("network", "198.51.100.0/25", "SBL100002")],
        0,
    ),
    "blocklist.de": (
        BLOCKLIST_DE,
        "text",
        [V("network", "203.0.113.7/32"), V("network", "198.51.100.9/32"), V("network", "2001:db8::7/128")],
        0,
    ),
    "emerging": (
        EMERGING,
        "text",
        [V("network", "203.0.113.0/24"), V("network", "198.51.100.0/25"), V("network", "192.0.2.0/24")],
        0,
    ),
    "dshield": (
        DSHIELD,
        "text",
        [V("network", "203.0.113.0/24", "5000 EXAMPLE US abuse@provider.example")],
        1,
    ),
    "hosts": (
        HOSTS,
        "text",
        [
            V("domain", "evil.example"),
            V("domain", "www.evil.example", "malware"),
            V("domain", "ads.evil.example", "malware"),
        ],
        0,
    ),
    "otx": (
        dumped(OTX),
        "json",
        [
            V("network", "203.0.113.7/32", "Campaign, apt, about it"),
            V("domain", "evil.example", "Campaign, apt, about it", datetime(2026, 3, 1, tzinfo=UTC)),
            V("hash", "a" * 40, "Campaign, apt, about it"),
        ],
        2,
    ),
    "misp": (
        dumped(MISP),
        "json",
        [
            V("network", "203.0.113.7/32", "C2"),
            V("network", "203.0.113.8/32", "Phishing of February"),
            V("domain", "evil.example", "Phishing of February"),
            V("network", "198.51.100.9/32", "Phishing of February"),
            V("hash", "c" * 64, "Phishing of February"),
            V("url", "evil.example/a|b", "Phishing of February"),
            V("email", "bad@evil.example", "Phishing of February"),
        ],
        3,
    ),
    "misp search": (
        dumped({"response": {"Attribute": [MISP["Event"]["Attribute"][0]]}}),  # type: ignore[index]
        "json",
        [V("network", "203.0.113.7/32", "C2")],
        0,
    ),
    "stix bundle": (dumped(BUNDLE, indent=1), "stix", STIX, 3),
    "stix list": (dumped(BUNDLE["objects"]), "stix", STIX, 3),
    "stix lines": (b"\n".join(dumped(each) for each in BUNDLE["objects"][1:]), "stix", STIX, 3),  # type: ignore[index]
    "taxii envelope": (dumped(ENVELOPE), "stix", STIX[:1], 0),
    "table without a header": (
        b"2026-02-01;203.0.113.7;22\n2026-02-01;198.51.100.9;80\n",
        "csv",
        [V("network", "203.0.113.7/32"), V("network", "198.51.100.9/32")],
        0,
    ),
    "table with tabs": (
        b"date\tdomain\tvalid_until\n2026-02-01\tevil.example\t2026-03-01\n",
        "csv",
        [V("domain", "evil.example", "", datetime(2026, 3, 1, tzinfo=UTC))],
        0,
    ),
    "table of hashes": (
        b"md5|sha256|family\n%s|%s|One\n|%s|Two\n" % (b"1" * 32, b"2" * 64, b"3" * 64),
        "csv",
        [V("hash", "1" * 32, "One"), V("hash", "2" * 64, "One"), V("hash", "3" * 64, "Two")],
        0,
    ),
    "one column": (b"domain\nevil.example\n", "text", [V("domain", "evil.example")], 0),
    "columns of text": (
        "203.0.113.7\t25 reports\r\nevil[.]example  # b\u00f6se\r\n".encode("utf-16"),
        "text",
        [V("network", "203.0.113.7/32", "25 reports"), V("domain", "evil.example", "b\u00f6se")],
        0,
    ),
    "comments": (
        b"\xef\xbb\xbf// a\n\n  ; b\nhttp://evil.example/#top ;c\nevil.example, # d\n",
        "text",
        [V("url", "evil.example/", "c"), V("domain", "evil.example", "d")],
        0,
    ),
    "strings": (dumped(["evil.example", "evil.example.", 7]), "json", [V("domain", "evil.example")], 1),
    "two lists": (
        dumped({"updated": "2026-02-01", "ips": ["203.0.113.7"], "domains": ["evil.example"], "tags": ["no.example"]}),
        "json",
        [V("network", "203.0.113.7/32", "no.example"), V("domain", "evil.example", "no.example")],
        0,
    ),
    "abuse scores": (
        dumped({"meta": {"generatedAt": "x"}, "data": [{"ipAddress": "203.0.113.7", "abuseConfidenceScore": 100}]}),
        "json",
        [V("network", "203.0.113.7/32")],
        0,
    ),
    "nothing there": (dumped({"query_status": "ok", "data": []}), "json", [], 0),
    "empty": (b"# nothing today\n\n", "text", [], 0),
    "no byte": (b"", "text", [], 0),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_feed_is_recognised_and_read(name: str) -> None:
    data, form, indicators, refused = DOCUMENTS[name]
    found = read(data)
    assert (found.form, found.indicators, found.refused) == (form, indicators, refused), found.rejected
    assert len(found.rejected) == refused
    assert read(data, form)[:2] == found[:2]


@pytest.mark.parametrize(
    ("data", "form", "says"),
    [
        (b"<!DOCTYPE html><html>evil.example</html>", None, "a web page"),
        (b"\n <stix:STIX_Package/>", "stix", "XML"),
        (b"PK\x03\x04\x14", None, "ZIP"),
        (b"\x1f\x8b\x08", "text", "gzip"),
        (b'{"error": "no key"}', None, "without a list of indicators; it has error"),
        (b'["evil.example"', None, "damaged JSON"),
        (b'{"data": ["evil.example"', None, "damaged JSON"),
        (b"[" * 100_000, "json", "damaged JSON"),
        (b"7", "json", "no list"),
        (b'["evil.example"]', "stix", "neither a STIX bundle"),
        (b"[" + b"{}," * 2_000_001 + b"{}]", None, "more than 2,000,000 objects"),
        (b"when,what\n2026-02-01,one\n", "csv", "no column"),
    ],
)
def test_what_is_no_feed_is_refused_as_a_whole(data: bytes, form: Form | None, says: str) -> None:
    with pytest.raises(FeedError, match=says) as refused:
        read(data, form)
    assert "\n" not in refused.value.what


def test_what_is_refused_is_counted_and_the_first_are_told() -> None:
    found = read(b"evil.example\n" + b"x" * 300 + b"\n" + b"10.0.0.1\n" * 200)
    assert found.refused == 201
    assert len(found.rejected) == 100
    assert found.rejected[0] == (2, "x" * 200, "more than the 253 characters of a domain")
    assert found.rejected[1] == (3, "10.0.0.1", "not globally routable")


def test_more_than_a_list_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "MOST", 20)
    found = read(b"".join(b"203.0.113.%d\n" % n for n in range(30)))
    assert (len(found.indicators), found.refused) == (20, 10)
    assert found.rejected[0] == (21, "203.0.113.20", "more than 20 indicators")
    with pytest.raises(FeedError, match="more than 20 values of it are no indicators, such as: a name of one label"):
        read(b"x\n" * 21)


def test_a_value_that_comes_again_holds_until_the_later_end() -> None:
    found = read(b"ip,expires\n203.0.113.7,2026-03-01\n203.0.113.7,2026-05-01\n203.0.113.7,2026-04-01\n")
    assert found.indicators == [V("network", "203.0.113.7/32", "", datetime(2026, 5, 1, tzinfo=UTC))]


def test_a_quote_that_never_closes_costs_what_it_swallows() -> None:
    rows = b"".join(b"203.0.113.%d,x\n" % (n % 256) for n in range(40_000))
    found = read(b'ip,malware\n198.51.100.1,"x\n' + rows, "csv")
    assert found.refused >= 1
    assert len(found.indicators) == 256
