"""What a finding can be: its words, what it means for whoever reads it, and what to do about it.

{who} is who did it, {on} ` on web1` or nothing, {n} `144 events`, {span} ` between 03:12 and 03:23`, {names} ` for 9 accounts`;
{address} in advice is an address that was checked to be one. Nothing else of a log gets into advice.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from vedette.model.alert import Alert
from vedette.model.analysis import Category


class Kind(NamedTuple):
    """`rank`: how far an attack has come by then, for the order of advice. `advice` is for now, `check` for afterwards."""

    title: str
    category: Category
    rank: int
    says: str
    means: str
    advice: tuple[str, ...]
    check: tuple[str, ...] = ()


_BLOCK: Final = "Block {address} (`vedette block {address}`), or see that it is blocked."
_CUT_OFF: Final = "Cut the host off the network but leave it running: its memory is evidence."
_BORDER: Final = "Block the other end at the border: {peers}."

KINDS: Final[Mapping[str, Kind]] = {
    "brute-force": Kind(
        "Password guessing", "brute-force", 2,
        "{who} guessed passwords{names}{on}: {n}{span}.",
        "Guessing is the noise of every open login; it matters when a guess is right, or when it does not stop.",
        (_BLOCK, "Have people log in by key or with a second factor, and close the service to the internet where it need not be there."),
        ("Look for a login that was accepted from the same address, or for the same accounts from another one, in the day after.",),
    ),
    "account-takeover": Kind(
        "Login after guessed credentials", "brute-force", 7,
        "{who} was let in{names}{on} after its guesses had failed{span}.",
        "Somebody who should not have a password has one. Everything that this account did since is the intruder's until shown otherwise.",
        ("Lock the accounts that were let in and end their sessions; set new passwords and replace their keys.", _BLOCK,
         _CUT_OFF),
        ("Read what the account did since the login: shell history, sudo, new processes, outgoing connections.",
         "Try the same account on your other hosts' logs: passwords are used twice."),
    ),
    "port-scan": Kind(
        "Port scan", "port-scan", 1,
        "{who} looked for open services{on}: {n}{span}.",
        "A scan by itself does no harm. It tells what the next step will be aimed at.",
        (_BLOCK, "Compare what answers from outside with what should: every open port needs an owner."),
        ("Look whether the same address came back to a port that answered.",),
    ),
    "web-probing": Kind(
        "Search for weak spots of a web site", "port-scan", 1,
        "{who} asked for pages that only somebody looking for weak spots asks for{on}: {n}{span}.",
        "Tools do this all day. It matters when one of these requests was answered with content.",
        (_BLOCK,),
        ("List the requests of this address that were answered with status 200 and more than an error page.",),
    ),
    "web-attack": Kind(
        "Attack on a web application", "other", 3,
        "{who} sent requests meant to break the web application{on}: {n}{span}.",
        "One request that got through is enough; the status and the size of the answers tell.",
        (_BLOCK, "Bring the application and its libraries up to date; the rule names say which weakness was tried."),
        ("Look at the answers: a status 200 with an unusual size, and outgoing connections of the web server right after.",
         "Look for new files in the web root and for children of the web server's process."),
    ),
    "web-shell": Kind(
        "Request for a web shell", "malware", 3,
        "{who} asked for a web shell by its usual name{on}: {n}{span}.",
        "Either it looks for the leavings of others, or for its own. The answer's status tells which.",
        ("If it was answered, take the site offline and keep a copy of the web root before anything is cleaned.", _BLOCK),
        ("Compare the web root with what was deployed.",),
    ),
    "ddos": Kind(
        "Flood", "ddos", 4,
        "{who} flooded{on_or_net}: {n}{span}.",
        "The aim is that nobody else gets served. Sources of a flood are often forged: filter at the victim, not by source.",
        ("Ask your provider to filter upstream, and limit what a single source may begin (settings network and blocking).",
         "Put the service behind something that can take the load."),
        ("See what else happened at the time: a flood may be there to distract.",),
    ),
    "command-and-control": Kind(
        "Connection to somebody who gives orders", "malware", 9,
        "{host} talked to{peer} in a way that implants do{span}: {n}.",
        "Something on this host takes orders from outside.",
        (_CUT_OFF, _BORDER),
        ("Find the process behind the connection, its parent and its file; search your other hosts for the same address.",),
    ),
    "remote-shell": Kind(
        "Remote shell", "malware", 9,
        "A shell was handed to{peer}{on}{span}.",
        "This is an intruder at the keyboard, not a scan.",
        (_CUT_OFF, _BORDER),
        ("Find the process that opened the shell and how it came to run; that is the way in.",),
    ),
    "tool-transfer": Kind(
        "Tool fetched", "malware", 6,
        "A file was fetched from{peer} to where attackers keep their tools{on}{by}{span}.",
        "What is fetched is run next.",
        ("Keep a copy of the file and its hash, then remove it.", _BORDER),
        ("Search all hosts for the same hash, name and address.",),
    ),
    "execution": Kind(
        "Suspicious program", "malware", 6,
        "A suspicious program ran{on}{by}: {n}{span}.",
        "Legitimate tools look like this now and then; the parent process and the user tell.",
        ("Ask the account's owner. If nobody knows of it, cut the host off the network.",),
        ("Follow the process tree up to what started it, and down to what it started.",),
    ),
    "malware": Kind(
        "Malware", "malware", 8,
        "Malware showed itself{on}{by}: {n}{span}.",
        "The host can no longer be trusted.",
        ("Cut the host off the network, keep an image of it, and install it anew.",),
        ("Search all hosts for the same files, names and addresses.",),
    ),
    "persistence": Kind(
        "A way to come back", "malware", 7,
        "A way to come back was left{on}{by}: {n}{span}.",
        "Changing the password that was guessed no longer keeps the intruder out.",
        ("Remove what was added, after writing down what it was and who added it.",),
        ("Look at the other places too: accounts, keys, cron, services, start scripts.",),
    ),
    "escalation": Kind(
        "Higher rights taken", "other", 6,
        "Somebody took higher rights{on}{by}: {n}{span}.",
        "Who has these rights can also change what is logged here.",
        ("Take the rights back and close the way: narrow the sudo rule, patch, or remove the group membership.",),
        ("Compare with logs that were kept elsewhere.",),
    ),
    "credential-theft": Kind(
        "Stored credentials read", "other", 6,
        "Stored passwords or keys were read{on}{by}: {n}{span}.",
        "Every password and key that was there is known to somebody else.",
        ("Change every password and key that was stored there.",),
        ("Look for logins with them from new places.",),
    ),
    "credential-access": Kind(
        "Reach for credentials", "other", 6,
        "Somebody went after passwords, keys or sessions{on}{by}: {n}{span}.",
        "Which ones, if any, became known to somebody else, the evidence has to tell.",
        ("Find out which passwords, keys or sessions are concerned, and change or end them.",),
        ("Look for logins with them from new places.",),
    ),
    "lateral-movement": Kind(
        "Movement to other hosts", "other", 8,
        "Somebody went on to other hosts{on}{by}: {n}{span}.",
        "One host is no longer the whole of it.",
        ("Separate the networks between the hosts concerned, and lock the account that was used.",),
        ("Go through the logins of that account on all hosts.",),
    ),
    "exfiltration": Kind(
        "Data carried out", "exfiltration", 9,
        "Data went out{on}{by} to{peer}: {n}{span}.",
        "What has left cannot be called back: find out what it was, since others may have to be told.",
        (_CUT_OFF, _BORDER),
        ("Find out which files were read and packed before; ask whoever answers for data protection about duties to report.",),
    ),
    "covering-tracks": Kind(
        "Tracks covered", "other", 8,
        "Traces were removed or watching was switched off{on}{by}: {n}{span}.",
        "Nobody does this by mistake. What the logs here no longer say has to come from elsewhere.",
        ("Save the logs that are left to another machine now.", "Switch on again what was switched off."),
        ("Fill the gap from other sources: firewall, flows, the other end, backups.",),
    ),
    "discovery": Kind(
        "Looking around", "other", 5,
        "Somebody looked around{on}{by}: {n}{span}.",
        "An administrator does this too; an intruder does it first.",
        ("Ask the account's owner.",),
        ("See what the same account did next.",),
    ),
    "impact": Kind(
        "Damage", "malware", 10,
        "Data or services were damaged{on}{by}: {n}{span}.",
        "Every further minute costs.",
        ("Cut the hosts off the network and protect the backups first.",),
        ("Find the first host before anything is restored.",),
    ),
    "known-bad": Kind(
        "Known indicator", "malware", 5,
        "Something that others have reported as hostile was seen{on}: {n}{span}.",
        "Lists are wrong now and then; the direction and what was exchanged tell.",
        (_BLOCK,),
        ("See who in your network spoke to it, and since when.",),
    ),
    "anomaly": Kind(
        "Unlike before", "other", 2,
        "{who} behaved unlike before{on}: {n}{span}.",
        "Unusual is not hostile: a new backup job looks like this as well.",
        ("Ask whoever runs it whether something changed.",),
        ("If nobody knows, look at what else this source did at the time.",),
    ),
    "administration": Kind(
        "Change worth a look", "other", 2,
        "{rule}{on}{by}: {n}{span}.",
        "Administrators do this every day; it matters when nobody knows of it, or beside what else is told here.",
        ("Ask who did it, and compare with what was planned.",),
    ),
    "other": Kind(
        "Something unusual", "other", 3,
        "{rule}{on}{by}: {n}{span}.",
        "The rule's own words say what it is.",
        ("Read the evidence and decide whether it was meant.",),
    ),
}  # fmt: skip

_BY_TECHNIQUE: Final = (
    ("T1110", "brute-force"), ("T1595.002", "web-probing"), ("T1595.003", "web-probing"), ("T1592", "web-probing"),
    ("T1595.001", "port-scan"), ("T1046", "port-scan"), ("T1505.003", "web-shell"), ("T1190", "web-attack"),
    ("T1498", "ddos"), ("T1499", "ddos"), ("T1571", "command-and-control"), ("T1095", "remote-shell"),
    ("T1071", "command-and-control"), ("T1219", "command-and-control"), ("T1105", "tool-transfer"),
    ("T1003", "credential-theft"), ("T1552", "credential-theft"), ("T1555", "credential-theft"), ("T1558", "credential-theft"),
    ("T1070", "covering-tracks"), ("T1562", "covering-tracks"), ("T1685", "covering-tracks"), ("T1686", "covering-tracks"),
    ("T1485", "impact"), ("T1486", "impact"), ("T1489", "impact"), ("T1490", "impact"), ("T1529", "impact"),
)  # fmt: skip
_BY_CLASS: Final = {
    "scan": "port-scan", "flood": "ddos", "reflection": "ddos", "spoofing": "ddos", "web": "web-attack",
    "execution": "execution", "persistence": "persistence", "escalation": "escalation", "exfiltration": "exfiltration",
    "tunnel": "exfiltration", "beacon": "command-and-control", "malware": "malware", "anomaly": "anomaly",
    "indicator": "known-bad", "other": "other",
}  # fmt: skip
_BY_TACTIC: Final = {
    "discovery": "discovery", "lateral-movement": "lateral-movement", "exfiltration": "exfiltration",
    "command-and-control": "command-and-control", "persistence": "persistence", "privilege-escalation": "escalation",
    "execution": "execution", "stealth": "covering-tracks", "defense-evasion": "covering-tracks",
    "defense-impairment": "covering-tracks", "impact": "impact", "credential-access": "credential-access",
}  # fmt: skip
_DEED_FIRST: Final = frozenset({"persistence", "escalation", "exfiltration", "flood", "reflection", "spoofing", "tunnel", "beacon"})
"""Classes that say more than the technique beside them."""
_GUESSES: Final = frozenset({"authentication", "scan"})


def kind_of(alert: Alert) -> str:
    """The key in KINDS that an alert belongs to."""
    techniques = [technique.upper() for technique in alert.techniques]
    guessing = any(each.startswith("T1110") for each in techniques)
    entering = any(each.startswith("T1078") for each in techniques)
    if guessing and entering:
        return "account-takeover"
    if guessing and alert.alert_class in _GUESSES:
        return "brute-force"
    if alert.alert_class in _DEED_FIRST:
        return _BY_CLASS[alert.alert_class]
    named = [kind for begin, kind in _BY_TECHNIQUE if any(each.startswith(begin) for each in techniques)]
    if alert.alert_class in ("scan", "web") and named:
        # Of several the one that its author named first.
        named = [kind for each in techniques for begin, kind in _BY_TECHNIQUE if each.startswith(begin)]
        fitting = [kind for kind in named if KINDS[kind].rank <= 3]
        return fitting[0] if fitting else _BY_CLASS[alert.alert_class]
    if named:
        return max(named, key=lambda kind: KINDS[kind].rank)
    if alert.alert_class in _BY_CLASS and alert.alert_class != "other":
        return _BY_CLASS[alert.alert_class]
    tactics = [tactic.lower().replace("_", "-").replace(" ", "-") for tactic in alert.tactics]
    return next((_BY_TACTIC[tactic] for tactic in tactics if tactic in _BY_TACTIC), "other")
