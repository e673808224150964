"""What can be asked about, in terms of fields. Nothing here depends on a language; words lead here by name.

Clauses are written `field=value|value`, `field~glob|glob`, `field>=value`, `field/regex`, `field=*` (there is one),
`=text` (in the text of the record), several fields as `a,b=value`, joined by `;`.
"""

from typing import Final, NamedTuple

from vedette.model.question import Clause
from vedette.model.stored import About


class Concept(NamedTuple):
    """A kind of record.

    Attributes:
        events, alerts: clauses that find it there; None: it cannot be told there. "" restricts nothing.
        attempts: clauses for events where the question names a service, which alerts do not know.
        about: where it is looked for when the question does not say.
        topic: what it is about, which tells how names beside it are meant.
    """

    events: str | None = None
    alerts: str | None = None
    attempts: str | None = None
    topic: str = ""

    @property
    def about(self) -> About | None:
        """None: wherever the rest of the question leads."""
        if self.events is None:
            return "alerts"
        return "events" if self.alerts is None else None


_GUESS: Final = "event.category=authentication;event.outcome=failure"

CONCEPTS: Final[dict[str, Concept]] = {
    "login": Concept("event.category=authentication", "alert.class=authentication", topic="login"),
    "logged-in": Concept("event.category=authentication", "alert.class=authentication", topic="login"),
    "invalid-user": Concept("event.category=authentication;=invalid user", "rule.name~*does not exist*|*do not exist*|*unknown accounts*", topic="login"),
    "interactive": Concept("event.category=authentication;LogonType=2", topic="login"),
    "multicast": Concept("destination.ip=224.0.0.0/4|ff00::/8", topic="network"),
    "broadcast": Concept("destination.ip=255.255.255.255", topic="network"),
    "ticket": Concept("winlog.event_id=4768|4769", topic="login"),
    "tgt": Concept("winlog.event_id=4768", topic="login"),
    "tgs": Concept("winlog.event_id=4769", topic="login"),
    "failed-user": Concept("event.category=authentication;event.outcome=failure", topic="login"),
    "public-key": Concept("=publickey", topic="login"),
    "logout": Concept("event.action=logout|session-end", topic="login"),
    "lockout": Concept("event.action=account-locked", "rule.name~*locked*", topic="login"),
    "session": Concept("event.category=session", topic="login"),
    "user-added": Concept("event.action=user-added", "rule.name~*account added*|*account created*", topic="iam"),
    "user-deleted": Concept("event.action=user-deleted", topic="iam"),
    "user-changed": Concept("event.action=user-changed", topic="iam"),
    "user-unlocked": Concept("event.action=account-unlocked", topic="iam"),
    "user-disabled": Concept("event.action=user-disabled", topic="iam"),
    "account-changes": Concept("event.category=iam", topic="iam"),
    "password-changed": Concept("event.action=password-changed|password-change", "rule.name~*password changed*", topic="iam"),
    "member-added": Concept("event.action=group-member-added", "rule.name~*member added*|*administrators' group*", topic="iam"),
    "member-removed": Concept("event.action=group-member-removed", topic="iam"),
    "group-added": Concept("event.action=group-added", topic="iam"),
    "group-deleted": Concept("event.action=group-deleted", topic="iam"),
    "group-changed": Concept("event.action=group-changed", topic="iam"),
    "privilege-use": Concept("event.action=privilege-use", topic="iam"),
    "connection": Concept("event.category=network", topic="network"),
    "blocked-connection": Concept("event.action=connection-blocked", "rule.name~*firewall blocked*", topic="network"),
    "rate-limited": Concept("event.action=rate-limited", topic="network"),
    "request": Concept("event.category=web", topic="web"),
    "bot": Concept("user_agent.original~*bot*|*crawler*|*spider*", topic="web"),
    "api-call": Concept("event.category=web", topic="web"),
    "web-error": Concept("http.response.status_code>=400", topic="web"),
    "server-error": Concept("http.response.status_code>=500", topic="web"),
    "not-found": Concept("http.response.status_code=404", topic="web"),
    "process": Concept("event.category=process", topic="process"),
    "encoded-command": Concept(r"process.command_line/(?i)\s[-/]e(c|nc?[a-z]*)?\s", "rule.name~*encoded command*", topic="process"),
    "sudo": Concept("service.name=sudo", "rule.name~*sudo*", topic="process"),
    "service-installed": Concept("event.action=service-installed", "rule.name~*service installed*", topic="service"),
    "service-failed": Concept("event.action=service-failed", topic="service"),
    "service-stopped": Concept("event.action=service-stopped|service-stop", topic="service"),
    "service-started": Concept("event.action=service-started|service-start", topic="service"),
    "task-created": Concept("event.action=scheduled-task-created", "rule.name~*scheduled task*", topic="process"),
    "task": Concept("event.action~scheduled-task-*", "rule.name~*scheduled task*", topic="process"),
    "task-changed": Concept("event.action=scheduled-task-updated|scheduled-task-enabled|scheduled-task-disabled", topic="process"),
    "task-deleted": Concept("event.action=scheduled-task-deleted", topic="process"),
    "log-cleared": Concept("event.action=log-cleared", "rule.name~*log cleared*|*logs wiped*", topic="iam"),
    "usb": Concept("event.action=usb-device-added"),
    "reboot": Concept("event.action=boot|shutdown"),
    "crash": Concept("event.action=process-crashed|kernel-panic"),
    "module-loaded": Concept("event.action=module-loaded|driver-loaded", "rule.name~*kernel module*"),
    "config-changed": Concept("event.action=configuration-changed", "rule.name~*configuration*changed*", topic="iam"),
    "dns": Concept("dns.question.name=*", "rule.name~*DNS*", topic="dns"),
    "nxdomain": Concept("dns.response_code=NXDOMAIN", topic="dns"),
    "sysmon": Concept("winlog.channel~*sysmon*", topic="process"),
    "upload": Concept("http.request.method=POST|PUT", topic="web"),
    "windows": Concept("winlog.channel=*"),
    "telnet": Concept("destination.port=23", topic="network"),
    "registry": Concept("event.category=registry", topic="process"),
    "run-key": Concept(r"event.category=registry;TargetObject~*\CurrentVersion\Run*", topic="process"),
    "out-of-memory": Concept("=out of memory"),
    "kernel": Concept("process.name=kernel"),
    "mail": Concept("event.category=email", topic="mail"),
    "spam": Concept("event.action=spam-rejected", "rule.name~*spam*", topic="mail"),
    "relay": Concept("event.action=relay-denied", "rule.name~*relay*", topic="mail"),
    "file": Concept("event.category=file", topic="file"),
    "file-deleted": Concept("event.action=file-deleted", topic="file"),
    "file-created": Concept("event.action=file-created", topic="file"),
    "file-changed": Concept("event.category=file;event.type=change", topic="file"),
    "download": Concept("event.action=file-downloaded", topic="file"),
    "error": Concept("log.level=error|err|critical|crit|alert|emerg|emergency|fatal"),
    "warning": Concept("log.level=warning|warn"),
    "ids": Concept("event.category=intrusion_detection", "rule.name~*intrusion detection*", topic="network"),
    "suricata": Concept("event.category=intrusion_detection;service.name=suricata", topic="network"),
    "outbound": Concept("network.direction=outbound", topic="network"),
    "inbound": Concept("network.direction=inbound", topic="network"),
    # judgements: only alerts know
    "attack": Concept(alerts="rule.level>=low", attempts="event.outcome=failure", topic="attack"),
    "suspicious": Concept(alerts="", attempts="event.outcome=failure", topic="attack"),
    "brute-force": Concept(alerts="threat.technique.id~T1110*", attempts=_GUESS, topic="attack"),
    "brute-force-success": Concept(alerts="rule.name~*accepted after*", topic="attack"),
    "spraying": Concept(alerts="threat.technique.id=T1110.003", attempts=_GUESS, topic="attack"),
    "stuffing": Concept(alerts="threat.technique.id=T1110.004", attempts=_GUESS, topic="attack"),
    "scan": Concept(alerts="alert.class=scan", attempts="event.action=protocol-probe|scan-detected", topic="attack"),
    "port-scan": Concept(alerts="rule.name~*port scan*", topic="attack"),
    "flood": Concept(alerts="alert.class=flood", topic="attack"),
    "reflection": Concept(alerts="alert.class=reflection", topic="attack"),
    "spoofing": Concept(alerts="alert.class=spoofing", topic="attack"),
    "web-attack": Concept(alerts="alert.class=web", topic="attack"),
    "sql-injection": Concept(alerts="rule.name~*sql injection*", topic="attack"),
    "xss": Concept(alerts="rule.name~*cross-site scripting*", topic="attack"),
    "traversal": Concept(alerts="rule.name~*path traversal*", topic="attack"),
    "command-injection": Concept(alerts="rule.name~*command in a web request*", topic="attack"),
    "file-inclusion": Concept(alerts="rule.name~*file inclusion*", topic="attack"),
    "log4shell": Concept(alerts="rule.name~*log4shell*", topic="attack"),
    "shellshock": Concept(alerts="rule.name~*shellshock*", topic="attack"),
    "web-shell": Concept(alerts="rule.name~*web shell*", topic="attack"),
    "reverse-shell": Concept(alerts="rule.name~*reverse shell*", topic="attack"),
    "malware": Concept(alerts="alert.class=malware", topic="attack"),
    "ransomware": Concept(alerts="rule.name~*ransom*", topic="attack"),
    "miner": Concept(alerts="rule.name~*miner*|*mining*", topic="attack"),
    "beacon": Concept(alerts="alert.class=beacon", topic="attack"),
    "tunnel": Concept(alerts="alert.class=tunnel", topic="attack"),
    "exfiltration": Concept(alerts="alert.class=exfiltration", topic="attack"),
    "escalation": Concept(alerts="alert.class=escalation", topic="attack"),
    "persistence": Concept(alerts="alert.class=persistence", topic="attack"),
    "execution": Concept(alerts="alert.class=execution", topic="attack"),
    "anomaly": Concept(alerts="rule.source=anomaly", topic="attack"),
    "correlation": Concept(alerts="rule.source=correlation", topic="attack"),
    "indicator": Concept(alerts="rule.source=intel", topic="attack"),
    "kerberoasting": Concept(alerts="threat.technique.id=T1558.003", topic="attack"),
    "pass-the-hash": Concept(alerts="threat.technique.id=T1550.002", topic="attack"),
    "dcsync": Concept(alerts="threat.technique.id=T1003.006", topic="attack"),
    "lsass": Concept(alerts="threat.technique.id=T1003.001", topic="attack"),
}  # fmt: skip

