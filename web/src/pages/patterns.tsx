// What comes again and again: how much of it, since when, at which hours, and what the next days will bring.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { test } from "../api/alerts";
import { api, body } from "../api/client";
import type { operations } from "../api/schema";
import { named, number, t } from "../text";
import { day, weekday } from "../text/time";
import { Choice, cx, Head, Panel, Tag } from "../ui/basic";
import { visible } from "../ui/evidence";
import { Filter } from "../ui/filter";
import { Spark } from "../ui/spark";
import { Empty, Loaded } from "../ui/states";
import { Table, type Column } from "../ui/table";

type Patterns = operations["getPatterns"]["responses"][200]["content"]["application/json"];
type Pattern = Patterns["recurring"][number];
type Seen = Patterns["new"][number];
type About = "alerts" | "events";
export type Given = { about?: About; by?: string; days?: number; q?: string };

const FIELDS: Record<About, readonly string[]> = {
  alerts: ["rule.name", "source.ip", "user.name", "host.name", "rule.level", "alert.class", "threat.technique.id"],
  events: ["event.action", "source.ip", "user.name", "host.name", "event.category", "process.name", "destination.port", "event.dataset"],
};
const DAYS = [14, 28, 60, 90] as const;
const PLACE = { alerts: "/alerts", events: "/search" } as const;

