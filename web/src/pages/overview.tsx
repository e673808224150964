// One look: how bad it is, what is open, what comes in, who is behind it, and whether the agent is well.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { facets, test } from "../api/alerts";
import { blocks } from "../api/blocking";
import { api, body } from "../api/client";
import { OF_FIELD } from "../api/entities";
import { histogram } from "../api/events";
import { health } from "../api/health";
import type { Row } from "../api/incidents";
import { named, number, t, tn } from "../text";
import { duration, stamp } from "../text/time";
import { Bars } from "../ui/bars";
import { cx, Head, LEVEL_FILL, LEVEL_TEXT, Level, Panel } from "../ui/basic";
import { visible } from "../ui/evidence";
import { Empty, Loaded } from "../ui/states";
import { StateTag } from "../ui/state";
import { whole } from "./incidents";

const LEVELS = ["critical", "high", "medium", "low", "informational"] as const;

/** The level of the worst open incident, or null when none is open. */
export function threat(open: readonly Pick<Row, "level">[]): (typeof LEVELS)[number] | null {
  return LEVELS.find((level) => open.some((each) => each.level === level)) ?? null;
}

export function OverviewPage() {
  const open = useQuery({ queryKey: ["incidents", "overview"], queryFn: () => body(api.GET("/api/v1/incidents", { params: { query: { q: whole("open", ""), sort: "-score", limit: 200 } } })) });
  const state = useQuery({ ...health, refetchInterval: 15_000 });
  const events = useQuery({ ...histogram("", {}), refetchInterval: 30_000 });
  const counted = useQuery(facets(""));
  const list = useQuery({ ...blocks(false), refetchInterval: 15_000 });
  const worst = threat(open.data?.items ?? []);
  return (
    <>
      <Head title={t("page.overview")} />
      <div className="grid gap-3 px-4 pb-6 md:grid-cols-2 md:px-5 xl:grid-cols-4">
        <div className="panel grid grid-cols-2 md:col-span-2 lg:grid-cols-4 xl:col-span-4">
          <Figure name={t("overview.threat")}>
            {open.data && <span className={cx("flex items-center gap-2", worst ? LEVEL_TEXT[worst] : "text-good")}><span aria-hidden className={cx("h-5 w-1.5 rounded-full", worst ? LEVEL_FILL[worst] : "bg-good")} />{worst ? named("level", worst) : t("overview.calm")}</span>}
          </Figure>
          <Figure name={t("page.incidents")}>{open.data && <Link to="/incidents" className="hover:underline">{tn("overview.open", open.data.items.length)}</Link>}</Figure>
          <Figure name={t("overview.blocked")}>{list.data && <Link to="/network" className="hover:underline">{number(list.data.items.length)}</Link>}</Figure>
          <Figure name={t("overview.agent")}>
            {state.data && <span className={state.data.ok ? "text-good" : "text-high"} title={state.data.faults.join("\n")}>{state.data.ok ? t("overview.all_well") : (state.data.faults[0] ?? "")}</span>}
          </Figure>
        </div>
        <Panel title={t("overview.worst")} flush className="md:col-span-2 xl:row-span-2">
          <Loaded query={open}>
            {({ items }) =>
              items.length === 0 ? (
                <Empty title={t("incidents.none_open")}>{t("incidents.none_open.about")}</Empty>
              ) : (
                <ul className="divide-line divide-y">
                  {items.slice(0, 7).map((row) => (
                    <li key={row.id}>
                      <Link to="/incidents/$id" params={{ id: row.id }} className="hover:bg-raised/60 grid grid-cols-[2.25rem_1fr_auto] items-center gap-3 px-3 py-2">
                        <span className="text-center text-base font-semibold tabular-nums">{Math.round(row.score)}</span>
                        <span className="min-w-0">
                          <span className="line-clamp-2 break-words">{visible(row.title)}</span>
                          <span className="text-soft flex gap-3 text-xs"><Level level={row.level} /><time className="tabular-nums">{stamp(row.last_seen)}</time></span>
                        </span>
                        <StateTag state={row.state} />
                      </Link>
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </Panel>
        <Panel title={t("overview.rate")} className="md:col-span-2" tools={<span className="text-soft text-xs tabular-nums">{state.data?.agent?.running && t("overview.rate.now", { n: Math.round(state.data.agent.records_per_second ?? 0) })}</span>}>
          <Loaded query={events} rows={3}>
            {({ buckets, seconds, total }) => (buckets.length === 0 ? <Empty title={t("search.none")} /> : <Bars buckets={buckets} seconds={seconds} label={t("overview.chart", { total, from: stamp(buckets[0]?.at), until: stamp(buckets.at(-1)?.at), most: Math.max(...buckets.map((each) => each.count)), seconds: duration(seconds) })} />)}
          </Loaded>
        </Panel>
        <Loaded query={counted} rows={4}>
          {(all) => (
            <>
              <Ranking title={t("overview.sources")} field="source.ip" rows={all["source.ip"] ?? []} />
              <Ranking title={t("overview.levels")} field="rule.level" rows={all["rule.level"] ?? []} />
            </>
          )}
        </Loaded>
      </div>
    </>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0 px-4 py-3">
      <h2 className="panel-title">{name}</h2>
      <p className="mt-0.5 min-h-6 truncate text-base font-semibold">{children}</p>
    </div>
  );
}

function Ranking({ title, field, rows }: { title: string; field: string; rows: readonly { value: string | null; count: number }[] }) {
  const known = rows.filter((row) => row.value !== null).slice(0, 6);
  const kind = OF_FIELD[field];
  const most = Math.max(1, ...known.map((row) => row.count));
  return (
    <Panel title={title}>
      {known.length === 0 && <p className="text-soft">{t("none")}</p>}
      <ul className="flex flex-col gap-1">
        {known.map(({ value, count }) => (
          <li key={value}>
            <Link {...(kind ? { to: "/entities/$type/$value", params: { type: kind, value: value ?? "" } } : { to: "/alerts", search: { q: test(field, value) } })} className="hover:bg-raised relative flex items-center gap-2 rounded px-1.5 py-0.5">
              <span aria-hidden className="bg-raised absolute inset-y-0 left-0 rounded" style={{ width: `${(100 * count) / most}%` }} />
              <span className={cx("relative min-w-0 flex-1 truncate", field === "rule.level" ? LEVEL_TEXT[value ?? ""] : "font-mono text-xs")}>{field === "rule.level" ? named("level", value ?? "") : visible(value ?? "")}</span>
              <span className="relative tabular-nums">{number(count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
