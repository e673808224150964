"""One value: its kind and its one spelling, and what no list may say."""

import pytest

from vedette.parse.indicators import indicator
from vedette.parse.indicators.pattern import comparisons

MD5 = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("203.0.113.9", "network", "203.0.113.9/32"),
        (' "203[.]0[.]113[.]9" ', "network", "203.0.113.9/32"),
        ("203.0.113.009", "network", "203.0.113.9/32"),
        ("203.0.113.9:443", "network", "203.0.113.9/32"),
        ("203.0.113.9/24", "network", "203.0.113.0/24"),
        ("203.0.113.9/255.255.255.0", "network", "203.0.113.0/24"),
        ("203.0.113.0-203.0.113.255", "network", "203.0.113.0/24"),
        ("203.0.113.4 - 203.0.113.4", "network", "203.0.113.4/32"),
        ("8.0.0.0/8", "network", "8.0.0.0/8"),
        ("172.15.0.0/16", "network", "172.15.0.0/16"),
        ("2001:DB8:0::7", "network", "2001:db8::7/128"),
        ("[2001:db8::7]:443", "network", "2001:db8::7/128"),
        ("2001:db8:1:2:3::/64", "network", "2001:db8:1:2::/64"),
        ("2001:db8::-2001:db8::ff", "network", "2001:db8::/120"),
        ("::ffff:203.0.113.9", "network", "203.0.113.9/32"),
        ("::ffff:203.0.113.9/120", "network", "203.0.113.0/24"),
        ("Evil.Example.", "domain", "evil.example"),
        ("*.evil.example", "domain", "evil.example"),
        (".evil.example", "domain", "evil.example"),
        ("evil[dot]example", "domain", "evil.example"),
        ("evil(.)example", "domain", "evil.example"),
        ("evil.example:8080", "domain", "evil.example"),
        ("_dmarc.evil.example", "domain", "_dmarc.evil.example"),
        ("bücher.example", "domain", "xn--bcher-kva.example"),
        ("BÜCHER。example", "domain", "xn--bcher-kva.example"),
        ("faß.example", "domain", "xn--fa-hia.example"),
        ("evil.co.uk", "domain", "evil.co.uk"),
        ("x.github.io", "domain", "x.github.io"),
        ("hxxp://Evil.Example", "url", "evil.example/"),
        ("HXXPS[:]//user:pw@Evil[.]Example:443/A?b=C#d", "url", "evil.example/A?b=C"),
        ("http://evil.example:443/", "url", "evil.example:443/"),
        ("http://evil.example:0080?x", "url", "evil.example/?x"),
        ("ftp://203.0.113.9/x", "url", "203.0.113.9/x"),
        ("http://[2001:DB8::7]:8080/x", "url", "[2001:db8::7]:8080/x"),
        ("http://github.io/x", "url", "github.io/x"),
        ("http://evil.example/ü b", "url", "evil.example/%C3%BC%20b"),
        ("evil.example/x.exe", "url", "evil.example/x.exe"),
        ("203.0.113.9/x.exe", "url", "203.0.113.9/x.exe"),
        (MD5.upper(), "hash", MD5),
        (f"md5={MD5}", "hash", MD5),
        (f"SHA-256: {MD5}{MD5}", "hash", MD5 + MD5),
        (MD5 + MD5[:8], "hash", MD5 + MD5[:8]),
        (MD5 * 4, "hash", MD5 * 4),
        ("Bad[at]Evil[.]Example", "email", "bad@evil.example"),
        ("mailto:bad@gmail.com", "email", "bad@gmail.com"),
    ],
)
def test_each_value_has_one_spelling(text: str, kind: str, value: str) -> None:
    found = indicator(text, "about \t\n it")
    assert (found.kind, found.value, found.about) == (kind, value, "about it")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.0.0.0/0", "broader than /8"),
        ("::/0", "broader than /16"),
        ("0.0.0.0", "not globally"),
        ("255.255.255.255", "not globally"),
        ("10.1.2.3", "not globally"),
        ("127.0.0.1:80", "not globally"),
        ("169.254.169.254", "not globally"),
        ("172.16.0.0/12", "not globally"),
        ("172.0.0.0/9", "not globally"),
        ("192.168.1.0/24", "not globally"),
        ("100.64.0.1", "not globally"),
        ("198.18.0.1", "not globally"),
        ("224.0.0.1", "not globally"),
        ("240.0.0.1", "not globally"),
        ("::1", "not globally"),
        ("fe80::1", "not globally"),
        ("fd00::1", "not globally"),
        ("ff02::1", "not globally"),
        ("::ffff:10.0.0.1", "not globally"),
        ("2001::1", "not globally"),
        ("2001::/16", "not globally"),
        ("8.0.0.0/7", "broader than /8"),
        ("2600::/12", "broader than /16"),
        ("203.0.113.9/33", "prefix"),
        ("::ffff:203.0.113.9/90", "prefix"),
        ("203.0.113.9/255.0.255.0", "netmask"),
        ("203.0.113.1-203.0.113.9", "not one network"),
        ("203.0.113.9-203.0.113.1", "behind its beginning"),
        ("203.0.113.9-2001:db8::1", "behind its beginning"),
        ("1.2.3", "not an address"),
        ("999.1.2.3", "not an address"),
        ("203.0.113.9:evil", "neither"),
        ("localhost", "local name"),
        ("printer.local", "local name"),
        ("db.internal", "local name"),
        ("nas.lan", "local name"),
        ("9.113.0.203.in-addr.arpa", "local name"),
        ("com", "one label"),
        ("co.uk", "public suffix"),
        ("*.com.br", "public suffix"),
        ("github.io", "public suffix"),
        ("evil..example", "label"),
        ("-evil.example", "characters"),
        ("ev il.example", "characters"),
        ("ev\u200bil.example", "characters"),
        ("\ufffdevil.example", "characters"),
        ("*evil.example", "characters"),
        ("a" * 64 + ".example", "label"),
        ("ü" * 60 + ".example", "characters|253|label"),
        (".".join(["abcdefg"] * 40), "253"),
        ("http://127.0.0.1/x", "not globally"),
        ("http://localhost/x", "local name"),
        ("http://evil/x", "one label"),
        ("http:///x", "label"),
        ("http://evil.example:99999/", "port"),
        ("http://evil.example:x/", "port"),
        ("http://evil.example/\x07", "control"),
        ("javascript://evil.example/", "not http"),
        ("d41d8cd98f00b204e9800998ecf8427e", "hash of nothing"),
        ("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "hash of nothing"),
        ("0" * 64, "hash of nothing"),
        (f"sha256:{MD5}", "256-bit"),
        ("md5:xyz", "128-bit"),
        ("@evil.example", "mail"),
        ("a b@evil.example", "mail"),
        ("a@localhost", "local name"),
        ("", "empty"),
        ('""', "empty"),
        ("/etc/passwd", "label"),
        ("x" * 5000, "4,096"),
    ],
)
def test_what_no_list_may_say_has_a_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        indicator(text)


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("[ipv4-addr:value = '203.0.113.7']", ["203.0.113.7"]),
        ("([ipv4-addr:value='203.0.113.7'])or[(url:value = 'a' OR url:value = 'b')]", ["203.0.113.7", "a", "b"]),
        ("[domain-name:value IN ('a.example', 'b.example')]", ["a.example", "b.example"]),
        ("[ipv4-addr:value ISSUBSET '203.0.113.0/24']", ["203.0.113.0/24"]),
        ("[network-traffic:dst_ref.value = '203.0.113.7']", ["203.0.113.7"]),
        (r"[url:value = 'http://a.example/\'\\']", ["http://a.example/'\\"]),
        ("[file:hashes.'SHA-1' = 'aa' OR file:hashes.MD5 = 'bb']", ["sha1:aa", "md5:bb"]),
    ],
)
def test_a_pattern_of_alternatives_is_its_values(pattern: str, values: list[str]) -> None:
    assert comparisons(pattern) == [(value, "") for value in values]


