"""The settings tree: what a configuration file may say. Each component's settings are in the component's own file."""

import os
import pwd
import stat
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from vedette import registry
from vedette.ai.model.settings import Ai
from vedette.collect.feeds import Settings as Feed
from vedette.collect.listening import Address, Tls, is_loopback
from vedette.collect.live import Key
from vedette.detect.anomaly.counts import Settings as Counts
from vedette.detect.network.settings import Settings as Packets
from vedette.incidents.grouping import Grouping
from vedette.incidents.score import Risk
from vedette.model.account import Role
from vedette.model.action import Rates
from vedette.model.alert import Level
from vedette.model.errors import ComponentError
from vedette.model.settings import Duration, Settings, Size
from vedette.respond.policy import Policy


def default_data_dir() -> Path:
    """Where the agent keeps its data when nobody says where: the system's place for root, the user's own else."""
    if os.geteuid() == 0:
        return Path("/var/lib/vedette")
    home = Path(os.environ.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir)
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share") / "vedette"


class SourceEntry(Settings):
    """A place that logs come from: `type`, the settings below, and those of its type."""

    type: str
    """files, journald, syslog, http_pull or http_push."""
    name: str = ""
    """How it is called in status, logs and metrics; the type when left out."""
    time_zone: str | None = None
    """IANA zone of time stamps that name none; the agent's `time_zone` when left out."""
    host: str | None = None
    """The machine that the records are about, where they name none; for local sources this machine."""
    columns: dict[str, str] = Field(default_factory=dict)
    """For CSV: column of the file -> ECS field, where the name does not tell."""
    settings: Any = None
    """The settings of the type, filled from the keys beside this one."""

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        return value if value is None else known_zone(value)


class ChannelEntry(Settings):
    """Where alerts go: `type`, the settings below, and those of its type."""

    type: str
    """file or webhook."""
    name: str = ""
    """How it is called in status, logs and metrics; the type when left out."""
    min_level: Level = "low"
    """Alerts below this level are not sent."""
    settings: Any = None
    """The settings of the type, filled from the keys beside this one."""


def known_zone(name: str) -> str:
    """The name of an IANA time zone.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no time zone named {name!r}; write UTC, Europe/Berlin, America/New_York ...") from None
    return name


def _split(kind: str, own: frozenset[str]) -> Any:
    """A validator that hands the keys that are not our own to the `Settings` of the component that `type` names."""

    def split(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        name = value.get("type")
        if name is None:
            raise PydanticCustomError("no_type", "needs a type, one of: {known}", {"known": ", ".join(registry.names(kind))})
        if not isinstance(name, str) or name not in registry.names(kind):
            raise PydanticCustomError(
                "unknown_type",
                "no such type {got}; one of: {known}",
                {"got": repr(name), "known": ", ".join(registry.names(kind))},
            )
        try:
            model: type[Settings] = registry.load(kind, name).Settings
        except ComponentError as error:
            raise PydanticCustomError("component", "{text}", {"text": error.what}) from error
        theirs = {key: v for key, v in value.items() if key not in own}
        try:
            settings = model.model_validate(theirs)
        except ValidationError as error:
            lines = [_again(e) for e in error.errors()]
            raise ValidationError.from_exception_data(name, lines) from None
        return {**{key: v for key, v in value.items() if key in own}, "settings": settings}

    return split


def _again(error: Any) -> InitErrorDetails:
    kind = PydanticCustomError(error["type"], error["msg"].replace("{", "{{").replace("}", "}}"))
    return InitErrorDetails(type=kind, loc=error["loc"], input=error["input"])


Source = Annotated[SourceEntry, BeforeValidator(_split("collect", frozenset(SourceEntry.model_fields) - {"settings"}))]
Channel = Annotated[
    ChannelEntry, BeforeValidator(_split("notify", frozenset(ChannelEntry.model_fields) - {"settings"}))
]


class Rules(Settings):
    """Which Sigma rules run."""

    builtin: bool = True
    """Whether the rules that come with Vedette run."""
    paths: tuple[Path, ...] = ()
    """Files and directories with more rules, filters and correlations."""
    placeholders: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Values that rules leave to their user: what stands for `%name%` in values with the modifier expand."""
    disable: tuple[str, ...] = ()
    """Ids of rules that do not run."""
    min_level: Level = "informational"
    """Rules below this level raise no alerts; correlations still look at their events."""


class Anomaly(Settings):
    """Detection of what no rule describes."""

    counts: Counts | None = Counts()
    """Events per entity and time bucket; null switches it off."""