export function PatternsPage() {
  const given: Given = getRouteApi("/patterns").useSearch();
  const { about = "alerts", days = 28, q = "" } = given;
  const by = given.by ?? FIELDS[about][0] ?? "";
  const navigate = useNavigate();
  const go = (next: Given) => void navigate({ to: "/patterns", search: next, replace: true });
  const found = useQuery({ queryKey: ["patterns", about, by, days, q], queryFn: () => body(api.GET("/api/v1/patterns", { params: { query: { about, by, days, q, limit: 50 } } })) });
  return (
    <>
      <Head title={t("page.patterns")} about={found.data && found.data.history > 0 && <span className="tabular-nums">{found.data.since} – {found.data.until} UTC</span>} />
      <div className="flex flex-col gap-3 px-4 pb-6 md:px-5">
        <div className="flex flex-wrap items-end gap-3">
          <Choice label={t("patterns.of")} value={about} onChange={(event) => go({ about: event.target.value as About, days })}>
            <option value="alerts">{t("page.alerts")}</option>
            <option value="events">{t("patterns.events")}</option>
          </Choice>
          <Choice label={t("patterns.by")} value={by} onChange={(event) => go({ ...given, by: event.target.value })}>
            {[...new Set([...FIELDS[about], by])].map((field) => (
              <option key={field} value={field}>
                {field}
              </option>
            ))}
          </Choice>
          <Choice label={t("patterns.days")} value={days} onChange={(event) => go({ ...given, days: Number(event.target.value) })}>
            {[...new Set([...DAYS, days])].map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </Choice>
          <Filter key={about} value={q} about={about} placeholder={about === "alerts" ? "rule.level >= high" : "event.outcome:failure"} onChange={(next) => go({ ...given, q: next })} />
        </div>
        <Loaded query={found}>
          {(all) =>
            all.history === 0 ? (
              <Empty title={t("patterns.none")}>{t("patterns.none.about")}</Empty>
            ) : (
              <>
                <Table label={t("patterns.again")} rows={[all.all, ...all.recurring]} id={(each) => each.value ?? ""} columns={columns(all)} />
                {all.all.course.forecast.length === 0 && <p className="text-soft text-sm">{t("patterns.few")}</p>}
                <div className="grid gap-3 md:grid-cols-2">
                  <Once title={t("patterns.new")} rows={all.new} all={all} />
                  <Once title={t("patterns.rare")} rows={all.rare} all={all} />
                </div>
              </>
            )
          }
        </Loaded>
      </div>
    </>
  );
}

function columns(all: Patterns): Column<Pattern>[] {
  const [today, ...next] = all.all.course.forecast;
  return [
    { name: t("patterns.what"), cell: (each) => (each.value === null ? <b>{t("patterns.all")}</b> : <Value all={all} value={each.value} />), className: "max-w-80" },
    { name: t("patterns.course"), cell: (each) => <Spark counts={each.per_day} begin={all.since} /> },
    { name: t("patterns.count"), cell: (each) => <span className="tabular-nums">{number(each.count)}</span> },
    { name: t("patterns.on_days"), cell: (each) => <span className="text-soft tabular-nums">{each.days}/{all.history}</span> },
    { name: day(all.until), cell: (each) => <Last pattern={each} /> },
    { name: t("patterns.trend"), cell: (each) => <Trend course={each.course} /> },
    { name: t("patterns.when"), cell: (each) => <span className="text-soft whitespace-nowrap">{when(each)}</span> },
    ...(today ? [{ name: t("patterns.today"), cell: (each: Pattern) => <Today pattern={each} /> }] : []),
    ...next.map((foretold, n) => ({ name: day(foretold.day), cell: (each: Pattern) => <Range expected={each.course.forecast[n + 1]} /> })),
  ];
}

function Value({ all, value }: { all: Patterns; value: string }) {
  return (
    <Link to={PLACE[all.about]} search={{ q: test(all.by, value) }} title={value} className={cx("hover:text-accent block truncate py-1 underline decoration-dotted underline-offset-2", all.by !== "rule.name" && "font-mono text-xs")}>
      {visible(value)}
    </Link>
  );
}

function Last({ pattern: { per_day, course } }: { pattern: Pattern }) {
  return (
    <span className="flex items-center gap-1.5 whitespace-nowrap tabular-nums">
      {number(per_day.at(-1) ?? 0)}
      {(course.last === "more" || course.last === "less") && <Tag tone="high">{named("patterns.last", course.last)}</Tag>}
    </span>
  );
}

function Trend({ course }: { course: Pattern["course"] }) {
  if (course.trend === "unknown") return null;
  return (
    <span className={cx("whitespace-nowrap tabular-nums", course.trend === "steady" && "text-soft")}>
      {named("patterns.trend", course.trend)} {course.slope !== 0 && t("patterns.slope", { n: `${course.slope > 0 ? "+" : ""}${number(course.slope, 1)}` })}
    </span>
  );
}

function Today({ pattern: { today, course } }: { pattern: Pattern }) {
  const expected = course.forecast[0];
  return (
    <span className="whitespace-nowrap tabular-nums">
      {number(today)} <span className="text-soft">{expected && t("patterns.so_far", { low: expected.low, high: expected.high })}</span>
    </span>
  );
}

function Range({ expected }: { expected: Pattern["course"]["forecast"][number] | undefined }) {
  return <span className="text-soft whitespace-nowrap tabular-nums">{expected && `${number(expected.low)}–${number(expected.high)}`}</span>;
}

/** Days of the week and hours that it keeps to. */
function when({ weekdays, hours, course }: Pattern): string {
  const days = weekdays.length > 0 ? weekdays.map(weekday).join(", ") : course.weekly ? t("patterns.weekly") : "";
  const [from, until] = hours ?? [];
  return [days, from !== undefined && until !== undefined && t("patterns.hours", { from: String(from).padStart(2, "0"), until: String(until || 24).padStart(2, "0") })].filter(Boolean).join(" ");
}

function Once({ title, rows, all }: { title: string; rows: readonly Seen[]; all: Patterns }) {
  return (
    <Panel title={title} flush>
      {rows.length === 0 ? (
        <p className="text-soft p-3">{t("none")}</p>
      ) : (
        <Table
          bare
          label={title}
          rows={rows}
          id={(each) => each.value}
          columns={[
            { name: t("patterns.what"), cell: (each) => <Value all={all} value={each.value} />, className: "max-w-80" },
            { name: t("patterns.seen"), cell: (each) => <span className="whitespace-nowrap tabular-nums">{each.first === each.last ? each.first : `${each.first}, ${each.last}`}</span> },
            { name: t("patterns.count"), cell: (each) => <span className="tabular-nums">{number(each.count)}</span> },
          ]}
        />
      )}
    </Panel>
  );
}
