r"""Mail filters and policy services: amavis, SpamAssassin, rspamd, milters, postgrey, policyd-spf, fangfrisch.

    (01234-05) Blocked SPAM {DiscardedInbound}, [203.0.113.9]:51122 [203.0.113.9] <a@example.net> -> <b@example.org>, ...
    <3c1>; rspamd_task_write_log: id: <..>, ip: 203.0.113.9, from: <..>, (default: T (reject): [15.2/12.0] [...

Source of the words: the programs' own log templates. Passed mail is held against nobody.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "amavis",
    "amavisd",
    "amavisd-new",
    "spamd",
    "rspamd",
    "postgrey",
    "policyd-spf",
    "python-policyd-spf",
    "spf-milter",
    "opendmarc",
    "opendkim",
    "milter-greylist",
    "mimedefang",
    "mailscanner",
    "spamassassin",
    "clamav-milter",
    "milter-regex",
    "spamass-milter",
    "policyd",
    "cbpolicyd",
    "postfwd",
    "postfwd2",
    "postfwd3",
    "postfix-policyd",
)
SIGN: Final = r"^\([0-9]+-[0-9-]+\) (?:Blocked|Passed) |rspamd_task_write_log: "
LOGSOURCE: Final = Logsource(product="linux", service="mail")

_A: Final = rf"(?P<source.address>{IP})"


def _spam(name: str) -> dict[str, str]:
    return denied("spam-rejected", name, "mail", "email")


PATTERNS: Final = (
    Pattern(rf"^\([0-9]+-[0-9-]+\) Blocked [^\[]*?,? (?:LOCAL )?\[{_A}\]", _spam("amavis")),
    Pattern(r"^\([0-9]+-[0-9-]+\) (?:Passed|Blocked) ", told("amavis", "mail", category="email")),
    Pattern(
        rf"rspamd_task_write_log: .*?\bip: {_A}, .*\(default: [TF] \((?:reject|discard|quarantine)\)", _spam("rspamd")
    ),
    Pattern(r"rspamd_task_write_log: ", told("rspamd", "mail", category="email")),
    Pattern(rf"^action=(?:greylist|pass),.*client_address={_A}", told("postgrey", "mail", "greylisted", "email")),
    Pattern(rf"^(?:\S+ )?(?i:550|reject|prepend)?.*\bSPF fail\b.*\bclient-ip={_A}", _spam("policyd-spf")),
    Pattern(rf"^Reject(?:ed)?[; ].*\bclient-ip={_A}", _spam("policyd-spf")),
    Pattern(rf"^\[RULES\] .*?, client=[^\[]*\[{_A}\].*, action=(?:REJECT|[45][0-9][0-9])", _spam("postfwd")),
    Pattern(rf"^module=\S+, action=(?:reject|defer|block), host={_A},", _spam("policyd")),
    Pattern(rf"^MDLOG,[^,]*,(?:spam|virus|reject|bad_\w+|no_such_user),[^,]*,{_A},", _spam("mimedefang")),
    Pattern(rf"^(?:RBL checks: )?\S+ found in .*|^Message \S+ from {_A} \(.*\) to \S+ is spam", _spam("mailscanner")),
    Pattern(rf"^SA: .*\brejected\b.*\[{_A}\]", _spam("spamassassin")),
    Pattern(
        r"^(?:spamd: )?(?:connection from|identified spam|clean message|processing message|result: "
        r"|checking message|setuid to)",
        told("spamassassin", "mail", category="email"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Mail that was refused, and the reports of mail that passed."""
    return apply(frame, PATTERNS)
