// All events that are kept, by the query language: over time, in columns of one's choice, each whole when it is opened.
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Columns3, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { test, toggled } from "../api/alerts";
import { asks } from "../api/ask";
import { api, body } from "../api/client";
import { histogram, pageOfEvents, shown, type Event } from "../api/events";
import { useNarrow } from "../app/narrow";
import { useMay } from "../app/session";
import { t, tn } from "../text";
import { duration, span, stamp } from "../text/time";
import { Bars } from "../ui/bars";
import { Button, cx, Field, Head, IconButton } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { Value } from "../ui/entity";
import { visible } from "../ui/evidence";
import { Filter } from "../ui/filter";
import { Rows, type Wide } from "../ui/rows";
import { Empty, Failed, Loading, Refused } from "../ui/states";
import { say } from "../ui/toast";

type Search = { q?: string | undefined; since?: string | undefined; until?: string | undefined; columns?: string | undefined };
const COLUMNS = "host.name,source.ip,user.name,event.original";

export function SearchPage() {
  const { q = "", since, until, columns = COLUMNS } = getRouteApi("/search").useSearch();
  const navigate = useNavigate();
  const to = (change: Search) => void navigate({ to: "/search", search: (before: Search) => ({ ...before, ...change }) });
  const narrow = useNarrow();
  const range = useMemo(() => ({ since, until }), [since, until]);
  const [open, setOpen] = useState<Event | null>(null);
  const [asking, setAsking] = useState<"columns" | "saved" | null>(null);
  const over = useQuery({ ...histogram(q, range), placeholderData: keepPreviousData });
  const query = useInfiniteQuery({
    queryKey: ["events", q, range],
    queryFn: ({ pageParam }) => pageOfEvents(q, range, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items as Event[]) ?? [], [query.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const end = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const [live, setLive] = useState(false);
  const tail = useTail(q, live);
  const all = useMemo(() => {
    if (tail.rows.length === 0) return rows;
    const known = new Set(tail.rows.map((row) => row["event.id"]));
    return [...tail.rows, ...rows.filter((row) => !known.has(row["event.id"]))];
  }, [tail.rows, rows]);
  const download = (format: "csv" | "jsonl") => `/api/v1/events/export?${new URLSearchParams([["q", q], ["format", format], ...(since ? [["since", since]] : []), ...(until ? [["until", until]] : []), ...(format === "csv" ? columns.split(",").map((each: string) => ["fields", each.trim()]) : [])] as [string, string][])}`;
  const damaged = query.data?.pages[0]?.damaged.length ?? 0;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Head title={t("page.search")} about={<span role="status">{over.data && tn("search.hits", over.data.total)}</span>}>
        <button type="button" aria-pressed={live} onClick={() => setLive(!live)} className={cx("inline-flex h-6 items-center gap-1.5 rounded border px-2 text-xs", live ? "border-good text-good" : "border-edge bg-panel hover:bg-raised")}>
          <span aria-hidden className={cx("size-2 rounded-full", live ? "bg-good animate-[pulse_2s_infinite]" : "bg-informational")} /> {t("search.live")}
        </button>
        <a href={download("csv")} download className="border-edge bg-panel hover:bg-raised inline-flex h-6 items-center rounded border px-2 text-xs">{t("search.csv")}</a>
        <a href={download("jsonl")} download className="border-edge bg-panel hover:bg-raised inline-flex h-6 items-center rounded border px-2 text-xs">{t("search.json")}</a>
        <Button small onClick={() => setAsking("columns")}>{t("search.columns")}</Button>
        <Button small onClick={() => setAsking("saved")}>{t("search.saved")}</Button>
      </Head>
      <div className="flex flex-wrap items-center gap-2 px-4 pb-2 md:px-5">
        <Filter about="events" value={q} placeholder={t("search.query")} onChange={(next) => { const ask = asks(next); if (ask) void navigate({ to: "/ask", search: ask }); else to({ q: next || undefined }); }} />
        <Link className="text-accent text-xs underline" to="/ask">{t("ask")}</Link>
        {(since || until) && (
          <Button small onClick={() => to({ since: undefined, until: undefined })}>
            {span(since ?? "", until ?? "")} <X size={12} aria-hidden />
          </Button>
        )}
        {live && <span role="status" className="text-soft tabular-nums">{tail.error ? <Refused error={tail.error} /> : t("search.live.count", { n: tail.count })}</span>}
        {damaged > 0 && <span className="text-high">{tn("search.damaged", damaged)}</span>}
      </div>
      <div className="px-4 pb-2 md:px-5">
        {over.isPending && <div aria-hidden className="bg-raised h-[84px] animate-pulse rounded" />}
        {over.data && over.data.buckets.length > 0 && (
          <Bars buckets={over.data.buckets} seconds={over.data.seconds} height={84} onRange={(a, b) => to({ since: a, until: b })} label={t("overview.chart", { total: over.data.total, from: stamp(over.data.buckets[0]?.at), until: stamp(over.data.buckets.at(-1)?.at), most: Math.max(...over.data.buckets.map((each) => each.count)), seconds: duration(over.data.seconds) })} />
        )}
      </div>
      <div className="flex min-h-0 flex-1 px-4 pb-4 md:px-5">
        {query.isPending ? (
          <div className="panel flex-1"><Loading rows={12} /></div>
        ) : query.error ? (
          <div className="panel flex-1"><Failed error={query.error} again={() => void query.refetch()} /></div>
        ) : all.length === 0 ? (
          <div className="panel flex-1"><Empty title={t("search.none")}>{t("search.none.about")}</Empty></div>
        ) : (
          <Rows label={t("search.list")} rows={all} columns={wide(columns, narrow)} id={(row) => shown(row["event.id"])} height={narrow ? 60 : 30} onOpen={setOpen} onEnd={end} {...(over.data ? { total: over.data.total } : {})} />
        )}
      </div>
      {open && <Whole event={open} onClose={() => setOpen(null)} columns={columns.split(",")} onColumns={(next) => to({ columns: next.join(",") === COLUMNS ? undefined : next.join(",") })} onTest={(part) => (setOpen(null), to({ q: toggled(q, part) }))} />}
      {asking === "columns" && <Columns value={columns} onClose={() => setAsking(null)} onChange={(next) => (setAsking(null), to({ columns: next === COLUMNS ? undefined : next }))} />}
      {asking === "saved" && <Saved q={q} onClose={() => setAsking(null)} onChoose={(next) => (setAsking(null), to({ q: next }))} />}
    </div>
  );
}

const KEPT = 1000;

/** What was read since this was switched on, the newest first; `count`: also what is no longer shown. */
function useTail(q: string, on: boolean) {
  const [state, setState] = useState<{ rows: Event[]; count: number; error: unknown }>({ rows: [], count: 0, error: null });
  useEffect(() => {
    setState({ rows: [], count: 0, error: null });
    if (!on) return undefined;
    let after: number | null = null;
    let timer: ReturnType<typeof setTimeout>;
    const gone = new AbortController();
    const ask = async () => {
      try {
        const told = await body(api.GET("/api/v1/events/tail", { params: { query: { q, after } }, signal: gone.signal }));
        after = told.sequence;
        const fresh = (told.items as Event[]).toReversed();
        if (fresh.length > 0 || told.more > 0)
          setState((before) => {
            const known = new Set(before.rows.map((row) => row["event.id"]));
            const unseen = fresh.filter((row) => !known.has(row["event.id"]));
            return { rows: [...unseen, ...before.rows].slice(0, KEPT), count: before.count + unseen.length + told.more, error: null };
          });
      } catch (error) {
        if (gone.signal.aborted) return;
        setState((before) => ({ ...before, error }));
      }
      timer = setTimeout(() => void ask(), 1500);
    };
    void ask();
    return () => (gone.abort(), clearTimeout(timer));
  }, [q, on]);
  return state;
}

function wide(columns: string, narrow: boolean): Wide<Event>[] {
  const time: Wide<Event> = { name: "@timestamp", head: t("search.time"), width: "9.5rem", cell: (row) => <time className="text-soft text-xs tabular-nums">{stamp(shown(row["@timestamp"]))}</time> };
  if (narrow)
    return [{ name: "all", head: t("search.record"), width: "minmax(0,1fr)", cell: (row) => <span className="block"><time className="text-soft block text-xs tabular-nums">{stamp(shown(row["@timestamp"]))}</time><code className="line-clamp-2 font-mono text-xs break-all whitespace-normal">{visible(shown(row["event.original"] ?? row["message"]))}</code></span> }];
  return [
    time,
    ...columns.split(",").map((each) => each.trim()).filter(Boolean).map((name): Wide<Event> => ({
      name,
      head: <span className="font-mono font-normal">{visible(name)}</span>,
      width: name === "event.original" || name === "message" ? "minmax(16rem,4fr)" : "minmax(6rem,1fr)",
      cell: (row) => <code className="font-mono text-xs" title={visible(shown(row[name]))}><Value field={name} value={shown(row[name])} /></code>,
    })),
  ];
}

function Whole({ event, columns, onClose, onColumns, onTest }: { event: Event; columns: readonly string[]; onClose: () => void; onColumns: (columns: string[]) => void; onTest: (part: string) => void }) {
  return (
    <Dialog title={`${t("search.event")} ${stamp(shown(event["@timestamp"]))}`} place="right" onClose={onClose}>
      <div className="flex flex-col gap-3 p-4">
        <p className="evidence border-line bg-ground rounded border p-2">{visible(shown(event["event.original"]))}</p>
        <dl>
          {Object.entries(event).filter(([name]) => name !== "event.original").sort(([a], [b]) => a.localeCompare(b)).map(([name, value]) => (
            <div key={name} className="border-line grid grid-cols-[minmax(7rem,12rem)_1fr_auto] items-center gap-3 border-b py-0.5 last:border-0">
              <dt className="text-soft font-mono text-xs break-all">{visible(name)}</dt>
              <dd className="font-mono text-xs break-all"><Value field={name} value={shown(value)} /></dd>
              <dd className="flex">
                {!name.startsWith("@") && (
                  <IconButton name={`${t(columns.includes(name) ? "search.column.hide" : "search.column.show")}: ${visible(name)}`} aria-pressed={columns.includes(name)} className={cx("!size-6", columns.includes(name) && "!text-accent")} onClick={() => onColumns(columns.includes(name) ? columns.filter((each) => each !== name) : [...columns, name])}>
                    <Columns3 size={13} aria-hidden />
                  </IconButton>
                )}
                {typeof value !== "object" && !name.startsWith("@") && (
                  <>
                    <IconButton name={`${t("search.with")}: ${visible(name)}`} className="!size-6" onClick={() => onTest(test(name, shown(value)))}>+</IconButton>
                    <IconButton name={`${t("search.without")}: ${visible(name)}`} className="!size-6" onClick={() => onTest(`not ${test(name, shown(value))}`)}>−</IconButton>
                  </>
                )}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

function Columns({ value, onClose, onChange }: { value: string; onClose: () => void; onChange: (columns: string) => void }) {
  const [text, setText] = useState(value.replaceAll(",", ", "));
  return (
    <Dialog title={t("search.columns")} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), onChange(text.split(",").map((each) => each.trim()).filter(Boolean).slice(0, 12).join(",")))}>
        <Field label={t("search.columns")} hint={t("search.columns.hint")} autoFocus spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" look="main" className="self-end">{t("save")}</Button>
      </form>
    </Dialog>
  );
}

function Saved({ q, onClose, onChoose }: { q: string; onClose: () => void; onChoose: (q: string) => void }) {
  const client = useQueryClient();
  const may = useMay("work");
  const [name, setName] = useState("");
  const query = useQuery({ queryKey: ["searches"], queryFn: () => body(api.GET("/api/v1/searches")) });
  const again = () => client.invalidateQueries({ queryKey: ["searches"] });
  const save = useMutation({ mutationFn: () => body(api.POST("/api/v1/searches", { body: { name, query: q, about: "events" } })), onSuccess: (kept) => (say(t("search.saved.done", { name: kept.name })), setName(""), again()) });
  const remove = useMutation({ mutationFn: (number: number) => api.DELETE("/api/v1/searches/{number}", { params: { path: { number } } }), onSettled: again });
  const kept = query.data?.filter((each) => each.about === "events") ?? [];
  return (
    <Dialog title={t("search.saved")} onClose={onClose}>
      <div className="flex flex-col gap-3 p-4">
        {query.error ? <Failed error={query.error} /> : kept.length === 0 && <p className="text-soft">{t("search.saved.none")}</p>}
        <ul>
          {kept.map((each) => (
            <li key={each.id} className="flex items-center gap-2">
              <button type="button" className="hover:bg-raised min-w-0 flex-1 rounded px-2 py-1 text-left" onClick={() => onChoose(each.query)}>
                <span className="block font-medium break-words">{visible(each.name)}</span>
                <code className="text-soft block truncate font-mono text-xs">{visible(each.query)}</code>
              </button>
              {may && <IconButton name={`${t("search.remove")}: ${visible(each.name)}`} onClick={() => remove.mutate(each.id)}><X size={14} aria-hidden /></IconButton>}
            </li>
          ))}
        </ul>
        {may && q && (
          <form className="border-line flex flex-col gap-2 border-t pt-3" onSubmit={(event) => (event.preventDefault(), save.mutate())}>
            <code className="text-soft font-mono text-xs break-all">{q}</code>
            <Field label={t("search.saved.as")} required maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
            <Refused error={save.error} />
            <Button type="submit" look="main" className="self-end" disabled={save.isPending}>{t("search.save")}</Button>
          </form>
        )}
      </div>
    </Dialog>
  );
}
