r"""Applications on the web that log to syslog or to files of their own.

WordPress, Drupal, Joomla, TYPO3, phpMyAdmin, Nextcloud, Seafile, Odoo, Redmine, OTRS, Dolibarr, Tine, and Suhosin
before them.

    Authentication failure for bob from 203.0.113.9                                            WordPress with WP fail2ban
    https://example.org|1430068525|user|203.0.113.9|https://example.org/user|...|0||Login attempt failed for bob.       Drupal
    user denied: root (mysql-denied) from 203.0.113.9                                          phpMyAdmin

Source of the words: the programs' sources.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "wordpress",
    "phpmyadmin",
    "drupal",
    "joomla",
    "typo3",
    "mediawiki",
    "phpbb",
    "seafile",
    "seahub",
    "owncloud",
    "nextcloud",
    "redmine",
    "glpi",
    "dolibarr",
    "otrs",
    "magento",
    "suhosin",
)
SIGN: Final = (
    r"(?i:authentication (?:failure|attempt) for |blocked (?:authentication attempt|user enumeration"
    r"|access|username)|xml-rpc (?:authentication|multicall)|pingback (?:error|requested)|user "
    r"denied: |user authenticated: "
    r"|login attempt failed|session opened for |failed login for |login failed(?: for user)?"
    r"|joomlafailure|tinebase|spam comment|bad_?user|logout_?user|untrusted x-forwarded-for|trusted "
    r"domain error|bruteforce attempt)|\|[0-9]{10}\|user\|"
    r"|ALERT(?:-SIMULATION)? - .{0,400}\(attacker '"
    r"|TYPO3|login successful for db:|Login with username |\(attacker \'Login-attempt from|Login(?: "
    r"attempt)? from "
)
LOGSOURCE: Final = Logsource(category="webserver", service="application")

_A: Final = rf"(?P<source.address>{IP})"
_WP: Final = ("wordpress", "web")
_DRUPAL: Final = ("drupal", "web")
_PMA: Final = ("phpmyadmin", "web")
# Site, time, kind, client, request, referrer, user number, link: only the message after them is free text.
_WATCHDOG: Final = rf"^https?://[^|\s]*\|[0-9]{{9,11}}\|[a-z_ ]+\|{_A}\|.+\|[0-9]+\|[^|]*\|"

PATTERNS: Final = (
    Pattern(rf"{_WATCHDOG}(?i:login attempt failed (?:for|from)) (?P<user.name>[^|]*?)\.$", refused(*_DRUPAL)),
    Pattern(rf"{_WATCHDOG}(?i:flood control blocked|too many failed)[^|]*$", denied("rate-limited", *_DRUPAL)),
    Pattern(rf"{_WATCHDOG}(?i:session opened for) (?P<user.name>[^|]*?)\.$", granted(*_DRUPAL)),
    Pattern(r"^https?://[^|\s]*\|[0-9]{9,11}\|", told(*_DRUPAL, category="web")),
    Pattern(
        r"(?:^|\]\s)(?:XML-RPC )?(?:Authentication (?:failure|attempt)|XML-RPC authentication (?:failure"
        r"|attempt)|Empty username|Blocked authentication attempt|REST authentication attempt)(?: (?:on "
        rf"\S+ )?for (?:unknown user |empty username )?(?P<user.name>.*?))? ?from {_A}$",
        refused(*_WP),
    ),
    Pattern(
        r"(?:^|\]\s)(?:Blocked (?:user enumeration attempt|username authentication|access|user|email)"
        r"|Pingback (?:error \S+ )?(?:generated|requested)|XML-RPC multicall authentication failure|Spam"
        r"(?:med)? comment|Spam comment \S+|Untrusted X-Forwarded-For header|Comment attempt on|Comment "
        r"post not found|Comment attempted on \S+|Password reset requested for \S+|Unknown or no REST) "
        rf"?.*from {_A}$",
        denied("access-denied", *_WP),
    ),
    Pattern(rf"(?:^|\]\s)Accepted (?:password|XML-RPC) ?for (?P<user.name>.*) from {_A}$", granted(*_WP)),
    Pattern(rf"(?:^|\]\s)user denied: (?P<user.name>.*) \([a-z-]+\) from {_A}$", refused(*_PMA)),
    Pattern(rf"(?:^|\]\s)user authenticated: (?P<user.name>.*) from {_A}$", granted(*_PMA)),
    Pattern(rf"{LEAD}Failed [Ll]ogin for '(?P<user.name>.*)' from {_A} at ", refused("redmine", "web")),
    Pattern(rf"{LEAD}Successful authentication for '(?P<user.name>.*)' from {_A} at ", granted("redmine", "web")),
    Pattern(rf"(?:^|\s){_A}\s+(?i:joomlafailure)\s", refused("joomla", "web")),
    Pattern(rf"(?i:joomlafailure)\s+{_A}\s", refused("joomla", "web")),
    Pattern(rf"Login failed for db:\S+ login:(?P<user.name>.*) from {_A}\s*$", refused("odoo", "web")),
    Pattern(rf"Login successful for db:\S+ login:(?P<user.name>.*) from {_A}\s*$", granted("odoo", "web")),
    Pattern(
        rf"Login-attempt from {_A}(?: \([^)]*\))?, username '(?P<user.name>.*)', (?:password not accepted|.*)",
        refused("typo3", "web"),
    ),
    Pattern(
        rf"Login failed:? '?(?P<user.name>[^']*?)'? \(Remote IP:? '?{_A}'?(?:, X-Forwarded-For: [^)]*)?\)",
        refused("nextcloud", "web"),
    ),
    Pattern(rf"Bruteforce attempt from \"{_A}\" detected", denied("rate-limited", "nextcloud", "web")),
    Pattern(rf"Trusted domain error\. \"{_A}\" tried to access using", denied("access-denied", "nextcloud", "web")),
    Pattern(
        rf"{LEAD}Login attempt limit reached(?:, (?:username/email|username|email): (?P<user.name>.*?))?, ip: {_A}",
        refused("seafile", "web"),
    ),
    Pattern(rf"DENIED? (?P<user.name>.*) \(?(?:from )?{_A}\)? (?:login|password)", refused("dolibarr", "web")),
    Pattern(rf"Login with username (?P<user.name>.*) from {_A} failed", refused("tine20", "web")),
    Pattern(
        rf"ALERT(?:-SIMULATION)? - .* \(attacker '{_A}'(?:, file '.*'(?:, line [0-9]+)?)?\)$",
        denied("web-attack-blocked", "suhosin", "web"),
    ),
    Pattern(
        rf"\[(?:Notice|Error)\]\[.*Auth.*\]\[User\]? ?(?P<user.name>.*) doesn't exist.*\(REMOTE_ADDR: {_A}\)",
        refused("otrs", "web"),
    ),
    Pattern(
        rf"User: (?P<user.name>.*) (?:authentication failed|doesn't exist).*REMOTE_ADDR: {_A}", refused("otrs", "web")
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, visitors turned away."""
    return apply(frame, PATTERNS)
