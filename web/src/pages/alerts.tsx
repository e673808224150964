// Alerts: narrowed down by facets or a query, which is in the address; worked on one by one or all that match at once.
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { BellOff, ListFilter } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { facets, pageOfAlerts, test, toggled, type Triaged } from "../api/alerts";
import { api, body } from "../api/client";
import type { State } from "../api/incidents";
import { silences } from "../api/silences";
import { useNarrow } from "../app/narrow";
import { useMay } from "../app/session";
import { named, number, t, tn } from "../text";
import { stamp } from "../text/time";
import { Button, cx, Head, Level } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { Value } from "../ui/entity";
import { visible } from "../ui/evidence";
import { Filter } from "../ui/filter";
import { Rows, type Wide } from "../ui/rows";
import { ChangeState, StateTag } from "../ui/state";
import { Empty, Failed, Loading } from "../ui/states";
import { say } from "../ui/toast";
import { AlertDrawer } from "./alert";
import { ExceptionDialog } from "./exception";
import { SilenceDialog } from "./silence";

export function AlertsPage() {
  const { q = "", open } = getRouteApi("/alerts").useSearch();
  const navigate = useNavigate();
  const to = (change: { q?: string | undefined; open?: string | undefined }) => void navigate({ to: "/alerts", search: (before: { q?: string; open?: string }) => ({ ...before, ...change }), replace: true });
  const narrow = useNarrow();
  const may = useMay("work");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [all, setAll] = useState(false);
  const [changing, setChanging] = useState(false);
  const [excepting, setExcepting] = useState(false);
  const [narrowing, setNarrowing] = useState(false);
  const [silencing, setSilencing] = useState(false);
  const [going, setGoing] = useState<{ job: string; n: number }>();
  const query = useInfiniteQuery({
    queryKey: ["alerts", "list", q],
    queryFn: ({ pageParam }) => pageOfAlerts(q, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const end = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const client = useQueryClient();
  const none = () => (setChosen(new Set()), setAll(false));
  const change = useMutation({
    mutationFn: ({ state, why }: { state: State; why: string }) => body(api.POST("/api/v1/alerts/bulk", { body: all ? { q, state, why } : { ids: [...chosen], state, why } })),
    onSuccess: ({ changed, job }) => {
      if (job) setGoing({ job: job.id, n: count });
      else say(tn("alerts.changed", changed));
      setChanging(false);
      none();
      void client.invalidateQueries({ queryKey: ["alerts"] });
    },
  });
  const pick = (row: Triaged) => {
    setAll(false);
    setChosen((before) => {
      const next = new Set(before);
      if (!next.delete(row.alert["alert.id"])) next.add(row.alert["alert.id"]);
      return next;
    });
  };
  const silenced = useQuery(silences(false)).data?.items.filter((each) => each.state === "active").length;
  const count = all ? total : chosen.size;
  const narrowDown = <Facets q={q} onToggle={(part) => (none(), to({ q: toggled(q, part) || undefined }))} />;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Head title={t("page.alerts")} about={<span role="status">{query.data && tn("alerts.count", total)}</span>}>
        {may && q && (
          <Button small onClick={() => setSilencing(true)}>
            {t("silence.these")}
          </Button>
        )}
        <Link to="/silences" className="text-accent text-xs underline">
          {silenced ? t("silence.active", { n: silenced }) : t("page.silences")}
        </Link>
      </Head>
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 md:px-5">
        <Filter about="alerts" value={q} placeholder={t("alerts.filter")} onChange={(next) => (none(), to({ q: next || undefined }))} />
        <Button className="lg:hidden" onClick={() => setNarrowing(true)}>
          <ListFilter size={14} aria-hidden /> {t("alerts.facets")}
        </Button>
        {may && count > 0 && (
          <>
            <span className="text-soft">{tn("alerts.selected", count)}</span>
            {!all && total > chosen.size && (
              <Button small look="quiet" onClick={() => setAll(true)}>
                {t("alerts.all_matching", { n: total })}
              </Button>
            )}
            {!all && (
              <Button onClick={() => setExcepting(true)}>
                {t("exception.make")}
              </Button>
            )}
            <Button look="main" onClick={() => setChanging(true)}>
              {t("alerts.change")}
            </Button>
          </>
        )}
      </div>
      {going && <Going id={going.job} n={going.n} onOver={() => (setGoing(undefined), void client.invalidateQueries({ queryKey: ["alerts"] }))} />}
      <div className="flex min-h-0 flex-1 gap-3 px-4 pb-4 md:px-5">
        <aside className="hidden w-44 shrink-0 overflow-auto lg:block" aria-label={t("alerts.facets")} tabIndex={0}>
          {narrowDown}
        </aside>
        {query.isPending ? (
          <div className="panel flex-1">
            <Loading rows={12} />
          </div>
        ) : query.error ? (
          <div className="panel flex-1">
            <Failed error={query.error} again={() => void query.refetch()} />
          </div>
        ) : rows.length === 0 ? (
          <div className="panel flex-1">
            <Empty title={q ? t("incidents.none_found") : t("alerts.none")}>{q ? <Button small onClick={() => to({ q: undefined })}>{t("incidents.clear")}</Button> : t("alerts.none.about")}</Empty>
          </div>
        ) : (
          <Rows
            label={t("alerts.list")}
            rows={rows}
            total={total}
            columns={columns(narrow, may, (row) => all || chosen.has(row.alert["alert.id"]), pick)}
            id={(row) => row.alert["alert.id"]}
            height={narrow ? 58 : 36}
            onOpen={(row) => to({ open: row.alert["alert.id"] })}
            {...(may ? { onSelect: pick } : {})}
            onEnd={end}
          />
        )}
      </div>
      {narrowing && (
        <Dialog title={t("alerts.facets")} place="right" onClose={() => setNarrowing(false)}>
          <div className="p-4">{narrowDown}</div>
        </Dialog>
      )}
      {changing && <ChangeState title={`${t("alerts.change")}: ${tn("alerts.count", count)}`} busy={change.isPending} error={change.error} onClose={() => (setChanging(false), change.reset())} onChange={(state, why) => change.mutate({ state, why })} />}
      {excepting && <ExceptionDialog alerts={[...chosen]} onClose={() => setExcepting(false)} />}
      {silencing && <SilenceDialog query={q} onClose={() => setSilencing(false)} />}
      {open && <AlertDrawer id={open} onClose={() => to({ open: undefined })} />}
    </div>
  );
}

function columns(narrow: boolean, may: boolean, isChosen: (row: Triaged) => boolean, pick: (row: Triaged) => void): Wide<Triaged>[] {
  const select: Wide<Triaged> = {
    name: "select",
    width: "1.25rem",
    head: <span className="sr-only">{t("alerts.select")}</span>,
    cell: (row) => <input type="checkbox" className="block size-5" aria-label={`${t("alerts.select")}: ${row.alert["rule.name"]}`} checked={isChosen(row)} onChange={() => pick(row)} onClick={(event) => event.stopPropagation()} />,
  };
  if (narrow)
    return [
      ...(may ? [select] : []),
      {
        name: "all",
        width: "minmax(0,1fr)",
        head: t("alerts.message"),
        cell: ({ alert, state, silence }) => (
          <span className="block">
            <span className="block truncate font-medium">{visible(alert["rule.name"])}</span>
            <span className="text-soft mt-0.5 flex items-center gap-2 text-xs">
              <Level level={alert["rule.level"]} /> <StateTag state={state ?? "new"} /> <Silenced by={silence} /> <code className="truncate font-mono">{alert["source.ip"] ?? alert["host.name"]}</code>
            </span>
          </span>
        ),
      },
    ];
  return [
    ...(may ? [select] : []),
    { name: "level", width: "4.75rem", head: t("alerts.level"), cell: ({ alert }) => <Level level={alert["rule.level"]} /> },
    { name: "last", width: "9.25rem", head: t("alerts.last"), cell: ({ alert }) => <time className="text-soft tabular-nums">{stamp(alert.last_seen)}</time> },
    { name: "what", width: "minmax(13rem,1fr)", head: t("alerts.message"), cell: ({ alert }) => <span title={visible(alert.message)}><span className="font-medium">{visible(alert["rule.name"])}</span> <span className="text-soft">{visible(alert.message.startsWith(`${alert["rule.name"]}: `) ? alert.message.slice(alert["rule.name"].length + 2) : alert.message)}</span></span> },
    { name: "source", width: "8rem", head: t("alerts.source"), cell: ({ alert }) => <code className="font-mono text-xs"><Value field="source.ip" value={alert["source.ip"] ?? ""} /></code> },
    { name: "host", width: "4rem", head: t("alerts.host"), cell: ({ alert }) => <Value field="host.name" value={alert["host.name"] ?? ""} /> },
    { name: "events", width: "3.5rem", head: t("alerts.events"), cell: ({ alert }) => <span className="tabular-nums">{number(alert["event.count"] ?? 1)}</span> },
    { name: "state", width: "6.25rem", head: t("alerts.state"), cell: ({ state, silence }) => <span className="flex items-center gap-1"><StateTag state={state ?? "new"} /> <Silenced by={silence} /></span> },
  ];
}

function Silenced({ by }: { by?: number | null | undefined }) {
  if (!by) return null;
  const text = t("silence.by_number", { n: String(by) });
  return <BellOff size={13} role="img" aria-label={text} className="text-soft shrink-0" />;
}

/** Very many are changed in parts, while other work goes on. */
function Going({ id, n, onOver }: { id: string; n: number; onOver: () => void }) {
  const { data: job, error } = useQuery({ queryKey: ["job", id], queryFn: () => body(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } } })), refetchInterval: 500 });
  const cancel = useMutation({ mutationFn: () => body(api.DELETE("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } } })) });
  const state = error ? "failed" : (job?.state ?? "waiting");
  useEffect(() => {
    if (state === "waiting" || state === "running") return;
    if (state === "done") say(tn("alerts.changed", Number(job?.result)));
    else say([named("job", state), job?.error, job?.fix].filter(Boolean).join(" "), { bad: state === "failed" });
    onOver();
  }, [state]);
  return (
    <div className="flex flex-wrap items-center gap-3 px-4 pb-3 md:px-5" role="status">
      <span>{t("alerts.changing", { n })}</span>
      <progress max={100} value={job?.percent ?? 0} aria-label={t("alerts.change")} className="accent-accent h-2 w-40" />
      <span className="text-soft tabular-nums">{job?.percent ?? 0} %</span>
      <Button small disabled={cancel.isPending} onClick={() => cancel.mutate()}>
        {t("cancel")}
      </Button>
    </div>
  );
}

function Facets({ q, onToggle }: { q: string; onToggle: (part: string) => void }) {
  const query = useQuery({ ...facets(q), placeholderData: keepPreviousData });
  const parts = q.split(" and ");
  if (!query.data) return query.error ? null : <Loading rows={10} />;
  return (
    <div className="flex flex-col gap-3">
      {Object.entries(query.data).map(([field, counted]) =>
        (counted ?? []).length === 0 ? null : (
          <section key={field}>
            <h2 className="panel-title mb-0.5">{named("facet", field)}</h2>
            <ul>
              {(counted ?? []).map(({ value, count, label }) => {
                const part = test(field, value);
                const shown = value === null ? t("alerts.no_value") : field === "rule.level" ? named("level", value) : field === "alert.state" ? named("state", value) : (label ?? value);
                return (
                  <li key={value ?? ""}>
                    <button type="button" aria-pressed={parts.includes(part)} onClick={() => onToggle(part)} title={shown} className={cx("hover:bg-raised flex min-h-6 w-full items-center gap-2 rounded px-1.5 text-left", parts.includes(part) && "bg-raised text-accent font-medium")}>
                      <span className="min-w-0 flex-1 truncate">{visible(shown)}</span>
                      <span className="text-soft text-xs tabular-nums">{number(count)}</span>
                    </button>
                  </li>
                );
              })}
            </ul>
          </section>
        ),
      )}
    </div>
  );
}
