"""A question as items: phrases with their meanings, literals, and words that no one knows."""

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from vedette.search.ask.concepts import CONCEPTS, FILE_ROOTS, VERBS
from vedette.search.ask.lexicon import Lexicon
from vedette.search.ask.words import Word

_BETWEEN: Final = frozenset(
    {"filler", "which", "distinct", "inside", "state", "prep", "name", "person", "account", "word", "type", "service"}
)
"""What may stand between a verb and its thing: the log of srv1 was cleared."""
_NAMES: Final = frozenset({"name", "person", "account", "quoted"})
MACHINES: Final = (
    "web", "db", "dc", "srv", "ws", "fw", "mail", "mx", "app", "node", "host", "pc", "vm", "nas", "sw", "lb", "proxy", "file", "prod",
    "dev", "stage", "k8s", "vpn", "dns", "ns", "gw", "ad", "sql", "laptop", "desktop", "client", "server", "box", "esx", "bastion",
)  # fmt: skip
_SLIPS: Final = 20
"""Words that are looked at for slips, the first of them: more, and it is no question."""
_NAMING: Final = frozenset({"user", "username", "account", "by", "as", "of", "host", "named", "called"})
"""Words before a name, which is no short form."""
_CALL: Final = re.compile(
    r"(Accept|Add|Allocate|Assume|Attach|Authorize|Cancel|Console|Copy|Create|Deactivate|Decrypt|Delete|Deregister|Describe|"
    r"Detach|Disable|Disassociate|Enable|Encrypt|Generate|Get|Head|Import|Invoke|Leave|List|Lookup|Modify|Put|Reboot|Register|"
    r"Remove|Replace|Reset|Restore|Revoke|Run|Schedule|Send|Set|Share|Start|Stop|Switch|Terminate|Update|Upload)"
    r"([A-Z][A-Za-z0-9]{0,60})",
    re.ASCII,
)
"""How clouds name what can be called: DeleteBucket, AssumeRole."""
_HOSTS: Final = ("server", "srv", "host", "gateway", "bastion", "router", "switch", "firewall")


class Item(NamedTuple):
    """A piece of the question.

    Attributes:
        kind, value: as in Meaning; of a literal the kind and text of its word. word: unknown; time: read by times.py.
        start, end: the words it is made of.
    """

    kind: str
    value: str
    start: int
    end: int
    plural: bool = False
    whose: bool = False
    capital: bool = False


def items(words: Sequence[Word], used: Collection[int], leads: Collection[int], lexicon: Lexicon) -> list[Item]:
    """All of them in order; what was read as time is one, but what only leads to a time may end a phrase."""
    spoken = ("word", "name", "sign", "number", "option", "domain")
    lows = [word.low.lower() if word.kind in spoken else f"\0{word.kind}" for word in words]
    shouted = all(word.text.isupper() for word in words if word.kind == "word")
    found: list[Item] = []
    at = 0
    while at < len(words):
        if at in used:
            end = next((n for n in range(at, len(words)) if n not in used), len(words))
            found.append(Item("time", "", at, end))
            at = end
            continue
        word = words[at]
        end = next((n for n in range(at, len(words)) if n in used and n not in leads), len(words))
        if word.kind in ("word", "name", "sign", "glob", "option", "domain"):
            acronym = word.text in ("IT", "US") and not shouted  # no pronouns
            phrase = None if acronym else lexicon.find(lows, at, end)
            if phrase is not None:
                meaning = phrase.meaning
                last = words[at + phrase.words - 1]
                found.append(
                    Item(meaning.kind, meaning.value, at, at + phrase.words, meaning.plural, last.whose, _capital(word))
                )
                at += phrase.words
                continue
        found.append(_literal(word, at, lexicon))
        at += 1
    return found


def corrected(words: Sequence[Word], lexicon: Lexicon) -> tuple[list[Word], list[str]]:
    """Words that are a slip of a known one in its place, and a note of each. Names, and words that are known, stay."""
    out: list[Word] = []
    notes: list[str] = []
    slips = _SLIPS
    for at, word in enumerate(words):
        named = at > 0 and words[at - 1].low in _NAMING
        better = lexicon.language.short.get(word.low) if word.kind == "word" and not named else None
        if better is None and slips and word.kind == "word" and not _capital(word) and not lexicon.knows(word.low):
            better, slips = lexicon.meant(word.low), slips - 1
        if better:
            notes.append(f"{word.text}: read as {better}")
        out.append(word._replace(low=better) if better else word)
    return out, notes


def _capital(word: Word) -> bool:
    return word.text[:1].isupper() and not word.text.isupper()