class Network(Packets):
    """Live capture, and what makes an attack of packets; the latter also holds for capture files."""

    interfaces: tuple[str, ...] = ()
    """Interfaces whose packets are watched: [eth0]. Without any, packets are not captured. Takes root, or the helper."""
    snap: int = Field(2048, ge=64, le=262_144)
    """Bytes of a packet that are looked at. HTTP requests and DNS queries are read as far as they lie within."""
    ring: Size = Field(32 << 20, ge=1 << 20)
    """Memory that packets of one interface wait in, in the kernel; what finds no room is counted as dropped. A quarter of a
    second of the smallest packets at a million a second; more where drops are told."""
    fanout: int = Field(1, ge=1, le=64)
    """Rings of this size for each interface, which the kernel shares its packets out to by conversation (PACKET_FANOUT_HASH),
    each read by a thread of its own: for interfaces that are too much for one core. What is judged is all of them together."""
    promiscuous: bool = False
    """Whether packets for other machines are wanted too, as on a mirror port."""


class Intel(Settings):
    """Lists of what others call bad: addresses, names, pages, files. All data is looked through for it."""

    feeds: tuple[Feed, ...] = ()
    """The lists. An empty one changes nothing."""
    ignore: tuple[str, ...] = ()
    """Networks and domains that are never bad, whatever lists say: [192.0.2.0/24, example.org]."""

    @field_validator("feeds")
    @classmethod
    def _different(cls, value: tuple[Feed, ...]) -> tuple[Feed, ...]:
        twice = {feed.name for feed in value if [each.name for each in value].count(feed.name) > 1}
        if twice:
            raise ValueError(f"two lists are named {', '.join(sorted(twice))}")
        return value


