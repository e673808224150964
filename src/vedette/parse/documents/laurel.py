r"""Linux audit events that Laurel wrote as JSON, all records of an event in one object.

    {"ID":"1769941452.123:7","SYSCALL":{"SYSCALL":"execve","exe":"/usr/bin/curl","key":"net","PPID":{...}},"EXECVE":{"ARGV":["curl","x"]},...}

Source: laurel "JSON log format". Upper case names are Laurel's translations; native names stay as auditd writes them.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 126
LOGSOURCE: Final = Logsource(product="linux", service="auditd")
_RECORDS: Final = frozenset(
    {
        "SYSCALL",
        "EXECVE",
        "PATH",
        "SOCKADDR",
        "PROCTITLE",
        "USER_AUTH",
        "USER_LOGIN",
        "USER_CMD",
        "CWD",
        "USER_ACCT",
        "CRED_ACQ",
    }
)
NAMES: Final = {
    "exe": "process.executable", "comm": "process.name", "pid": "process.pid", "ppid": "process.parent.pid",
    "cwd": "process.working_directory",
    "UID": "user.name", "uid": "user.id", "EUID": "user.effective.name", "key": "rule.name", "NODE": "host.name",
    "exit": "process.exit_code",
}  # fmt: skip
_USERS: Final = ("USER_AUTH", "USER_LOGIN", "USER_ACCT", "USER_START", "USER_END", "CRED_ACQ", "USER_CMD")


def claims(keys: Set[str]) -> bool:
    """An event's id and at least one record."""
    return "ID" in keys and not keys.isdisjoint(_RECORDS)


def _command(execve: Json) -> str | None:
    arguments = execve.get("ARGV")
    if arguments.__class__ is list:
        return " ".join(map(str, arguments))
    text = execve.get("ARGV_STR")
    return str(text) if text is not None else None


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Fields of SYSCALL and of a user record under auditd's names, and the schema's."""
    syscall: Any = document.get("SYSCALL") or {}
    event: Json = {}
    for key, value in syscall.items():
        if value.__class__ not in (dict, list) and key != "SYSCALL":
            event[key] = value
    if syscall:
        event |= {"type": "SYSCALL", "syscall": syscall.get("SYSCALL", syscall.get("syscall"))}
    execve: Any = document.get("EXECVE") or {}
    arguments = execve.get("ARGV")
    if arguments.__class__ is list:
        event |= {f"a{i}": value for i, value in enumerate(arguments[:32])}
        event["type"] = "EXECVE"
    paths: Any = document.get("PATH")
    if paths.__class__ is list and paths and paths[0].__class__ is dict:
        event["name"] = event["file.path"] = paths[-1].get("name") if len(paths) == 1 else paths[0].get("name")
    event["cwd"] = (document.get("CWD") or {}).get("cwd")
    event["NODE"] = document.get("NODE")
    parent = syscall.get("PPID")
    if parent.__class__ is dict:
        event |= {"process.parent.name": parent.get("comm"), "process.parent.executable": parent.get("exe")}
    native.fill(event, NAMES)
    event["@timestamp"] = str(document["ID"]).partition(":")[0]
    command = _command(execve) or (document.get("PROCTITLE") or {}).get("ARGV")
    if command:
        event["process.command_line"] = " ".join(map(str, command)) if command.__class__ is list else command
    event["event.outcome"] = {"yes": "success", "no": "failure", True: "success", False: "failure"}.get(
        syscall.get("success")
    )
    event |= {"event.category": "process", "event.action": native.action(str(event.get("syscall") or "audit"))}
    if execve:
        event |= {"event.type": "start", "event.action": "process-started"}
    address: Any = document.get("SOCKADDR")
    address = native.first(address)
    if address.__class__ is dict and address.get("SADDR").__class__ is dict:
        event |= {
            "event.category": "network",
            "destination.address": address["SADDR"].get("addr"),
            "destination.port": address["SADDR"].get("port"),
        }
    for kind in _USERS:
        record = document.get(kind)
        if record.__class__ is dict:
            _user(event, kind, record)
    return LOGSOURCE, event


def _user(event: Json, kind: str, record: Json) -> None:
    for key, value in record.items():
        if value.__class__ not in (dict, list):
            event.setdefault(key, value)
    event["type"] = kind
    done = str(record.get("res", "")).lower()
    outcome = "success" if done in ("success", "1", "yes") else "failure" if done else None
    if kind in ("USER_AUTH", "USER_LOGIN"):
        event |= native.login(outcome, str(record.get("exe", "audit")).rpartition("/")[2], "other")
    else:
        event |= {"event.category": "session", "event.outcome": outcome}
    event["user.name"] = record.get("acct") or event.get("user.name")
    address = record.get("addr")
    if address and address != "?":
        event["source.address"] = address
