"""Builders of benchmark data: our own lines, made from a fixed seed, so that every run measures the same work."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 1, 15, tzinfo=UTC)
_USERS = ("alice", "bob", "carol", "deploy", "backup", "root", "git", "www")
_PATHS = ("/", "/index.html", "/about", "/api/v1/items?page=2", "/static/app.js", "/login", "/img/logo.png", "/search?q=shoes")
_PROBES = ("/wp-login.php", "/.env", "/phpmyadmin/index.php", "/../../etc/passwd", "/cgi-bin/luci", "/.git/config")
_AGENTS = ("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "curl/8.5.0", "Mozilla/5.0 (iPhone) Mobile/15E148")


def _address(random_: random.Random) -> str:
    return f"203.0.113.{random_.randrange(1, 255)}" if random_.random() < 0.5 else f"198.51.100.{random_.randrange(1, 255)}"


def auth(count: int, seed: int = 7) -> Iterator[str]:
    """A busy gate: of ten lines three are failed passwords, the others logins, sudo, cron, systemd and PAM."""
    r = random.Random(seed)
    at = BEGIN
    for _ in range(count):
        at += timedelta(seconds=r.random() * 2)
        head = f"{at:%Y-%m-%dT%H:%M:%S}+00:00 web{r.randrange(1, 4)}"
        user, ip, port, pid = r.choice(_USERS), _address(r), r.randrange(1024, 65000), r.randrange(400, 32000)
        kind = r.random()
        if kind < 0.3:
            yield f"{head} sshd[{pid}]: Failed password for {user} from {ip} port {port} ssh2"
        elif kind < 0.4:
            yield f"{head} sshd[{pid}]: Invalid user {user}{r.randrange(99)} from {ip} port {port}"
        elif kind < 0.5:
            yield f"{head} sshd[{pid}]: Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:x{pid}"
        elif kind < 0.65:
            yield f"{head} sshd[{pid}]: pam_unix(sshd:session): session opened for user {user}(uid=1000) by (uid=0)"
        elif kind < 0.75:
            yield f"{head} CRON[{pid}]: ({user}) CMD (/usr/local/bin/job-{r.randrange(9)})"
        elif kind < 0.85:
            yield f"{head} sudo:    {user} : TTY=pts/{r.randrange(4)} ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/apt update"
        else:
            yield f"{head} systemd[1]: Started session-{pid}.scope - Session {pid} of User {user}."


def web(count: int, seed: int = 8) -> Iterator[str]:
    """A combined access log: one request in twenty is a probe."""
    r = random.Random(seed)
    at = BEGIN
    for _ in range(count):
        at += timedelta(seconds=r.random() / 5)
        probe = r.random() < 0.05
        path = r.choice(_PROBES) if probe else r.choice(_PATHS)
        status = r.choice((404, 403)) if probe else r.choice((200, 200, 200, 304, 301, 404))
        yield (
            f'{_address(r)} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" {status} {r.randrange(90_000)} '
            f'"-" "{r.choice(_AGENTS)}"'
        )


def json(count: int, seed: int = 9) -> Iterator[str]:
    """Suricata EVE: flows, DNS, HTTP, and one alert in fifty."""
    r = random.Random(seed)
    at = BEGIN
    for number in range(count):
        at += timedelta(seconds=r.random() / 5)
        kind = r.choice(("flow", "dns", "http", "flow", "tls")) if r.random() > 0.02 else "alert"
        yield (
            f'{{"timestamp":"{at:%Y-%m-%dT%H:%M:%S.%f}+0000","flow_id":{number},"event_type":"{kind}",'
            f'"src_ip":"{_address(r)}","src_port":{r.randrange(1024, 65000)},"dest_ip":"192.0.2.{r.randrange(1, 255)}",'
            f'"dest_port":{r.choice((53, 80, 443, 22))},"proto":"TCP"{_detail(kind, r)}}}'
        )


def _detail(kind: str, r: random.Random) -> str:
    if kind == "alert":
        return ',"alert":{"action":"allowed","signature_id":2100498,"signature":"Probe","severity":2,"category":"Recon"}'
    if kind == "dns":
        return f',"dns":{{"type":"query","rrname":"host{r.randrange(999)}.example.org","rrtype":"A"}}'
    if kind == "http":
        return f',"http":{{"hostname":"www.example.org","url":"{r.choice(_PATHS)}","http_method":"GET","status":200}}'
    if kind == "tls":
        return ',"tls":{"sni":"www.example.org","version":"TLS 1.3"}'
    return ',"flow":{"pkts_toserver":5,"pkts_toclient":4,"bytes_toserver":500,"bytes_toclient":9000}'
