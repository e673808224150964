"""A question cut into words, and what can be told from a word alone: addresses, times, paths, hashes, names.

Every pattern here is anchored and has no nested repetition, so that time stays linear in the question.
"""

import re
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

LONGEST: Final = 1000
"""Characters of a question."""
MOST: Final = 200
"""Words of one."""

_QUOTES: Final = {'"': '"', "“": "”", "„": "“", "‘": "’", "`": "`", "'": "'", "«": "»"}
_TRAILING: Final = "?!.;:,)]}"
_ENDINGS: Final = (
    "exe|dll|ps1|bat|cmd|vbs|js|hta|scr|msi|sys|lnk|sh|py|pl|rb|jar|elf|php|asp|aspx|jsp|cgi|zip|rar|7z|docx?|xlsx?|xlsm|"
    "pdf|iso|conf|log|service|txt|xml|html?|json|csv|bak|sql|env|ya?ml|ini|gz|tgz|pem|kdbx|dmp|tmp|inf|reg|eml|png|jpe?g|gif|css|svg|"
    "ico|pst|ost|vmdk|img|deb|rpm|apk|rtf|pptx?|docm|pptm|xlsb|one|md|dit|chm|ocx|psm1|wsf|hta"
)
_KINDS: Final = tuple(
    (kind, re.compile(pattern, re.ASCII | re.IGNORECASE))
    for kind, pattern in (
        ("moment", r"\d{4}-\d{2}-\d{2}[T_]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?"),
        ("date", r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.(\d{2}|\d{4})?|\d{1,2}/\d{1,2}/\d{4}"),
        ("clock", r"\d{1,2}:\d{2}(:\d{2})?([ap]m)?|\d{1,2}[ap]m"),
        ("status", r"[1-5]xx|[1-5]\d\ds"),
        ("span", r"\d{1,5}(s|secs?|m|mins?|h|hrs?|hours?|d|days?|w|wks?|weeks?)"),
        ("technique", r"T\d{4}(\.(\d{3}|\*))?"),
        ("tactic", r"TA\d{4}"),
        ("cve", r"CVE-\d{4}-\d{4,7}"),
        ("ordinal", r"\d{1,2}(st|nd|rd|th)"),
        ("number", r"\d{1,15}|\d{1,3}(,\d{3}){1,4}|\d{1,6}k"),
        ("service-port", r"\d{1,5}/(tcp|udp|sctp)|(tcp|udp|sctp)/\d{1,5}"),
        ("option", r"-{1,2}[a-z][\w-]{0,40}"),
        ("size", r"\d{1,9}(\.\d{1,3})?(b|kb|mb|gb|tb|kib|mib|gib)"),
        ("hash", r"[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}"),
        ("url", r"[a-z][a-z0-9+.-]{1,15}://\S+"),
        ("mail", r"[^@\s]{1,100}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}"),
        ("path", r"~?/[^/\s]\S*|/|[a-z]:\\\S*|\\\\\S+|%\w{1,40}%\\\S*"),
        ("account", r"[a-z0-9.-]{1,64}\\[^\\\s]{1,100}"),
        ("glob", r"[^\s]*[*?][^\s]*"),
        ("file", rf"[\w.+-]{{1,100}}\.({_ENDINGS})"),
        ("domain", r"([a-z0-9_-]{1,63}\.){1,8}[a-z][a-z0-9-]{1,62}"),
        ("sign", r"[<>]=?|=|!=|-|–|\.\.|\.\.\."),
    )
)  # fmt: skip
_SIGNS: Final = {"->": "to", "→": "to", "=>": "to", "w/": "with", "w/o": "without", "W/": "with"}
_EXTENSION: Final = re.compile(r"\.[a-z][a-z0-9]{1,4}", re.ASCII | re.IGNORECASE)
_ROOTS: Final = frozenset({"etc", "var", "tmp", "usr", "home", "opt", "proc", "admin", "api", "wp-admin", "windows", "system32"})
"""Words that begin a path, though it is written without its first slash."""
_DOTFILES: Final = frozenset({".git", ".env", ".ssh", ".svn", ".aws"})
"""Names of files, not ends of them."""
_DEFANGED: Final = (("[.]", "."), ("(.)", "."), ("[dot]", "."), ("[:]", ":"), ("[at]", "@"), ("[@]", "@"))
"""How people write an indicator so that nobody clicks on it; `hxxp` for `http`, too."""
_NAME: Final = re.compile(r"[a-z_][\w.$@+-]*", re.ASCII | re.IGNORECASE)
_PAIR: Final = re.compile(r"([a-z_.]{2,40})(=|:|!=|>=|<=|>|<)(.+)", re.ASCII | re.IGNORECASE | re.DOTALL)
_ASKED: Final = frozenset({
    "user", "username", "account", "host", "hostname", "ip", "src", "dst", "source", "destination", "port", "status", "level",
    "severity", "rule", "state",
})  # fmt: skip
"""What people write before a colon."""


class Word(NamedTuple):
    """A word of a question.

    Attributes:
        text: as written.
        low: in lower case, without what stands around it; of a quotation what is between the quotes, as written.
        kind: what it is by its looks: word, name (a word that no dictionary has: digits or punctuation in it), quoted,
            comma, address, network, endpoint (address and port), one of _KINDS, odd.
        whose: it had a possessive s.
    """

    text: str
    low: str
    kind: str
    whose: bool = False


def cut(question: str) -> list[Word]:
    """All words in order."""
    found: list[Word] = []
    at = 0
    while at < len(question):
        c = question[at]
        if c.isspace():
            at += 1
            continue
        closing = _QUOTES.get(c)
        end = question.find(closing, at + 1) if closing else -1
        if end > at + 1 and (end + 1 == len(question) or not question[end + 1].isalnum()):
            found.append(Word(question[at : end + 1], question[at + 1 : end], "quoted"))
            at = end + 1
            continue
        end = at + 1
        while end < len(question) and not question[end].isspace():
            end += 1
        found += _chunk(question[at:end])
        at = end
    return found


def _chunk(chunk: str) -> list[Word]:
    """What stands between two blanks: mostly one word, sometimes a list or a pair."""
    if chunk in _SIGNS:
        return [Word(chunk, _SIGNS[chunk], "word")]
    body = _refanged(chunk).lstrip("([{").rstrip(_TRAILING)
    if not any(c.isalnum() or c in "<>=/*-–&.|" for c in body):
        return [Word(chunk, chunk, "comma" if "," in chunk or ";" in chunk else "mark")]
    tail = chunk[len(chunk.rstrip(_TRAILING)) :]
    if _EXTENSION.fullmatch(body) and body.lower() not in _DOTFILES:  # .lnk files
        return [Word(chunk, f"*{body.lower()}", "glob"), *([Word(",", ",", "comma")] if "," in tail or ";" in tail else [])]
    kind = looks(body)
    if body[-1:] == "." or (kind != "date" and looks(body + ".") == "date" and tail.startswith(".")):
        body, kind = body.rstrip(".") + ".", "date"
    whole = kind not in ("word", "odd")
    parts = [_word(body, kind)] if whole or body in ("&", "+") else _divided(body)
    if "," in tail or ";" in tail:
        parts.append(Word(",", ",", "comma"))
    return parts


def _refanged(chunk: str) -> str:
    """An indicator as it is: 203[.]0[.]113[.]5, hxxps://evil[.]example."""
    hidden = chunk.lower().lstrip("([{").startswith(("hxxp://", "hxxps://", "hxxp[:]", "hxxps[:]"))
    if "[" not in chunk and "(.)" not in chunk and not hidden:
        return chunk
    for written, meant in _DEFANGED:
        chunk = chunk.replace(written, meant)
    return chunk.replace("xx", "tt", 1).replace("XX", "tt", 1) if hidden else chunk


def _divided(body: str) -> list[Word]:
    """A list (a,b), a pair (user=root), a range (10:00-11:00), a sign and a number (>5)."""
    for between in (",", "&", ";"):
        if between in body:
            joint = Word(between, between, "comma" if between != "&" else "word")
            out: list[Word] = []
            for part in body.split(between):
                if out and part:
                    out.append(joint)
                out += _divided(part) if part else []
            return out
    pair = _PAIR.fullmatch(body)
    if pair and (pair[2] != ":" or pair[1].lower() in _ASKED or "." in pair[1]):
        value = pair[3].strip("\"'")
        sign = pair[2].replace(":", "=")
        return [_word(pair[1], "word"), Word(pair[2], sign, "sign"), *([_word(value, looks(value))] if value else [])]
    signed = body.lstrip("<>=")
    if signed and signed != body:
        sign = body[: len(body) - len(signed)]
        return [Word(sign, sign, "sign"), *_divided(signed)]
    one, slash, other = body.partition("/")
    if slash and one.lower() in _ROOTS:  # etc/passwd
        return [Word(body, body, "odd")]
    if slash and len(one) > 1 and len(other) > 1 and {looks(one), looks(other)} <= {"word", "status", "technique"}:
        return [_word(one, looks(one)), Word("/", "or", "word"), _word(other, looks(other))]
    if body.startswith("!") and len(body) > 2 and body[1] != "=":
        return [Word("!", "not", "word"), *_divided(body[1:])]
    for dash in ("-", "–", ".."):
        left, found, right = body.partition(dash)
        if found and {looks(left), looks(right)} <= {"clock", "date", "number", "moment"} and left and right:
            return [_word(left, looks(left)), Word(dash, "-", "sign"), _word(right, looks(right))]
    return [_word(body, looks(body))]


def _word(text: str, kind: str) -> Word:
    low = text.lower() if kind in ("word", "name", "domain", "option") else text
    whose = False
    for ending in ("'s", "’s"):
        if kind in ("word", "name") and low.endswith(ending) and len(low) > len(ending):
            low, whose = low.removesuffix(ending), True
            kind = looks(low)
    if kind == "word" and low.endswith(("'", "’")):
        low, whose = low[:-1], True
    return Word(text, low, kind, whose)


def looks(text: str) -> str:
    """The kind of a word by its looks."""
    if text in ("&", "+"):
        return "word"
    try:
        ip_address(text)
        return "address"
    except ValueError:
        pass
    if "/" in text and text[-1:].isdigit():
        try:
            ip_network(text, strict=False)
            return "network"
        except ValueError:
            pass
    address, colon, port = text.rpartition(":")
    if colon and port.isdigit() and len(port) <= 5 and looks(address.strip("[]")) == "address":
        return "endpoint"
    for kind, pattern in _KINDS:
        if pattern.fullmatch(text):
            return kind
    plain = text.replace("-", "").replace("'", "").replace("’", "")
    if plain.isalpha():
        return "word"
    return "name" if _NAME.fullmatch(text) else "odd"
