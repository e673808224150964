// Everything about one address, user, host or process: when it was seen, what it is in, what was done, and what it is seen with.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { active } from "../api/blocking";
import { entity as question, KINDS, OF_FIELD, type Entity, type Kind } from "../api/entities";
import { pageOfEvents, shown } from "../api/events";
import type { Action } from "../api/incidents";
import { test } from "../api/alerts";
import { useMay } from "../app/session";
import { named, number, t, tn } from "../text";
import { ago, duration, stamp } from "../text/time";
import { Bars } from "../ui/bars";
import { Button, Level, Panel, Tag } from "../ui/basic";
import { BlockDialog, LiftDialog } from "../ui/block";
import { EntityLink } from "../ui/entity";
import { visible } from "../ui/evidence";
import { Empty, Failed, Loaded } from "../ui/states";
import { StateTag } from "../ui/state";
import { api, body, Problem } from "../api/client";
import { Actions } from "../ui/actions";

const EVENTS = 50;

export function EntityPage() {
  const { type, value } = getRouteApi("/entities/$type/$value").useParams();
  const kind = KINDS.find((each) => each === type);
  if (!kind) return <Failed error={new Problem(404, t("state.no_page"))} />;
  return <Told key={`${kind} ${value}`} kind={kind} value={value} />;
}

function Told({ kind, value }: { kind: Kind; value: string }) {
  const query = useQuery(question(kind, value));
  return (
    <Loaded query={query} rows={12}>
      {(entity) => (
        <article className="px-4 pt-3 pb-6 md:px-5">
          <Top entity={entity} />
          <div className="mt-3 grid items-start gap-3 xl:grid-cols-[minmax(0,1fr)_20rem]">
            <div className="flex min-w-0 flex-col gap-3">
              <Incidents entity={entity} />
              <Alerts entity={entity} />
              <Events entity={entity} />
            </div>
            <aside className="flex min-w-0 flex-col gap-3" aria-label={t("entity.beside")}>
              <Done entity={entity} />
              <With entity={entity} />
            </aside>
          </div>
        </article>
      )}
    </Loaded>
  );
}

/** Which lists of indicators it is on, and what they say of it. */
function Listed({ address }: { address: string }) {
  const found = useQuery({ queryKey: ["lists", address], queryFn: () => body(api.GET("/api/v1/lists/find", { params: { query: { value: address } } })), retry: false }).data ?? [];
  return found.map((each) => (
    <Tag key={each.list} tone="high">
      {t("lists.on", { list: visible(each.list), about: each.about ? `: ${visible(each.about).slice(0, 60)}` : "" })}
    </Tag>
  ));
}

