r"""What programs that we do not know say when a login fails, succeeds or access is refused.

Conservative by design: the words must say it plainly, and words that only speak about such things (settings, counters,
what another server answered) say nothing.
"""

from typing import Final

import polars as pl

from vedette.parse.patterns import FEW, engine

_LOGIN: Final = (
    r"(?:log[ _-]?[io]n|logged[ -]?in|sign[ _-]?[io]n|authenticat[a-z]*|authn?|password|passwd"
    r"|passphrase|credentials?|passcode"
    r"|2fa|mfa|t?otp|two[- ]factor|second[- ]factor|user ?name|api[ _-]?key|(?:rcon|access|security"
    r"|shared) (?:key|password|secret))"
)
_BAD: Final = (
    r"(?:fail(?:ed|ure|ures|s)?|invalid|incorrect|wrong|bad|reject(?:ed|ing)?|refus(?:ed|ing)|denied"
    r"|mismatch(?:ed)?"
    r"|unsuccessful|illegal|violation|not (?:valid|accepted|correct|recogni[sz]ed|match)|do"
    r"(?:es)?n'?t match|did(?: no|n')t match|no match)"
)
_BETWEEN: Final = (
    r"(?:(?:to|the|an?|user|ssh|web|admin|root|remote|of|or|for|attempts?|http|basic|digest|ldap"
    r"|local|client|smtp|sasl|given|"
    r"supplied|provided|e-?mail|email|[0-9]fa|account|user[- ]?name|and|interactive|api|session|new"
    r"|password|login|rpc|imap|pop3?|ftp|webmail|sip|vnc|telnet|rdp|xmpp|vpn|ldaps?)[ /_-]+){0,3}"
)
FAILED: Final = (
    rf"(?i)\b{_BAD}[ _:/'-]+{_BETWEEN}{_LOGIN}\b"
    rf"|\b{_LOGIN}\b[\])]?(?:[ _:'\",=/(-]+[^\s,;]+){{0,6}}?[ _:'\",=/(-]+{_BAD}\b"
    r"|\b(?:auth[a-z]*|login|log-?on|sign-?in|password)[ _-]?(?:error|failure|fail|failed|denied"
    r"|attempt failed)\b"
    r"|\b(?:loginfailed|login_?fail[a-z]*|auth_?fail[a-z]*|fail(?:ed)?_?(?:login|auth)|badlogin"
    r"|login_?error|invalid_?(?:credentials|login|password|grant))\b"
    r"|\b(?:unknown|invalid|illegal|non-?existent|nonexist[ae]nt|no such|bad|unrecogni[sz]ed) "
    r"(?:user(?:[ -]?name)?|account|login|admin(?:istrator)?|identity)\b"
    r"|\b(?:user|account)(?: [^\s,;]+)? (?:not found|unknown|does ?n[o']t exist|does not exist|(?:is "
    r"|has been |temporarily )*locked|lockout)\b"
    r"|\btoo many (?:failed|invalid|incorrect|wrong|bad|authentication|auth|login|password)\b"
    r"|\b(?:could not|couldn't|can ?not|unable to|failed to|can't) (?:log ?in|authenticate|sign ?in"
    r"|verify (?:password|credentials))\b"
    r"|\bfailed (?:attempt|access attempt|authorization)\b|\bnot authenticated\b|\bdo not match\b"
)
GRANTED: Final = (
    r"(?i)\b(?:log[ -]?[io]n|sign[ -]?in|authentication|auth|session)\b(?:[ "
    r"_:'\",=-]+[^\s,;]+){0,4}?[ _:'\",=-]+"
    r"(?:succe(?:ss|eded|ssful|ssfully)|accepted|granted|ok)\b"
    r"|\bsuccess(?:ful|fully)?[ _:-]+(?:[a-z0-9]+ ){0,2}(?:log(?:ged)?[ _-]?[io]n|sign(?:ed)?[ -]?in"
    r"|authenticat[a-z]+|auth)\b"
    r"|\b(?:has |is |now |user [^\s]+ )?logged[ -]in\b|\b(?:login|auth)_?succe[a-z]+\b"
)
REFUSED: Final = (
    r"(?i)\b(?:ip|host|address|client|peer)(?: address)? (?:[^\s]+ )?(?:has been |was |is |temporarily |now )*"
    r"(?:blocked|banned|locked out)\b|\bexceeded [^.]{0,40}(?:log-?ins?|auth[a-z]*) attempts|"
    r"\b(?:log-?in|auth[a-z]*) attempts? limit reached\b|"
    r"\baccess(?: to [^\s]+)?(?: was| is| has been)? (?:denied|refused|forbidden|not allowed"
    r"|blocked)\b|\b(?:denied|refused|blocked|forbidden|illegal|unauthori[sz]ed) access\b"
    r"|\b(?:access|permission)[ _](?:denied|violation)\b|\bunauthori[sz]ed\b|\bnot authori[sz]ed\b"
    r"|\bnot permitted\b"
    r"|\b(?:refus(?:ed|ing)|reject(?:ed|ing)|denied|denying|block(?:ed|ing)|dropp(?:ed|ing)|illegal|unexpected|suspicious"
    r"|unallowed|disallowed)(?: [a-z]+)? (?:connect|connection|query|request|packet|session|peer|host|client"
    r"|transfer)s?(?: attempts?)?:? (?:from|by|for)\b"
    r"|\bconnection(?: attempt)?(?: from)? [^\s]+(?: [^\s]+){0,3}? (?:refused|rejected|denied|not "
    r"allowed|not permitted|blocked)\b"
    r"|\b(?:possible |detected |suspected )?(?:brute[ -]?force|break-?in|intrusion|hack(?:ing)?"
    r"|attack|probe|port ?scan(?:ning)?|exploit|injection)(?: attack| attempt)?s?(?: was| is)?(?: "
    r"detected)?[ :]*(?:from|by|coming from|on port|attempt)\b"
    r"|\b(?:acl|rule|policy|firewall|blacklist|blocklist|denylist)\b.{0,30}\b(?:denied|rejected"
    r"|blocked|refused)\b"
    r"|\b(?:denied|rejected|blocked|refused) by (?:acl|rule|policy|blacklist|blocklist|denylist"
    r"|access)|\baxfr\b.*\b(?:refused|denied)\b"
    r"|\bnot allowed to (?:connect|log|access|use)\b|\bbad rcon\b|\bquery\b.*\b(?:refused|denied)\b"
)
BENIGN: Final = (
    r"(?i)\b(?:no|not|without|zero|0|never|non|ignor(?:e|ed|ing)) (?:[a-z]+ )?(?:fail(?:ed|ures?)"
    r"|invalid|unauthori[sz]ed|denied|refused|brute|attack|auth[a-z]* fail)"
    r"|\b(?:un-?(?:ban|block)(?:ned|ned|ed|ing)?|unlocked|unblock)\b|\b(?:clear|reset|flush|expir"
    r"|remov)[a-z]* .{0,40}(?:fail|lock|ban|attempts|counter)"
    r"|\b(?:if|unless|whether|when|until|in case) .{0,40}(?:fail|denied|refused|invalid|wrong|incorrect)"
    r"|\b(?:failed|unable|could ?n[o']t|could not|can ?not|can't|error|errors|failure) (?:to |while "
    r"|when |in )?(?:load|open|read|writ|connect|start|send|fetch|get|creat|find|initiali|pars|bind"
    r"|resolv|sav|stor|reach"
    r"|contact|set|updat|delet|retriev|map|execut|run|process|regist|sync|upgrad|import|decod|encod"
    r"|stat|lookup|look up|renew|obtain)"
    r"|\b(?:upstream|backend|server|host|relay|proxy|database|ldap server|smtp server|remote "
    r"server)\b.{0,80}\b(?:said|replied|responded|returned|unavailable|unreachable|timed out)\b"
    r"|\bconnect(?:ing|ed|ion)? (?:to|with) .{0,80}(?:refused|failed|timed? ?out|rejected|denied|error)"
    r"|\b(?:connection|network|socket|i/o|dns|tls|ssl) (?:timed? ?out|error|unreachable|reset)\b"
    r"|\bdeprecat|\bwill be (?:rejected|denied|refused|ignored)"
    r"|\b(?:loading|loaded|reload[a-z]*|configur[a-z]*|enabl(?:e|ed|ing)|initiali[sz][a-z]*"
    r"|registering|registered|setting|^using|[:;,.\]] using|adding|added)\b.{0,60}\b(?:auth[a-z]*|login|password"
    r"|credentials?|fail[a-z]*)\b"
    r"|\bpassword (?:was |has been |successfully )*(?:changed|updated|set|reset|expires)\b"
    r"|\bfail2ban\b|\bcrowdsec\b"
)
_STEMS: Final = (
    r"(?i)auth|log[ _-]?[io]n|sign[ _-]?[io]n|logged|password|passwd|credential|denied|refused|reject"
    r"|forbid|blocked|attack|brute|intrusion"
    r"|scan|unknown|invalid|locked|permitted|allowed|rcon|2fa|mfa|otp"
)
ANY: Final = _STEMS
"""Cheap: what it lets through is judged by the phrases."""