_THINGS: Final = {
    "bucket": ("Bucket", "buckets"), "security-group": ("SecurityGroup", "firewalls"), "access-key": ("AccessKey", "keys"),
    "policy": ("Policy", "policies"), "instance": ("Instance", "instances"), "secret": ("Secret", "secrets"),
    "snapshot": ("Snapshot", "snapshots"), "function": ("Function", "functions"), "key-pair": ("KeyPair", ""), "trail": ("Trail", ""),
    "volume": ("Volume", "disks"),
}  # fmt: skip
_DONE: Final = {
    "added": ("Create Run Put Import", "create insert"), "removed": ("Delete Terminate", "delete"),
    "changed": ("Put Update Modify Attach Detach Authorize Revoke", "update patch"), "stopped": ("Stop", "stop"),
    "started": ("Start Run", "start"), "disabled": ("Disable Stop Deactivate", "disable"),
}  # fmt: skip
for _thing, (_name, _many) in _THINGS.items():
    for _verb, (_aws, _google) in _DONE.items():
        _calls = [f"{start}*{_name}*" for start in _aws.split()] + [f"*.{_many}.{end}" for end in _google.split() if _many]
        CONCEPTS[f"{_thing}-{_verb}"] = Concept(f"eventName,protoPayload.methodName~{'|'.join(_calls)}", topic="iam")
