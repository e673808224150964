r"""Linux audit records, as auditd writes them, raw or enriched, and as the kernel and journald pass them on.

    type=USER_AUTH msg=audit(1769941452.123:4711): pid=812 uid=0 ... msg='op=password acct="bob" ... addr=203.0.113.9 res=failed'
    type=EXECVE msg=audit(1769941452.200:4712): argc=3 a0="sh" a1="-c" a2=6563686F2068690A
    node=web1 type=AVC msg=audit(1769941452.300:4713): avc:  denied  { write } for  pid=9 comm="httpd" ...
    audit: type=1400 audit(1769941452.400:4714): apparmor="DENIED" operation="open" ...

Fields keep the names of the audit system beside those of the schema. Values that the kernel had to write in
hexadecimal, because they hold a blank, a quote or a control character, are given as text.
Source: Linux kernel/audit.c audit_log_n_untrustedstring(); audit-userspace lib/msg_typetab.h, docs; auditd.conf(5).
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects

ORDER: Final = 30
NESTED: Final = True
LOGSOURCE: Final = Logsource(product="linux", service="auditd")
SIGN: Final = (
    r"^(?:audit(?:\[\d+\])?: )?(?:node=\S+ )?type=[A-Z0-9_\[\]]+ (?:msg=)?audit\(\d+\.\d+:\d+\)"
    r"|^(?:USER|CRED|ADD|DEL|SERVICE|SYSTEM|ANOM|CRYPTO|GRP|ACCT|ROLE|MAC|CONFIG|DAEMON)_[A-Z_]+ .*(?:pid|auid|op)="
    r"|^(?:SYSCALL arch=|EXECVE argc=|PATH item=|CWD cwd=|PROCTITLE proctitle=|AVC (?:avc:|apparmor=)|SECCOMP"
    r" auid=|LOGIN pid=|BPF prog-id=)"
)

_HEAD: Final = re.compile(
    r"(?:audit(?:\[\d+\])?: )?(?:node=(\S+) )?type=(\S+) (?:msg=)?audit\((\d{1,12}\.\d{1,6}):(\d{1,20})\):? ?"
)
_BARE: Final = re.compile(r"([A-Z_]+) ")
_FIELD: Final = re.compile(r"""([A-Za-z0-9_-]+)=(?:"([^"]*)"|'([^']*)'|([^\s'"]*))""")
_AVC: Final = re.compile(r"avc: +(denied|granted) +\{ ([^{}]*) \}")
_HEX: Final = re.compile(r"(?:[0-9A-F]{2})+")
_ENCODED: Final = frozenset(
    [
        "comm",
        "exe",
        "name",
        "proctitle",
        "cwd",
        "path",
        "acct",
        "cmd",
        "data",
        "dir",
        "file",
        "grp",
        "new_group",
        "dev",
        "key",
        "ocomm",
        "op",
        "vm",
        "watch",
        "saddr_fam",
        "profile",
    ]
)
"""Fields that the kernel or a trusted program writes in hexadecimal when it must; `aN` only of EXECVE."""

_TYPES: Final = {
    "1100": "USER_AUTH", "1101": "USER_ACCT", "1102": "USER_MGMT", "1103": "CRED_ACQ", "1104": "CRED_DISP",
    "1105": "USER_START", "1106": "USER_END", "1107": "USER_AVC", "1108": "USER_CHAUTHTOK", "1109": "USER_ERR",
    "1110": "CRED_REFR", "1112": "USER_LOGIN", "1113": "USER_LOGOUT", "1114": "ADD_USER", "1115": "DEL_USER",
    "1116": "ADD_GROUP", "1117": "DEL_GROUP", "1123": "USER_CMD", "1130": "SERVICE_START", "1131": "SERVICE_STOP",
    "1300": "SYSCALL", "1302": "PATH", "1305": "CONFIG_CHANGE", "1306": "SOCKADDR", "1307": "CWD", "1309": "EXECVE",
    "1325": "NETFILTER_CFG", "1326": "SECCOMP", "1327": "PROCTITLE", "1334": "BPF", "1400": "AVC", "1404": "MAC_STATUS",
    "1700": "ANOM_PROMISCUOUS", "1701": "ANOM_ABEND",
}  # fmt: skip

_SYSCALLS: Final = {
    "c000003e": {
        "0": "read", "1": "write", "2": "open", "41": "socket", "42": "connect", "43": "accept", "49": "bind",
        "50": "listen", "56": "clone", "57": "fork", "58": "vfork", "59": "execve", "62": "kill", "76": "truncate",
        "80": "chdir", "82": "rename", "83": "mkdir", "84": "rmdir", "85": "creat", "86": "link", "87": "unlink",
        "88": "symlink", "90": "chmod", "91": "fchmod", "92": "chown", "93": "fchown", "94": "lchown", "99": "sysinfo",
        "101": "ptrace", "105": "setuid", "106": "setgid", "113": "setreuid", "117": "setresuid", "133": "mknod",
        "159": "adjtimex", "161": "chroot", "164": "settimeofday", "165": "mount", "166": "umount2", "169": "reboot",
        "170": "sethostname", "175": "init_module", "176": "delete_module", "188": "setxattr", "227": "clock_settime",
        "257": "openat", "258": "mkdirat", "259": "mknodat", "260": "fchownat", "263": "unlinkat", "264": "renameat",
        "265": "linkat", "266": "symlinkat", "268": "fchmodat", "288": "accept4", "304": "open_by_handle_at",
        "310": "process_vm_readv", "311": "process_vm_writev", "313": "finit_module", "316": "renameat2",
        "319": "memfd_create", "321": "bpf", "322": "execveat", "437": "openat2",
    },
    "c00000b7": {
        "33": "mknodat", "35": "unlinkat", "38": "renameat", "40": "mount", "53": "fchmodat", "54": "fchownat",
        "56": "openat", "94": "exit_group", "105": "init_module", "106": "delete_module", "117": "ptrace",
        "146": "setuid", "179": "sysinfo", "198": "socket", "200": "bind", "203": "connect", "220": "clone",
        "221": "execve", "273": "finit_module", "279": "memfd_create", "280": "bpf", "281": "execveat",
    },
}  # fmt: skip
"""Names by architecture (x86-64, aarch64) of the calls that audit rules watch; enriched records bring their own."""

_LOGIN_TYPES: Final = frozenset(
    {"USER_AUTH", "USER_LOGIN", "USER_ACCT", "USER_ERR", "CRED_ACQ", "CRED_REFR", "GRP_AUTH"}
)
_SESSION_TYPES: Final = {
    "USER_START": "start",
    "USER_END": "end",
    "USER_LOGOUT": "end",
    "CRED_DISP": "end",
    "LOGIN": "start",
}
_IAM: Final = {
    "ADD_USER": ("user-added", "creation"), "DEL_USER": ("user-deleted", "deletion"), "ADD_GROUP": ("group-added", "creation"),
    "DEL_GROUP": ("group-deleted", "deletion"), "USER_CHAUTHTOK": ("password-changed", "change"),
    "USER_MGMT": ("user-changed", "change"), "GRP_MGMT": ("group-changed", "change"), "GRP_CHAUTHTOK": ("group-changed", "change"),
    "ACCT_LOCK": ("user-locked", "change"), "ACCT_UNLOCK": ("user-unlocked", "change"), "CHUSER_ID": ("user-changed", "change"),
    "CHGRP_ID": ("group-changed", "change"),
}  # fmt: skip
_CONFIG: Final = frozenset(
    {
        "CONFIG_CHANGE",
        "MAC_STATUS",
        "MAC_POLICY_LOAD",
        "MAC_CONFIG_CHANGE",
        "NETFILTER_CFG",
        "USYS_CONFIG",
        "DAEMON_CONFIG",
        "FEATURE_CHANGE",
    }
)
_GOOD: Final = {
    "success": "success",
    "yes": "success",
    "1": "success",
    "failed": "failure",
    "no": "failure",
    "0": "failure",
}
_SERVICES: Final = {
    "sshd": ("sshd", "ssh"),
    "sshd-session": ("sshd", "ssh"),
    "dropbear": ("dropbear", "ssh"),
    "vsftpd": ("vsftpd", "ftp"),
    "dovecot": ("dovecot", "mail"),
}


def _plain(name: str, value: str, kind: str) -> str:
    """Text of a value that stands in hexadecimal, else the value."""
    argument = kind == "EXECVE" and name[0] == "a" and name[1:2].isdigit()
    if not (argument or name in _ENCODED) or not _HEX.fullmatch(value):
        return value
    data = bytes.fromhex(value)
    # Written so only for what could not stand in quotes; a file that is called BEEF is not.
    if not any(byte <= 0x20 or byte == 0x22 or byte >= 0x7F for byte in data):
        return value
    return data.rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "backslashreplace")


def _fields(text: str, kind: str) -> Json:
    """Every `name=value`, the first of a name; inner ones of `msg='...'` over outer ones."""
    fields: Json = {}
    outer, quote, inner = text.partition(" msg='" if " msg='" in text else "msg='")
    if quote:
        text, _, enriched = inner.rpartition("'")
        text = text or inner
        parts = (text, outer, enriched)
    else:
        parts = (text, "", "")
    for part in parts:
        for match in _FIELD.finditer(part):
            name = match[1]
            if name not in fields:
                bare = match[4]
                fields[name] = (
                    _plain(name, bare, kind) if bare is not None else match[2] if match[2] is not None else match[3]
                )
    return fields


def _known(value: str | None) -> str | None:
    return None if value in (None, "", "?", "(null)", "(none)", "unset", "4294967295", "-1") else value


def _event(raw: str) -> Json:
    """One record as a flat event."""
    head = _HEAD.match(raw)
    if head:
        node, kind, stamp, serial = head.groups()
        body = raw[head.end() :]
    else:
        bare = _BARE.match(raw)
        node, kind, stamp, serial = None, bare[1] if bare else "", None, None
        body = raw[bare.end() :] if bare else raw
    kind = _TYPES.get(kind, kind)
    body = body.replace("\x1d", " ")
    event = {name: value for name, value in _fields(body, kind).items() if name not in ("type", "node", "line")}
    event |= {"type": kind, "message": body, "event.code": kind}
    if stamp:
        event |= {"@timestamp": stamp, "audit.serial": serial}
    if node:
        event["host.name"] = node
    _means(kind, event, body)
    return event


def _means(kind: str, event: Json, body: str) -> None:
    """The schema's fields, from the audit system's."""
    get = event.get
    executable = _known(get("exe"))
    event["process.executable"] = executable
    event["process.name"] = _known(get("comm")) or (executable.rpartition("/")[2] if executable else None)
    event["process.pid"], event["process.parent.pid"] = get("pid"), get("ppid")
    event["user.id"] = _known(get("auid")) or _known(get("uid"))
    # Of a change to an account, `acct` is whose it is.
    event["user.name"] = (
        (_known(get("acct")) if kind not in _IAM else None) or _known(get("AUID")) or _known(get("UID"))
    )
    event["event.outcome"] = _GOOD.get(get("res") or get("success") or "")
    # Programs that change accounts write the machine's own name there.
    peer = _known(get("addr")) or (_known(get("hostname")) if kind not in _IAM else None)
    if peer and kind.startswith(("USER_", "CRED_", "ANOM_LOGIN")):
        event["source.address"] = peer
    program = (executable or "").rpartition("/")[2]
    if program in _SERVICES:
        event["service.name"], event["service.type"] = _SERVICES[program]
    event |= _classified(kind, event, body)


def _classified(kind: str, event: Json, body: str) -> Json:
    """Category, type and action of a record type."""
    if kind == "SYSCALL":
        name = event.get("SYSCALL") or _SYSCALLS.get(event.get("arch", ""), {}).get(event.get("syscall", ""))
        ran = name in ("execve", "execveat")
        return {
            "SYSCALL": name,
            "event.category": "process",
            "event.type": "start" if ran else "info",
            "event.action": name,
            "process.exit_code": None,
        }
    if kind == "EXECVE":
        arguments: list[str] = []
        while (value := event.get(f"a{len(arguments)}")) is not None:
            arguments.append(value)
        found = {"event.category": "process", "event.type": "start", "event.action": "execve"}
        return {
            **found,
            "process.command_line": " ".join(arguments),
            "process.name": arguments[0].rpartition("/")[2] if arguments else None,
        }
    if kind == "PROCTITLE":
        return {"event.category": "process", "event.type": "info", "process.command_line": event.get("proctitle")}
    if kind in ("PATH", "CWD"):
        return {
            "event.category": "file",
            "event.type": "info",
            "file.path": event.get("name"),
            "process.working_directory": event.get("cwd"),
        }
    if kind in _LOGIN_TYPES:
        return {"event.category": "authentication", "event.action": "login"}
    if kind in _SESSION_TYPES:
        start = _SESSION_TYPES[kind]
        return {"event.category": "session", "event.type": start, "event.action": f"session-{start}"}
    if kind in _IAM:
        action, change = _IAM[kind]
        # Enriched records add the name that belongs to `id`.
        named = _known(event.get("ID")) if "id" in event else None
        of_group = action.startswith("group-") and kind != "GRP_MGMT"
        target = _known(event.get("acct")) or named or _known(event.get("id"))
        return {
            "event.category": "iam",
            "event.type": change,
            "event.action": action,
            "user.target.name": None if of_group else target,
            "group.name": _known(event.get("grp")) or (target if of_group else None),
        }
    if kind == "USER_CMD":
        return {
            "event.category": "process",
            "event.type": "start",
            "event.action": "command-executed",
            "process.command_line": event.get("cmd"),
            "process.working_directory": event.get("cwd"),
        }
    if kind in ("AVC", "USER_AVC"):
        avc = _AVC.search(body)
        denied = (avc[1] == "denied") if avc else event.get("apparmor", "").upper() == "DENIED"
        found = {
            "event.category": "intrusion_detection",
            "event.type": "denied" if denied else "allowed",
            "event.action": "mandatory-access-control",
        }
        return {
            **found,
            "file.path": event.get("path") or event.get("name"),
            "event.reason": avc[2] if avc else event.get("operation"),
        }
    if kind.startswith("SERVICE_"):
        end = kind.endswith("STOP")
        return {
            "event.category": "process",
            "event.type": "end" if end else "start",
            "event.action": "service-stopped" if end else "service-started",
        }
    if kind in _CONFIG:
        return {
            "event.category": "configuration",
            "event.type": "change",
            "event.action": kind.lower().replace("_", "-"),
        }
    if kind.startswith("ANOM_"):
        return {
            "event.category": "intrusion_detection",
            "event.type": "info",
            "event.action": kind.lower().replace("_", "-"),
        }
    return {"event.category": "host", "event.type": "info", "event.action": kind.lower().replace("_", "-")}


def read(frame: pl.DataFrame, context: Context) -> Read:
    """One event per record; records of one serial share `audit.serial`."""
    parts = [Columns()]
    for line, raw in frame.select("line", "raw").iter_rows():
        if parts[-1].is_full():
            parts.append(Columns())
        parts[-1].add(line, _event(raw))
    return Read([(LOGSOURCE, part.frame(context)) for part in parts if part.lines], no_rejects())
