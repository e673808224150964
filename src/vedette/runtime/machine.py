"""The machine that we run on, as it is now: load, memory, disks, the largest processes, and who listens."""

import platform
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import psutil

LARGEST: Final = 10
"""Processes that are told: the largest by memory and by time of the processor."""
LISTENING: Final = 200
_REAL: Final = frozenset({
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "vfat", "exfat", "ntfs", "apfs", "hfs", "overlay", "nfs", "nfs4", "cifs",
})  # fmt: skip
_MOMENT: Final = 0.1
"""Seconds over which the load of the processor is measured: without, the first answer is always 0."""


def look() -> dict[str, Any]:
    """Facts by their name; what we may not see is left out. Takes a few hundred milliseconds where there are many processes."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "name": platform.node(), "system": f"{platform.system()} {platform.release()}",
        "booted": datetime.fromtimestamp(psutil.boot_time(), UTC), "cores": psutil.cpu_count() or 1,
        "cpu": psutil.cpu_percent(_MOMENT), "load": list(psutil.getloadavg()), "memory_used": memory.total - memory.available,
        "memory_total": memory.total, "swap_used": swap.used, "swap_total": swap.total, "disks": _disks(),
        "processes": _processes(), "listening": listening(),
    }  # fmt: skip


def _disks() -> list[dict[str, Any]]:
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for part in psutil.disk_partitions(all=True):
        if part.fstype not in _REAL:
            continue
        with suppress(OSError):
            usage = psutil.disk_usage(part.mountpoint)
            # The same disk is often mounted in many places: the shortest path stands for it.
            known = found.get((usage.total, usage.used))
            if known is None or len(part.mountpoint) < len(known["path"]):
                found[usage.total, usage.used] = {"path": part.mountpoint, "used": usage.used, "total": usage.total}
    return sorted(found.values(), key=lambda disk: disk["path"])


def _processes() -> list[dict[str, Any]]:
    now, found = time.time(), []
    for process in psutil.process_iter(["pid", "name", "username", "memory_info", "cpu_times", "create_time"]):
        info = process.info
        if info["memory_info"] is None or info["cpu_times"] is None:
            continue
        spent = info["cpu_times"].user + info["cpu_times"].system
        found.append({
            "pid": info["pid"], "name": info["name"] or "", "user": info["username"] or "", "memory": info["memory_info"].rss,
            "cpu": round(100 * spent / max(now - info["create_time"], 1), 1),
        })  # fmt: skip
    return sorted(found, key=lambda each: (-each["memory"], each["pid"]))[:LARGEST]


def listening() -> list[dict[str, Any]]:
    """Sockets that take what others begin: address, port, protocol, pid and program, by port."""
    found: dict[tuple[str, int, str], dict[str, Any]] = {}
    with suppress(psutil.AccessDenied, OSError):
        for each in psutil.net_connections("inet"):
            stream = each.type == socket.SOCK_STREAM
            if not each.laddr or (stream and each.status != psutil.CONN_LISTEN) or (not stream and each.raddr):
                continue
            key = (each.laddr.ip, each.laddr.port, "tcp" if stream else "udp")
            found[key] = {
                "address": key[0],
                "port": key[1],
                "protocol": key[2],
                "pid": each.pid,
                "program": _program(each.pid),
            }
    return [found[key] for key in sorted(found, key=lambda key: (key[1], key[2], key[0]))][:LISTENING]


def _program(pid: int | None) -> str | None:
    with suppress(psutil.Error):
        return str(psutil.Process(pid).name()) if pid else None
    return None
