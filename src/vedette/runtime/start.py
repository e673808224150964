"""From settings to a running agent: opens the store, brings the detectors back to where they were, wires the sources."""

import os
import platform
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vedette import registry
from vedette.collect.listening import split
from vedette.config.tree import SourceEntry, Tree
from vedette.detect.intel import NOTHING, Known
from vedette.detect.sigma import Ruleset
from vedette.incidents.lifecycle import Quiet, settle
from vedette.model.alert import Alert
from vedette.model.incident import Incident
from vedette.model.ports import Store
from vedette.model.stored import ActionQuery, AlertQuery, Commit, IncidentQuery
from vedette.parse.context import Context
from vedette.respond.backoff import Backoff
from vedette.runtime.agent import Addressee, Agent, Feed, Hooks, Pace
from vedette.runtime.delivery import Channel, Deliveries, channels_of
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.helper_messages import Capture
from vedette.runtime.lists import Lists, weights
from vedette.runtime.metrics import serve
from vedette.runtime.reload import Reload
from vedette.runtime.responder import Kept, Responder, Setup
from vedette.runtime.rules import load_rules, plan_of
from vedette.runtime.status import Status
from vedette.runtime.surroundings import surroundings
from vedette.runtime.upkeep import Upkeep
from vedette.store.store import open_store

if TYPE_CHECKING:
    from vedette.runtime.watcher import Watcher

LOCAL: Final = ("files", "journald")
"""Source types whose records are about this machine unless they say otherwise."""
Log = Callable[[str, dict[str, Any]], None]


class Replay(NamedTuple):
    """A capture file to be played, so many times as fast as it was recorded; `over` is set at its end."""

    path: Path
    speed: float
    over: threading.Event


def restore(store: Store, plan: Plan, log: Log, listed: Callable[[], Known] = lambda: NOTHING) -> Engine:
    """An engine in the state in which the last commit left it: the last snapshot, and all events since."""
    snapshots = store.snapshots()
    engine = Engine(plan, {name: each.data for name, each in snapshots.items()}, listed=listed)
    after = min((each.sequence for each in snapshots.values()), default=0)
    events = 0
    for groups in store.replay(after):
        _, alerts = engine.detect(groups)
        engine.accept(engine.group(alerts, datetime.now(UTC)))
        events += sum(group.frame.height for group in groups)
    if events:
        log("state restored", {"events replayed": events})
    return engine


def default_sources() -> list[SourceEntry]:
    """What an agent watches that was told nothing: text logs below /var/log, and the journal where there is one."""
    found = []
    logs = registry.load("collect", "files").Settings(paths=["/var/log"], start="end")
    found.append(SourceEntry(type="files", name="var-log", settings=logs))
    if shutil.which("journalctl") and any(Path(p).is_dir() for p in ("/var/log/journal", "/run/log/journal")):
        found.append(
            SourceEntry(
                type="journald", name="journal", settings=registry.load("collect", "journald").Settings(start="end")
            )
        )
    return found


def feeds_of(tree: Tree, entries: Sequence[SourceEntry]) -> list[Feed]:
    """The live sources, not yet open."""
    feeds = []
    for entry in entries:
        source = registry.load("collect", entry.type).Source(entry.settings, entry.name or entry.type)
        zone = entry.time_zone or tree.time_zone
        host = entry.host or (platform.node() if entry.type in LOCAL else None)
        feeds.append(Feed(source, Context(datetime.now(UTC), zone, None, tuple(entry.columns.items()), host)))
    return feeds


def start(
    tree: Tree,
    log: Log,
    *,
    config: Path | None = None,
    sources: Sequence[SourceEntry] | None = None,
    formed: Callable[[Sequence[Incident]], None] = lambda _incidents: None,
    replay: Replay | None = None,
) -> Agent:
    """An agent that is ready to run.

    Args:
        config: the settings file; it and the rules are watched, and what changed is taken over while running.
        sources: in place of those of the settings.
        replay: in place of interfaces.

    Raises:
        VedetteError: the store is held by another agent or damaged, or a rule path is not there.
    """
    os.umask(0o077)
    store = open_store(tree.data_dir)
    ruleset = load_rules(tree)
    lists = Lists(tree.intel, tree.data_dir, log)
    engine = restore(store, plan_of(tree, ruleset), log, lambda: lists.known)
    channels = {c.name or c.type: c for c in channels_of(tree)}
    deliveries = Deliveries(
        store, {name: Channel(registry.load("notify", c.type), c.settings) for name, c in channels.items()}, Backoff()
    )
    status = Status(tree.data_dir, ruleset)
    upkeep = Upkeep(store, tree.keep)

    def setup(tree: Tree, ruleset: Ruleset) -> Setup:
        made = setup_of(tree, ruleset)
        return made._replace(mode="off") if replay else made

    responder = Responder(setup(tree, ruleset), kept_of(tree, store), lambda: surroundings(environment=os.environ), log)
    hooks = Hooks(
        log=log,
        formed=formed,
        room=lambda: _room(tree),
        maintain=lambda engine, now: maintain(upkeep, store, engine, now),
        reload=Reload(tree, config, log, lambda tree, ruleset: responder.reconfigure(setup(tree, ruleset))).check,
        turn=status.turn,
    )
    entries = list(sources if sources is not None else tree.sources or default_sources())
    a = tree.agent
    pace = Pace(a.batch_records, a.linger.total_seconds(), a.snapshot.total_seconds(), a.maintenance.total_seconds())
    addressees = [Addressee(name, c.min_level) for name, c in channels.items()]
    watcher = None
    if replay:
        watcher = replayed(engine, responder, log, replay)
    elif tree.network.interfaces:
        watcher = watch(tree, engine, responder, log)
    lists.start()
    closing = [upkeep.close, lists.close]
    if tree.metrics.listen:
        closing.append(serve(*split(tree.metrics.listen), lambda: status.facts))
    feeds, besides = feeds_of(tree, entries), {"lists": lists.facts}
    return Agent(store, engine, feeds, addressees, deliveries, responder, pace, hooks, watcher, closing, besides)