# What stands in quotes is often somebody's choice (a name, a search), unless the program says that it is its own word.
_OWN: Final = (
    r"(?i)(^|\b(?:msg|message|error|err|reason|status|result|event|type|action|detail|details|description|cause|info"
    r"|exception|code|outcome|response|warning)[\"']?\s*[:=]?\s*)[\"]([^\"]{0,200})[\"]"
)
_CHOSEN: Final = r"\"[^\"]*\"|(?i)(?:\b(?:user(?:[ _-]?name)?|login|account|for|search|query|as|of|uname)[ =:]+)'[^']*'"

# A name of an event, such as user.login.failed or UserLoginFailed, is words too.
_NAME: Final = r"^[A-Za-z][0-9A-Za-z.:/-]*$"
_HUMP: Final = r"([a-z])([A-Z])"

_VERDICTS: Final = ((FAILED, "failure"), (REFUSED, "denied"), (GRANTED, "success"))


def verdicts(texts: pl.Series) -> pl.Series:
    """`failure`, `denied`, `success`, or null where the words say nothing clear. `LOGIN_FAILED` is two words, `UserLoginFailed`
    three."""
    if len(texts) <= FEW:
        judgements = [None if text is None else judged(text) for text in texts.to_list()]
        return pl.Series(texts.name, judgements, dtype=pl.String())
    words = texts.str.replace_all("_", " ", literal=True)
    parted = words.str.replace_all(_HUMP, "${1} ${2}").str.replace_all(".", " ", literal=True)
    words = words.zip_with(~words.str.contains(_NAME), parted)
    words = words.str.replace_all(_OWN, "${1} ${2} ").str.replace_all(_CHOSEN, '"" ')
    word = pl.col("words")
    said = pl.coalesce(pl.when(word.str.contains(regex)).then(pl.lit(verdict)) for regex, verdict in _VERDICTS)
    found = words.alias("words").to_frame().with_columns(said=said)
    return found.select(pl.when(~word.str.contains(BENIGN)).then("said").alias(texts.name)).to_series()