function Top({ entity }: { entity: Entity }) {
  const may = useMay("block");
  const [blocking, setBlocking] = useState(false);
  const facts: [string, string, string][] = [
    [t("entity.first"), stamp(entity.first_seen), ago(entity.first_seen)],
    [t("entity.last"), stamp(entity.last_seen), ago(entity.last_seen)],
    [t("page.incidents"), number(entity.incidents.length), ""],
    [t("page.alerts"), number(entity.alerts_total), ""],
    [t("entity.events"), number(entity.events.total), duration(7 * 86400)],
  ];
  return (
    <>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Tag tone="accent">{named("kind_of", entity.type)}</Tag>
        <h1 className="min-w-0 font-mono text-lg break-all">{visible(entity.value)}</h1>
        {entity.type === "address" && <Listed address={entity.value} />}
        {entity.type === "address" && entity.actions.some((each) => active(each)) && <Tag tone="high">{t("entity.blocked")}</Tag>}
        <div className="ml-auto flex gap-2">
          <Link to="/search" search={{ q: entity.query }} className="border-edge bg-panel hover:bg-raised inline-flex h-8 items-center rounded border px-3">
            {t("entity.search")}
          </Link>
          {may && entity.type === "address" && (
            <Button look="danger" onClick={() => setBlocking(true)}>
              {t("block")}
            </Button>
          )}
        </div>
      </header>
      <dl className="panel mt-3 grid grid-cols-2 md:grid-cols-5">
        {facts.map(([name, fact, more]) => (
          <div key={name} className="min-w-0 px-3 py-2">
            <dt className="panel-title">{name}</dt>
            <dd className="font-semibold tabular-nums">
              {fact || "–"} {fact && more && <span className="text-soft block text-xs font-normal">{more}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {blocking && <BlockDialog network={entity.value} onClose={() => setBlocking(false)} />}
    </>
  );
}

function Incidents({ entity }: { entity: Entity }) {
  return (
    <Panel title={t("page.incidents")} flush>
      {entity.incidents.length === 0 && <p className="text-soft p-3">{t("none")}</p>}
      <ul className="divide-line divide-y">
        {entity.incidents.map((row) => (
          <li key={row.id}>
            <Link to="/incidents/$id" params={{ id: row.id }} className="hover:bg-raised/60 grid grid-cols-[2.25rem_1fr_auto] items-center gap-3 px-3 py-1.5">
              <span className="text-center font-semibold tabular-nums">{Math.round(row.score)}</span>
              <span className="min-w-0">
                <span className="line-clamp-2 break-words">{visible(row.title)}</span>
                <span className="text-soft flex gap-3 text-xs">
                  <Level level={row.level} /> <time className="tabular-nums">{stamp(row.last_seen)}</time>
                </span>
              </span>
              <StateTag state={row.state} />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Alerts({ entity }: { entity: Entity }) {
  const field = Object.entries(OF_FIELD).filter(([, kind]) => kind === entity.type).map(([name]) => name);
  return (
    <Panel
      title={t("page.alerts")}
      flush
      tools={
        entity.alerts_total > 0 && (
          <Link to="/alerts" search={{ q: field.map((name) => test(name, entity.value)).join(" or ") }} className="text-accent text-xs underline">
            {t("entity.all", { n: entity.alerts_total })}
          </Link>
        )
      }
    >
      {entity.alerts.length === 0 && <p className="text-soft p-3">{entity.type === "process" ? t("entity.no_alerts") : t("none")}</p>}
      <ul className="divide-line max-h-80 divide-y overflow-auto" {...(entity.alerts.length > 8 ? { tabIndex: 0, "aria-label": t("page.alerts") } : {})}>
        {entity.alerts.map(({ alert, state }) => (
          <li key={alert["alert.id"]}>
            <Link to="/alerts" search={{ open: alert["alert.id"] }} className="hover:bg-raised/60 grid grid-cols-[4.5rem_1fr_auto] items-center gap-3 px-3 py-1.5 max-sm:grid-cols-[1fr_auto]">
              <Level level={alert["rule.level"]} className="max-sm:hidden" />
              <span className="min-w-0">
                <span className="block truncate">{visible(alert.message)}</span>
                <time className="text-soft text-xs tabular-nums">{stamp(alert.last_seen)}</time>
              </span>
              <StateTag state={state ?? "new"} />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Events({ entity }: { entity: Entity }) {
  const query = useQuery({ queryKey: ["entity-events", entity.query], queryFn: () => pageOfEvents(entity.query, {}, null) });
  const { buckets, seconds, total } = entity.events;
  return (
    <Panel title={t("entity.recent")} flush>
      {buckets.length > 1 && (
        <div className="p-3">
          <Bars buckets={buckets} seconds={seconds} height={72} label={t("overview.chart", { total, from: stamp(buckets[0]?.at), until: stamp(buckets.at(-1)?.at), most: Math.max(...buckets.map((each) => each.count)), seconds: duration(seconds) })} />
        </div>
      )}
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("search.none")} />
          ) : (
            <ul className="divide-line bg-ground max-h-96 divide-y overflow-auto" tabIndex={0} aria-label={t("entity.recent")}>
              {items.slice(0, EVENTS).map((event) => (
                <li key={shown(event["event.id"])} className="grid gap-x-3 px-3 py-1 sm:grid-cols-[9.5rem_1fr]">
                  <time className="text-soft text-xs leading-5 tabular-nums">{stamp(shown(event["@timestamp"]))}</time>
                  <span className="evidence">{visible(shown(event["event.original"] ?? event["message"]))}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Done({ entity }: { entity: Entity }) {
  const may = useMay("block");
  const [lifting, setLifting] = useState<Action | null>(null);
  return (
    <Panel title={t("incident.done")} flush>
      {entity.actions.length === 0 && <p className="text-soft p-3">{t("incident.done.none")}</p>}
      <Actions actions={entity.actions} onLift={may ? setLifting : undefined} />
      {lifting && <LiftDialog action={lifting} onClose={() => setLifting(null)} />}
    </Panel>
  );
}

function With({ entity }: { entity: Entity }) {
  const kinds = Map.groupBy(entity.related, (each) => each.type);
  return (
    <Panel title={t("entity.related")}>
      {kinds.size === 0 && <p className="text-soft">{t("none")}</p>}
      <div className="flex flex-col gap-2">
        {[...kinds].map(([kind, seen]) => (
          <section key={kind}>
            <h3 className="text-soft text-xs">{named("kinds_of", kind)}</h3>
            <ul>
              {seen.map((each) => (
                <li key={each.value} className="flex min-h-6 items-center gap-2">
                  <EntityLink type={each.type} value={each.value} className="min-w-0 flex-1 truncate font-mono text-xs" />
                  <span className="text-soft text-xs tabular-nums" title={tn("search.hits", each.count)}>
                    {number(each.count)}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Panel>
  );
}
