r"""Linux kernel: what matters beyond the firewall's lines.

    nginx[4077]: segfault at 7ffd00 ip 00007f6e sp 00007ffd error 4 in libc.so.6[7f6e+1c]
    Out of memory: Killed process 4077 (nginx) total-vm:123456kB

Source of the words: Linux arch/x86/mm/fault.c, mm/oom_kill.c, net/core/dev.c, kernel/module, drivers/usb/core/hub.c.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("kernel",)
ORDER: Final = 600
SIGN: Final = (
    r"^(?:\S+\[\d+\]:? (?:segfault|general protection|trap)|(?:Out of memory|Memory cgroup out of memory): Kill"
    r"|device \S+ (?:entered|left) promiscuous"
    r"|\S+: (?:entered|left) promiscuous|usb \S+: (?:New USB device|new \S+-speed)|\S+: (?:module verification"
    r" failed|loading out-of-tree module)"
    r"|Linux version |Kernel panic|(?:TCP|UDP): .*SYN flooding)"
)
LOGSOURCE: Final = Logsource(product="linux", service="kernel")

PATTERNS: Final = (
    Pattern(
        r"^(?P<process.name>\S+)\[(?P<process.pid>\d+)\]:? (?P<event.reason>(?:segfault|general protection|trap).*)$",
        {"event.category": "process", "event.type": "end", "event.action": "process-crashed"},
    ),
    Pattern(
        r"^(?:Memory cgroup o|O)ut of memory: Kill(?:ed)? process (?P<process.pid>\d+) \((?P<process.name>[^)]*)\).*$",
        {"event.category": "process", "event.type": "end", "event.action": "process-killed"},
    ),
    Pattern(
        r"^(?:device )?(?P<observer.ingress.interface.name>[^\s:]+):? entered promiscuous mode$",
        {"event.category": "network", "event.type": "change", "event.action": "promiscuous-mode-entered"},
    ),
    Pattern(
        r"^(?:device )?(?P<observer.ingress.interface.name>[^\s:]+):? left promiscuous mode$",
        {"event.category": "network", "event.type": "change", "event.action": "promiscuous-mode-left"},
    ),
    Pattern(
        r"^usb \S+: (?P<event.reason>(?:New USB device|new \S+-speed).*)$",
        {"event.category": "host", "event.type": "info", "event.action": "usb-device-added"},
    ),
    Pattern(
        r"^(?P<file.name>\S+): (?P<event.reason>module verification failed|loading out-of-tree module)[: ].*$",
        {"event.category": "driver", "event.type": "start", "event.action": "module-loaded"},
    ),
    Pattern(r"^Linux version .*$", {"event.category": "host", "event.type": "start", "event.action": "boot"}),
    Pattern(r"^Kernel panic.*$", {"event.category": "host", "event.type": "error", "event.action": "kernel-panic"}),
    Pattern(
        r"^(?:TCP|UDP): (?:request_sock_\w+: )?(?P<event.reason>Possible SYN flooding on port (?:\S*:)?(?P<destination.port>\d+)).*$",
        {"event.category": "intrusion_detection", "event.type": "info", "event.action": "syn-flood"},
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Crashes, kills, promiscuous interfaces, devices and modules."""
    return apply(frame, PATTERNS)