def judged(text: str) -> str | None:
    """The same for one short text."""
    raw = text.replace("_", " ").encode("utf-8", "replace")
    if engine(_NAME).search(raw):
        raw = engine(_HUMP).sub(rb"\1 \2", raw).replace(b".", b" ")
    raw = engine(_CHOSEN).sub(b'"" ', engine(_OWN).sub(rb"\1 \2 ", raw))
    if engine(BENIGN).search(raw):
        return None
    return next((word for regex, word in _VERDICTS if engine(regex).search(raw)), None)


_ABOUT_LOGIN: Final = r"(?i)log[ ._/-]?in\b|sign[ ._/-]?in\b|\bsession|authenticat|/auth\b|\bauth\b|oauth|token"


def about_login(text: str) -> bool:
    """Whether a short text, or a path, is about logging in at all."""
    return engine(_ABOUT_LOGIN).search(text.replace("_", " ").encode("utf-8", "replace")) is not None


_LOGIN_ITSELF: Final = r"(?i)log[ ._/-]?in\b|sign[ ._/-]?in\b|authenticat|\bauthn?\b"


def names_login(text: str) -> bool:
    """Whether a short text names logging in itself, not sessions or tokens."""
    return engine(_LOGIN_ITSELF).search(text.replace("_", " ").encode("utf-8", "replace")) is not None
