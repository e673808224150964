// The queue that an analyst works from: open ones, the worst first. Filter and order are in the address.
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { api, body } from "../api/client";
import { OPEN, type Row } from "../api/incidents";
import { useKeys } from "../app/keys";
import { t, tn } from "../text";
import { ago, span, stamp } from "../text/time";
import { Button, Choice, cx, Head, Level, LEVEL_FILL } from "../ui/basic";
import { Filter } from "../ui/filter";
import { StateTag } from "../ui/state";
import { Empty, Failed, Loading } from "../ui/states";
import { Dots } from "../ui/tactics";

export type Search = { q?: string | undefined; show?: "all" | "closed" | undefined; sort?: "-last_seen" | undefined };
const SHOWS = { open: OPEN, closed: "state:(resolved or false-positive)", all: "" };

/** The query of what is shown and what was typed. */
export function whole(show: keyof typeof SHOWS, q: string): string {
  return [SHOWS[show], q && (SHOWS[show] ? `(${q})` : q)].filter(Boolean).join(" and ");
}

export function IncidentsPage() {
  const { q = "", show = "open", sort = "-score" } = getRouteApi("/incidents").useSearch();
  const navigate = useNavigate();
  const to = (change: Partial<Search>) => void navigate({ to: "/incidents", search: (before: Search) => ({ ...before, ...change }), replace: true });
  const query = useInfiniteQuery({
    queryKey: ["incidents", q, show, sort],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/incidents", { params: { query: { q: whole(show, q), sort, limit: 50, after: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [at, setAt] = useState(-1);
  const list = useRef<HTMLUListElement>(null);
  const move = (step: number) => setAt((now) => Math.max(0, Math.min(rows.length - 1, now + step)));
  useEffect(() => list.current?.querySelectorAll("a")[at]?.focus(), [at]);
  useKeys({ j: () => move(1), k: () => move(-1) });
  return (
    <>
      <Head title={t("page.incidents")} about={<span role="status">{query.data && (query.hasNextPage ? t("incidents.more", { n: rows.length }) : tn("incidents.count", rows.length))}</span>} />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 md:px-5">
        <div role="group" aria-label={t("alerts.state")} className="border-edge flex overflow-hidden rounded border">
          {(["open", "closed", "all"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={show === each} onClick={() => to({ show: each === "open" ? undefined : each })} className={cx("h-[30px] px-3", show === each ? "bg-raised font-medium" : "text-soft hover:text-ink")}>
              {t(`incidents.${each}`)}
            </button>
          ))}
        </div>
        <Filter about="incidents" value={q} placeholder={t("incidents.filter")} onChange={(next) => to({ q: next || undefined })} />
        <Choice label={t("incidents.sort")} hideLabel className="w-40" value={sort} onChange={(event) => to({ sort: event.target.value === "-last_seen" ? "-last_seen" : undefined })}>
          <option value="-score">{t("incidents.by.score")}</option>
          <option value="-last_seen">{t("incidents.by.last_seen")}</option>
        </Choice>
      </div>
      <div className="min-h-0 flex-1 px-4 pb-4 md:px-5">
        <div className="panel overflow-hidden">
          {query.isPending ? (
            <Loading rows={8} />
          ) : query.error ? (
            <Failed error={query.error} again={() => void query.refetch()} />
          ) : rows.length === 0 ? (
            q ? (
              <Empty title={t("incidents.none_found")}>
                <p className="mb-2">{t("incidents.none_found.about")}</p>
                <Button small onClick={() => to({ q: undefined })}>
                  {t("incidents.clear")}
                </Button>
              </Empty>
            ) : (
              <Empty title={t("incidents.none_open")}>{t("incidents.none_open.about")}</Empty>
            )
          ) : (
            <ul ref={list} className="divide-line divide-y">
              {rows.map((row) => (
                <Line key={row.id} row={row} />
              ))}
            </ul>
          )}
        </div>
        {query.hasNextPage && (
          <Button className="mx-auto mt-3 flex" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            {t("more")}
          </Button>
        )}
      </div>
    </>
  );
}

function Line({ row }: { row: Row }) {
  return (
    <li className="relative">
      <span aria-hidden className={cx("absolute inset-y-0 left-0 w-[3px]", LEVEL_FILL[row.level])} />
      <Link to="/incidents/$id" params={{ id: row.id }} className="hover:bg-raised/60 focus-visible:bg-raised grid grid-cols-[2.75rem_1fr] items-center gap-x-3 py-2 pr-3 pl-4 !outline-offset-[-2px] md:grid-cols-[2.75rem_1fr_auto]">
        <span className="text-center text-base font-semibold tabular-nums" title={t("incidents.score")}>
          {Math.round(row.score)}
        </span>
        <span className="min-w-0">
          <span className="line-clamp-2 font-medium break-words">{row.title}</span>
          <span className="text-soft mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-0.5 text-xs">
            <Level level={row.level} />
            <time className="tabular-nums" title={stamp(row.last_seen)}>
              {span(row.first_seen, row.last_seen)}
            </time>
            <span>{tn("incidents.alerts", row.alerts)}</span>
            {row.assignee && <span>{row.assignee}</span>}
          </span>
        </span>
        <span className="col-start-2 mt-1 flex items-center gap-3 md:col-start-3 md:mt-0">
          <Dots tactics={row.tactics} />
          <span className="text-soft hidden w-24 text-right text-xs xl:inline">{ago(row.last_seen)}</span>
          <span className="md:w-24 md:text-right">
            <StateTag state={row.state} />
          </span>
        </span>
      </Link>
    </li>
  );
}