class Blocking(Policy):
    """What is done about attackers; docs/blocking.md tells how it is decided."""

    mode: Literal["off", "dry-run", "enforce"] = "dry-run"
    """dry-run: everything is decided and counted in the kernel, nothing is dropped. off: decided and written down only."""
    helper: Path | None = None
    """Socket of the privileged helper, for an agent that does not run as root. Without, root starts its own."""
    limit_rate: int = Field(Rates().limit, ge=1)
    """What a limited source may begin in a second: TCP connections, and packets of other protocols."""
    limit_burst: int = Field(Rates().limit_burst, ge=1)
    """The same at once."""
    guard_rate: int = Field(Rates().guard, ge=1)
    """What may begin at a shielded victim in a second, from anybody, by the protocol of the flood."""
    guard_burst: int = Field(Rates().guard_burst, ge=1)
    """The same at once."""

    @field_validator("mode", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        return "off" if value is False else value  # what YAML makes of a bare off

    @property
    def rates(self) -> Rates:
        """As the firewall takes them."""
        return Rates(self.limit_rate, self.limit_burst, self.guard_rate, self.guard_burst)


class Metrics(Settings):
    """What the agent says of itself to Prometheus."""

    listen: Address | None = None
    """Address and port that answer GET /metrics: `127.0.0.1:9324`. Whoever reaches it can read how much is going on, not
    what. Without it nothing listens."""


class SingleSignOn(Settings):
    """Signing in at an OpenID Connect provider: authorization code flow with PKCE. Its redirect URI is
    https://NAME/api/v1/auth/sso/callback."""

    issuer: str = Field(pattern=r"^https?://[!-~]+$")
    """As the provider writes itself: https://login.example.org/realms/soc."""
    client_id: str
    """How the provider knows this service."""
    secret: Key | None = None
    """The client's secret; without, it is a public client."""
    scopes: tuple[str, ...] = ("openid", "profile")
    """What is asked for; some providers give groups only for a scope of that name."""
    name: str = "preferred_username"
    """The claim that is the user's name here."""
    groups: str = "groups"
    """The claim that lists the user's groups."""
    roles: dict[str, Role] = Field(default_factory=dict)
    """Group -> role: {soc-leads: admin, soc: responder}. Of several the one that may most."""
    role: Role | None = None
    """Role of who is in none of these groups; null: is not let in."""

    @field_validator("issuer")
    @classmethod
    def _safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("write https://: whoever changes the answers of the provider on the way is whoever they like")
        return value


class Api(Settings):
    """The HTTP API and the console, served by `vedette serve`."""

    listen: Address | None = "127.0.0.1:8765"
    """Address and port. `vedette run` starts the service there; null switches it off."""
    tls: Tls | None = None
    """Certificate; needed for other machines unless a proxy does it."""
    behind_proxy: bool = False
    """Whether a proxy in front does TLS: it may connect in the clear, and is believed whom it forwards for."""
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Addresses or networks of that proxy; from others, X-Forwarded-For is not believed."""
    hosts: tuple[str, ...] = ()
    """Names that this service is called by, besides localhost and addresses: [soc.example.org]. Requests for another name are
    refused: a web page could have made its own name point here."""
    cors: tuple[str, ...] = ()
    """Other origins whose pages may use the API with a key: [https://portal.example.org]. None by default."""
    rate: int = Field(600, ge=1)
    """Requests in a minute of one user or key."""
    address_rate: int = Field(1200, ge=1)
    """Requests in a minute from one address; /64 in IPv6."""
    patience: Duration = Field(timedelta(seconds=30), gt=timedelta(0))
    """How long one question to what is kept may take before it ends with an error, so that no single one takes the machine."""
    max_body: Size = Field(1 << 20, ge=1024)
    """Largest body of a request; uploads have their own limit."""
    idle: Duration = Field(timedelta(hours=12), gt=timedelta(0))
    """A session ends when it is not used for so long."""
    session: Duration = Field(timedelta(days=7), gt=timedelta(0))
    """A session ends after so long, used or not."""

    single_sign_on: SingleSignOn | None = None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.listen and not is_loopback(self.listen) and not (self.tls or self.behind_proxy):
            raise ValueError("other machines can reach this address: give tls, or set behind_proxy")
        return self


class Analysis(Settings):
    """Analyses of logs that are pasted or uploaded; nothing of them is kept."""

    max_log_size: Size = Field(default_factory=lambda: os.environ.get("MAX_LOG_SIZE", "64MiB"), ge=1024, le=1 << 30, validate_default=True)
    """Largest log that may be sent; $MAX_LOG_SIZE where it is not set."""


class Keep(Settings):
    """How long and how much is kept."""

    age: Duration = Field(timedelta(days=30), gt=timedelta(0))
    """Events, alerts and closed incidents older than this are deleted."""
    size: Size = Field(20 * 10**9, ge=10**6)
    """Bytes of events; the oldest are deleted beyond this."""
    free: Size = Field(200 * 10**6, ge=0)
    """Free space on the data directory's disk below which nothing new is read until there is more."""


class Agent(Settings):
    """How the running agent paces itself."""

    batch_records: int = Field(20_000, ge=1)
    """Records that are stored in one transaction at most."""
    linger: Duration = Field(timedelta(seconds=1), ge=timedelta(0))
    """How long records without an alert may wait for more, so that a quiet source does not make many small files."""
    snapshot: Duration = Field(timedelta(seconds=60), gt=timedelta(0))
    """How often detector state is stored; a restart replays the events since."""
    maintenance: Duration = Field(timedelta(minutes=5), gt=timedelta(0))
    """How often what was stored is compacted (in 5 minutes, hours and days that are over) and retention runs."""


class Tree(Settings):
    """All settings. Every key may also be set by the environment: VEDETTE_KEEP__AGE=7d."""

    data_dir: Path = Field(default_factory=default_data_dir)
    """Where events and state are kept."""
    time_zone: str = "UTC"
    """IANA zone of time stamps that name none: UTC, Europe/Berlin."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What the agent writes about itself, as JSON lines on standard error."""
    sources: tuple[Source, ...] = ()
    """Where logs come from. Without any, the agent watches /var/log and the journal."""
    channels: tuple[Channel, ...] = ()
    """Where alerts go, besides the store. Without any, to alerts.jsonl in the data directory."""
    rules: Rules = Rules()
    anomaly: Anomaly = Anomaly()
    grouping: Grouping = Grouping()
    risk: Risk = Risk()
    network: Network = Network()
    intel: Intel = Intel()
    blocking: Blocking = Blocking()
    metrics: Metrics = Metrics()
    api: Api = Api()
    analysis: Analysis = Field(default_factory=Analysis)
    ai: Ai = Ai()
    keep: Keep = Keep()
    agent: Agent = Agent()

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("data_dir")
    @classmethod
    def _directory(cls, value: Path) -> Path:
        for path in (value, *value.absolute().parents):
            try:
                there = path.stat()
            except (OSError, ValueError):
                continue  # it is to be made, or nobody may look: whoever opens the store will see
            if not stat.S_ISDIR(there.st_mode):
                raise ValueError(f"{path} is no directory")
            break
        return value