"""What is done to things of clouds, by the names of the calls of AWS and Google Cloud."""


class Entity(NamedTuple):
    """Something that records name. Its field among events, alerts, incidents; "" where there is none. `numeric`: it has an
    order; `more`: other fields of events that hold it, too, when a value is looked for."""

    events: str = ""
    alerts: str = ""
    incidents: str = ""
    numeric: bool = False
    more: tuple[str, ...] = ()

    def field(self, about: About) -> str:
        """There."""
        return self.events if about == "events" else self.alerts if about == "alerts" else self.incidents


ENTITIES: Final[dict[str, Entity]] = {
    "user": Entity("user.name", "user.name"),
    "actor": Entity("user.name", "user.name"),
    "effective-user": Entity("user.effective.name", more=("user.name",)),
    "target-user": Entity("user.target.name", "user.name"),
    "user-id": Entity("user.id"),
    "group": Entity("group.name"),
    "host": Entity("host.name", "host.name"),
    "address": Entity("source.ip", "source.ip"),
    "visitor": Entity("source.ip", "source.ip"),
    "source": Entity("source.ip", "source.ip"),
    "attacker": Entity("source.ip", "source.ip"),
    "destination": Entity("destination.ip", "destination.ip"),
    "port": Entity("destination.port", numeric=True),
    "source-port": Entity("source.port", numeric=True),
    "process": Entity("process.executable", more=("process.name", "process.command_line")),
    "program": Entity("process.name"),
    "pid": Entity("process.pid", numeric=True),
    "parent": Entity("process.parent.executable", more=("process.parent.name",)),
    "command": Entity("process.command_line"),
    "service": Entity("service.name", more=("service.type",)),
    "url": Entity("url.path"),
    "query": Entity("url.query"),
    "user-agent": Entity("user_agent.original"),
    "referrer": Entity("http.request.referrer"),
    "site": Entity("url.domain"),
    "method": Entity("http.request.method"),
    "status": Entity("http.response.status_code", numeric=True),
    "domain": Entity("dns.question.name"),
    "file": Entity("file.path", more=("process.command_line",)),
    "hash": Entity("file.hash.sha256"),
    "sender": Entity("email.from.address"),
    "recipient": Entity("email.to.address"),
    "action": Entity("event.action"),
    "outcome": Entity("event.outcome"),
    "reason": Entity("event.reason"),
    "incident": Entity("", "incident.id", "incident.id"),
    "category": Entity("event.category", "alert.class"),
    "format": Entity("event.dataset"),
    "event-id": Entity("winlog.event_id", numeric=True),
    "channel": Entity("winlog.channel"),
    "log-file": Entity("log.file.path"),
    "protocol": Entity("network.protocol"),
    "direction": Entity("network.direction"),
    "transport": Entity("network.transport"),
    "interface": Entity("observer.ingress.interface.name"),
    "container": Entity("container.name"),
    "namespace": Entity("orchestrator.namespace"),
    "region": Entity("cloud.region"),
    "cloud-account": Entity("cloud.account.id"),
    "logon-type": Entity("LogonType", numeric=True),
    "record-type": Entity("dns.question.type"),
    "rule": Entity("rule.name", "rule.name"),
    "technique": Entity("", "threat.technique.id"),
    "level": Entity("log.level", "rule.level", "level"),
    "state": Entity("", "alert.state", "state"),
    "assignee": Entity("", "alert.assignee", "assignee"),
    "silence": Entity("", "alert.silence"),
    "detector": Entity("", "rule.source"),
    "title": Entity("", "rule.name", "title"),
    "score": Entity("", "", "score", numeric=True),
    "bytes": Entity("network.bytes", numeric=True),
    "bytes-sent": Entity("source.bytes", numeric=True),
    "bytes-received": Entity("destination.bytes", numeric=True),
    "body": Entity("http.response.body.bytes", numeric=True),
    "count": Entity("", "event.count", numeric=True),
}