def test_an_alternative_that_is_not_looked_for_leaves_the_others() -> None:
    found = comparisons("[file:name = 'x.exe' OR ipv4-addr:value = '203.0.113.7']")
    assert found == [("x.exe", "file:name is not looked for"), ("203.0.113.7", "")]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[a:b = 'x' AND c:d = 'y']", "AND"),
        ("[a:b = 'x'] AND [c:d = 'y']", "AND"),
        ("[a:b = 'x'] FOLLOWEDBY [c:d = 'y']", "FOLLOWEDBY"),
        ("[NOT url:value = 'x']", "NOT"),
        ("[url:value NOT = 'x']", "NOT"),
        ("[url:value != 'x']", "!="),
        ("[url:value LIKE '%x']", "LIKE"),
        ("[url:value MATCHES '.*']", "MATCHES"),
        ("[ipv4-addr:value ISSUPERSET '203.0.113.7']", "ISSUPERSET"),
        ("[domain-name:value ISSUBSET 'example']", "ISSUBSET"),
        ("[url:value = 'x'] REPEATS 5 TIMES", "REPEATS"),
        ("[url:value = 'x'] WITHIN 5 SECONDS", "WITHIN"),
        ("[url:value = 'x'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", "START"),
        ("[network-traffic:dst_port = 443]", "no text"),
        ("url:value = 'x'", "outside"),
        ("[url:value = 'x' OR [url:value = 'y']]", "within another"),
        *((each, "damaged") for each in (
            "", "[", "[]", "[url:value", "[url:value =", "[url:value = 'x", "[url:value = 'x\\", "[url:value = 'x'",
            "[url:value = 'x')", "[url:value = 'x'] OR", "[url:value IN 'x']", "[url:value IN ('x' 'y')]",
            "[url:value = 'x' 'y']", "[url:value = 'x']]", "[url:value[0] = 'x']", "\x00", "[OR", "[a.'b",
        )),
    ],
)  # fmt: skip
def test_any_other_pattern_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        comparisons(pattern)