def setup_of(tree: Tree, ruleset: Ruleset) -> Setup:
    """How the responder works. A dry run without the rights for it is none: it is written down, which needs no rights."""
    blocking = tree.blocking
    if blocking.mode == "dry-run" and blocking.helper is None and os.geteuid() != 0:
        blocking = blocking.model_copy(update={"mode": "off"})
    offenders = frozenset(rule.id for rule in ruleset.rules if "source.ip" in rule.offender)
    return Setup(blocking, blocking.mode, blocking.helper, blocking.rates, offenders, weights(tree.intel.feeds))


def kept_of(tree: Tree, store: Store) -> Kept:
    """What the responder goes on with."""
    now = datetime.now(UTC)
    policy = tree.blocking
    return Kept(
        store.actions(ActionQuery(active=now, limit=None)),
        store.allowed(),
        store.repeats(None, now - policy.repeats_within),
        store.alerts(AlertQuery(since=now - policy.score_window, level="medium", limit=10_000)),
    )


def watch(tree: Tree, judging: Engine, responder: Responder, log: Log) -> "Watcher":
    """Capture that has begun. Its tables are placed by a secret, so that nobody can fill one place of them."""
    from vedette.collect.interfaces import Geometry
    from vedette.collect.ring import Ring
    from vedette.runtime import warm
    from vedette.runtime.packets import MOST, judge
    from vedette.runtime.watcher import Watcher

    network = tree.network
    engine = Engine(judging.plan, seed=secrets.randbits(64), listed=judging.listed)
    warm.watching()

    def capture(name: str, group: int | None) -> Ring:
        asked = Capture(name, network.snap, network.ring, network.promiscuous, group)
        opened, geometry = responder.client().capture(asked)
        return Ring(opened, name, Geometry(*geometry))

    look = partial(judge, engine, most=MOST)
    return Watcher(network.interfaces, capture, look, responder.take, log, fanout=network.fanout, talkers=engine.talkers)


def replayed(judging: Engine, responder: Responder, log: Log, replay: Replay) -> "Watcher":
    """A recording that has begun to play in the place of interfaces. What is decided counts from when it was recorded."""
    from vedette.runtime.packets import judge
    from vedette.runtime.recording import Recording
    from vedette.runtime.watcher import Watcher

    stop = threading.Event()
    recording = Recording(replay.path, replay.speed, stop, replay.over)

    def act(alerts: Sequence[Alert], _now: datetime) -> None:
        for alert in alerts:
            responder.take([alert], alert.last_seen)

    engine = Engine(judging.plan, listed=judging.listed)
    look = partial(judge, engine)
    return Watcher([str(replay.path)], lambda _name, _group: recording, look, act, log, talkers=engine.talkers, stop=stop)


def _room(tree: Tree) -> str:
    try:
        free = shutil.disk_usage(tree.data_dir).free
    except OSError as error:
        return f"{tree.data_dir}: {error.strerror}"
    if free >= tree.keep.free:
        return ""
    return f"only {free >> 20} MiB free on the disk of {tree.data_dir}; waiting for {tree.keep.free >> 20} MiB"


def maintain(upkeep: Upkeep, store: Store, engine: Engine, now: datetime) -> None:
    """Compact and delete what is too old, beside the loop; resolve what has been quiet."""
    open_ones = store.incidents(IncidentQuery(states=("new", "acknowledged"), limit=1000))
    settled = [after for before in open_ones if (after := settle(Quiet(), before, now)) is not before]
    if settled:
        store.commit(Commit(incidents=settled), now)
        for incident in settled:
            engine.told(incident)
    upkeep.turn(now)