TYPES: Final = (
    "ssh",
    "mail",
    "ftp",
    "database",
    "vpn",
    "sip",
    "dns",
    "firewall",
    "proxy",
    "directory",
    "chat",
    "media",
    "storage",
    "router",
    "cloud",
)
"""Types of services that are their own name."""
TYPE_NAMES: Final[dict[str, str]] = {
    "remote-desktop": "rdp|remote desktop|terminal services|terminal server", "web": "web|http|https|web server|webserver|website",
    "mail": "smtp|imap|pop3|pop|email server|mail server|mailserver", "database": "db|sql|databases|database server",
    "ssh": "sshd|openssh|secure shell", "ftp": "ftps|ftp server", "directory": "ldap|active directory|ad|kerberos",
    "sip": "voip|phone system", "firewall": "fw|firewalls|iptables|nftables|ufw|firewalld", "vpn": "vpns|vpn gateway", "dns": "dns server|nameserver|name server",
    "proxy": "proxies|proxy server", "sso": "single sign on|sso",
}  # fmt: skip
SERVICES: Final = (
    "nginx apache postfix dovecot exim sendmail mysql postgresql mssql mongodb redis openvpn strongswan wordpress gitlab gitea "
    "nextcloud keycloak vsftpd proftpd pure-ftpd cron suricata haproxy squid traefik caddy kubernetes asterisk freeswitch samba "
    "dropbear roundcube vaultwarden jellyfin phpmyadmin webmin proxmox zabbix fail2ban cowrie okta github entra cisco "
    "fortinet iis drupal joomla authelia slapd freeradius docker systemd auditd su doas zeek falco exchange sharepoint"
)
SERVICE_NAMES: Final[dict[str, str]] = {
    "postgresql": "postgres", "mongodb": "mongo|mongod", "apache": "httpd|apache2", "named": "bind|bind9", "cron": "cron job|crontab job|cronjob", "kubernetes": "k8s", "entra": "azure ad|entra id",
    "samba": "smb|cifs", "mssql": "sql server|ms sql",
}  # fmt: skip
FORMATS: Final[dict[str, str]] = {
    "cloudtrail": "aws cloudtrail|aws|amazon web services", "guardduty": "aws guardduty", "office365": "o365|office 365|microsoft 365|m365",
    "gcp_audit": "gcp|google cloud|gcp audit", "kubernetes_audit": "kubernetes audit|k8s audit", "osquery": "osqueryd",
    "github_audit": "github audit", "azure": "azure activity",
}  # fmt: skip
VERBS: Final[dict[tuple[str, str], str]] = {
    ("user", "added"): "user-added", ("user", "removed"): "user-deleted", ("user", "changed"): "user-changed",
    ("user", "disabled"): "user-disabled", ("user", "locked"): "lockout", ("user", "unlocked"): "user-unlocked", ("group", "added"): "group-added",
    ("group", "removed"): "group-deleted", ("group", "changed"): "group-changed",
    ("service", "added"): "service-installed", ("service", "stopped"): "service-stopped", ("service", "started"): "service-started",
    ("file", "added"): "file-created", ("file", "removed"): "file-deleted", ("task", "added"): "task-created",
    ("log", "removed"): "log-cleared", ("module", "started"): "module-loaded", ("password", "changed"): "password-changed",
    ("config", "changed"): "config-changed", ("process", "started"): "process", ("host", "restarted"): "reboot",
    ("usb", "added"): "usb", ("file", "changed"): "file-changed", ("service", "failed"): "service-failed",
    ("process", "failed"): "crash", ("task", "changed"): "task-changed", ("task", "removed"): "task-deleted",
}  # fmt: skip
VERBS.update({(thing, verb): f"{thing}-{verb}" for thing in _THINGS for verb in _DONE})
"""What is told of something by what was done to it."""
PROGRAMS: Final = (
    "powershell pwsh cmd certutil wget curl nc ncat netcat socat nmap masscan hydra python python3 perl ruby bash sh zsh mimikatz "
    "psexec rundll32 regsvr32 mshta wmic bitsadmin schtasks whoami base64 crontab chmod chown useradd usermod passwd kubectl "
    "tcpdump wscript cscript msbuild installutil netsh vssadmin wevtutil procdump adfind bloodhound rubeus xmrig tar scp rsync "
    "net nltest ipconfig ifconfig systeminfo tasklist taskkill reg icacls attrib bcdedit wbadmin visudo insmod modprobe gcc strace gdb sqlmap nikto gobuster wpscan dirbuster zgrab nuclei ffuf feroxbuster python-requests go-http-client burp"
)
ACCOUNTS: Final = (
    "root admin administrator guest www-data nobody oracle ubuntu debian pi ec2-user centos tomcat jenkins git deploy "
    "ansible nagios ftpuser anonymous svc sa krbtgt support test tester operator backup sysadmin hadoop vagrant"
)
FILE_ROOTS: Final = (
    "/etc", "/var", "/tmp", "/srv", "/mnt", "/media", "/run", "/sys", "/home", "/usr", "/root", "/bin", "/sbin", "/opt", "/dev", "/proc", "/boot", "/lib", "~",  # noqa: S108
)  # fmt: skip
"""Of paths that are files, not pages."""
PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1")


def clauses(text: str) -> tuple[Clause, ...]:
    """As written at the head of this module."""
    return tuple(_clause(part) for part in text.split(";")) if text else ()


def _clause(part: str) -> Clause:
    at = next(n for n, c in enumerate(part) if c in "=~></")
    fields = tuple(filter(None, part[:at].split(",")))
    if part[at] == "/":
        return Clause(fields, (part[at + 1 :],), "matches")
    if part[at] in "<>":
        op = part[at : at + 2] if part[at + 1] == "=" else part[at]
        return Clause(fields, (part[at + len(op) :],), op)  # type: ignore[arg-type]
    values = () if part[at + 1 :] == "*" else tuple(part[at + 1 :].split("|"))
    return Clause(fields, values, "like" if part[at] == "~" else "is")