def _literal(word: Word, at: int, lexicon: Lexicon) -> Item:
    if word.kind in ("comma", "mark"):
        return Item("comma" if word.kind == "comma" else "filler", word.low, at, at + 1)
    if word.kind == "number":
        digits = word.low.replace(",", "")
        value = f"{digits[:-1]}000" if digits[-1:] in "kK" else digits
        return Item("number", value, at, at + 1)
    if word.kind == "word":
        if word.low in lexicon.language.names:
            return Item("person", word.low, at, at + 1, whose=word.whose, capital=_capital(word))
        if word.low in lexicon.language.numbers:
            return Item("number", str(lexicon.language.numbers[word.low]), at, at + 1)
        if _CALL.fullmatch(word.text):
            return Item("call", word.text, at, at + 1)
        return Item("word", word.low, at, at + 1, whose=word.whose, capital=_capital(word))
    return Item(word.kind, word.low, at, at + 1, whose=word.whose)


def host_like(name: str) -> bool:
    """Whether a name looks like that of a machine: web01, db-3, mailserver; not svc_backup."""
    if "_" in name or name.startswith(("svc", "sa-", "adm-", "user")) or "@" in name or "$" in name:
        return False
    return any(c.isdigit() for c in name) or "-" in name or name.endswith(_HOSTS)


def paired(found: list[Item]) -> list[Item]:
    """What was done to something, as one: `users were created`, `deleted the account`, `event log cleared`."""
    out = list(found)
    failed_logins = any(each.kind == "concept" and CONCEPTS[each.value].topic == "login" for each in found)
    for at, item in enumerate(found):
        if item.kind == "subnet" and [each.kind for each in found[at + 1 : at + 2]] == ["network"]:
            for back in range(at - 1, -1, -1):  # the guest network 10.66.0.0/16
                if found[back].kind not in ("word", "account", "person"):
                    break
                out[back] = found[back]._replace(kind="filler", value="")
        named = next((each.kind for each in found[at + 1 :] if each.kind != "filler"), "")
        if (item.kind, item.value) == ("state", "resolved") and named in ("domain", "file"):
            out[at] = item._replace(kind="concept", value="dns")  # who resolved evil.example
        failed = (item.kind, item.value) in (("outcome", "failure"), ("concept", "crash"))
        group = found[at + 1 : at + 2]
        if (item.kind, item.value) == ("verb", "added") and group and (group[0].kind, group[0].value) == ("prep", "to"):
            people = [n for n in range(max(at - 2, 0), at) if found[n].kind == "entity" and found[n].value == "user"]
            if people:  # users added to domain admins
                out[at] = item._replace(kind="concept", value="member-added")
                out[people[0]] = found[people[0]]._replace(kind="filler", value="")
                continue
        if (item.kind, item.value) == ("verb", "removed") and group and (group[0].kind, group[0].value) == ("prep", "from"):
            people = [n for n in range(max(at - 2, 0), at) if found[n].kind == "entity" and found[n].value in ("user", "member")]
            groups = [each for each in found[at + 2 : at + 3] if each.kind == "thing" or each.value == "group"]
            if people and groups:  # users removed from domain admins
                out[at] = item._replace(kind="concept", value="member-removed")
                out[people[0]] = found[people[0]]._replace(kind="filler", value="")
                continue
        if failed_logins and (item.kind, item.value) == ("outcome", "failure"):
            continue  # logins on the mysql service that failed
        verb = item.value if item.kind == "verb" else "failed" if failed else ""
        if not verb:
            continue
        doer = next((n for n in range(at - 1, -1, -1) if found[n].kind == "entity"), 0)
        asked = doer and found[doer - 1].kind == "which" and doer >= at - 2
        for step in (1, -1) if asked else (-1, 1):  # which users deleted files
            other = at + step
            over = _BETWEEN if item.kind == "verb" else {"filler"}
            while 0 <= other < len(found) and found[other].kind in over:
                other += step
            if not 0 <= other < len(found):
                continue
            thing = {"user-added": "user", "password-changed": "password"}.get(found[other].value, found[other].value)
            if found[other].kind == "path" and thing.startswith(FILE_ROOTS) and ("file", verb) in VERBS:
                out[at] = item._replace(kind="concept", value=VERBS["file", verb])  # changed /etc/sudoers
                break
            if (
                step == 1
                and other + 1 < len(found)
                and found[other].kind == "entity"
                and found[other + 1].kind in _NAMES
            ):
                out[at] = (
                    item._replace(kind="concept", value=VERBS.get((thing, verb), ""))
                    if (thing, verb) in VERBS
                    else item
                )
                break  # created user bob2: whose name follows
            if step == 1 and [each.kind for each in found[other + 1 : other + 2]] in (["inside"], ["outside"]):
                break  # made a bucket public
            concept = VERBS.get((thing, verb)) if found[other].kind in ("entity", "thing", "concept") else None
            if concept is not None:
                out[at] = item._replace(kind="concept", value=concept)
                before = next((each for each in reversed(found[:other]) if each.kind != "filler"), item)
                if before.kind not in ("which", "top", "most"):
                    out[other] = found[other]._replace(kind="filler", value="")
                break
    return out


def surely_host(name: str) -> bool:
    """Whether it looks like nothing but a machine: web01, db-3; not bob2."""
    bare = name.rstrip("0123456789")
    return host_like(name) and ("-" in name or bare in MACHINES or name.endswith(_HOSTS))
