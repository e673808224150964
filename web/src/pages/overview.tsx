// One look: how bad it is, what is open, what comes in, who is behind it, and whether the agent is well.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { named, number, t, tn, type Key } from "../text";
import { duration, span, stamp } from "../text/time";
import { Bars } from "../ui/bars";
import { cx, Head, LEVEL_FILL, LEVEL_TEXT, Level, Panel } from "../ui/basic";
import { visible } from "../ui/evidence";
import { Ranking } from "../ui/ranking";
import { Empty, Loaded } from "../ui/states";
import { StateTag } from "../ui/state";

const summary = { queryKey: ["summary"], queryFn: () => body(api.GET("/api/v1/dashboard/summary")), refetchInterval: 5_000 };

export function OverviewPage() {
  const query = useQuery(summary);
  return (
    <>
      <Head title={t("page.overview")} about={query.data && <span className="tabular-nums">{span(query.data.since, query.data.until)} UTC</span>} />
      <Loaded query={query} rows={10}>
        {(all) => <Told all={all} />}
      </Loaded>
    </>
  );
}

function Told({ all }: { all: components["schemas"]["Summary"] }) {
  const blocked = Object.values(all.blocks).reduce((sum, each) => sum + each, 0);
  const total = all.rates.reduce((sum, each) => sum + each.count, 0);
  return (
    <div className="grid gap-3 px-4 pb-6 md:grid-cols-2 md:px-5 xl:grid-cols-4">
      <div className="panel grid grid-cols-2 md:col-span-2 md:grid-cols-5 xl:col-span-4">
        <Figure name={t("overview.threat")}>
          <span className={cx("flex items-center gap-2", all.threat ? LEVEL_TEXT[all.threat] : "text-good")}>
            <span aria-hidden className={cx("h-5 w-1.5 rounded-full", all.threat ? LEVEL_FILL[all.threat] : "bg-good")} />
            {all.threat ? named("level", all.threat) : t("overview.calm")}
          </span>
        </Figure>
        <Figure name={t("page.incidents")}>
          <Link to="/incidents" className="hover:underline">{tn("overview.open", all.open)}</Link>
        </Figure>
        <Figure name={t("page.alerts")}>
          <Link to="/alerts" search={{ q: "alert.state:new" }} className="hover:underline">{tn("overview.new", all.new_alerts)}</Link>
        </Figure>
        <Figure name={t("overview.blocked")}>
          <Link to="/network" className="hover:underline">{number(blocked)}</Link> {all.mode && <span className="text-soft text-xs font-normal">{t(`overview.mode.${all.mode}` as Key)}</span>}
        </Figure>
        <Figure name={t("overview.agent")}>
          <Link to="/settings" search={{ tab: "system" }} className={cx("hover:underline", all.faults.length ? "text-high" : "text-good")} title={all.faults.join("\n")}>
            {all.faults.length ? (all.faults[0] ?? "") : t("overview.all_well")}
          </Link>
        </Figure>
      </div>
      <Panel title={t("overview.worst")} flush className="md:col-span-2 xl:row-span-2">
        {all.worst.length === 0 ? (
          <Empty title={t("incidents.none_open")}>{t("incidents.none_open.about")}</Empty>
        ) : (
          <ul className="divide-line divide-y">
            {all.worst.slice(0, 7).map((row) => (
              <li key={row.id}>
                <Link to="/incidents/$id" params={{ id: row.id }} className="hover:bg-raised/60 grid grid-cols-[2.25rem_1fr_auto] items-center gap-3 px-3 py-2">
                  <span className="text-center text-base font-semibold tabular-nums">{Math.round(row.score)}</span>
                  <span className="min-w-0">
                    <span className="line-clamp-2 break-words">{visible(row.title)}</span>
                    <span className="text-soft flex gap-3 text-xs">
                      <Level level={row.level} />
                      <time className="tabular-nums">{stamp(row.last_seen)}</time>
                    </span>
                  </span>
                  <StateTag state={row.state} />
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title={t("overview.rate")} className="md:col-span-2" tools={<span className="text-soft text-xs tabular-nums">{all.agent === "running" && t("overview.rate.now", { n: Math.round(all.records_per_second ?? 0) })}</span>}>
        {all.rates.length === 0 ? <Empty title={t("search.none")} /> : <Bars buckets={all.rates} seconds={all.seconds} label={t("overview.chart", { total, from: stamp(all.rates[0]?.at), until: stamp(all.rates.at(-1)?.at), most: Math.max(...all.rates.map((each) => each.count)), seconds: duration(all.seconds) })} />}
      </Panel>
      {RANKED.map(([field, text]) => (
        <Ranking key={field} title={t(text)} field={field} rows={all.by[field] ?? []} />
      ))}
    </div>
  );
}

const RANKED = [["source.ip", "overview.sources"], ["rule.level", "overview.levels"], ["host.name", "overview.hosts"], ["user.name", "overview.users"], ["rule.id", "overview.rules"], ["alert.class", "overview.kinds"]] as const;

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0 px-4 py-3">
      <h2 className="panel-title">{name}</h2>
      <p className="mt-0.5 min-h-6 truncate text-base font-semibold">{children}</p>
    </div>
  );
}
