// A question in plain language: how it was understood, the query that it is, which may be changed, and what was found.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { limits } from "../api/analysis";
import { asked, run, type About, type Also, type Found, type Replied } from "../api/ask";
import { shown } from "../api/events";
import { useMay } from "../app/session";
import { number, t, tn } from "../text";
import { stamp } from "../text/time";
import { Bars } from "../ui/bars";
import { Button, Choice, Field, Head, Level, Tag } from "../ui/basic";
import { visible } from "../ui/evidence";
import { Empty, Failed, Loading } from "../ui/states";
import { Table, type Column } from "../ui/table";

const EXAMPLES = ["failed logins of root since yesterday", "top 10 addresses by failed logins this week", "how many critical alerts today compared with yesterday", "which hosts ran powershell with an encoded command"];
type Row = Record<string, unknown>;

export function AskPage() {
  const { q = "", query, about = "events" } = getRouteApi("/ask").useSearch();
  const navigate = useNavigate();
  const [text, setText] = useState(q);
  const [also, setAlso] = useState<Also>("");
  useEffect(() => (setText(q), setAlso("")), [q]);
  const ask = (next: string) => void navigate({ to: "/ask", search: { q: next.trim().replace(/^\?\s*/, "") } });
  const question = useQuery({ ...asked(q, also), enabled: q !== "" && query === undefined });
  const search = useQuery({ ...run(about, query ?? ""), enabled: query !== undefined });
  const typed = query !== undefined;
  const error = typed ? search.error : question.error;
  const found = typed ? search.data : question.data?.found;
  const reply = typed ? undefined : question.data;
  const written = query ?? reply?.query ?? "";
  const of = typed ? about : (reply?.about ?? "events");
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <Head title={t("ask")} about={<span role="status">{found && tn("ask.scanned", found.scanned)}</span>} />
      <div className="flex flex-col gap-3 px-4 pb-5 md:px-5">
        <form role="search" className="flex items-end gap-2" onSubmit={(event) => (event.preventDefault(), text.trim() && ask(text))}>
          <Field label={t("ask.question")} className="min-w-0 flex-1" autoFocus maxLength={1000} placeholder={EXAMPLES[0]} value={text} onChange={(event) => setText(event.target.value)} />
          <Button type="submit" look="main">{t("ask.go")}</Button>
        </form>
        {q === "" && !typed && (
          <ul className="panel p-3">
            {EXAMPLES.map((each) => (
              <li key={each}><Button look="quiet" small onClick={() => ask(each)}>{each}</Button></li>
            ))}
          </ul>
        )}
        {reply && <Reading reply={reply} onAlso={setAlso} />}
        {(typed || reply?.about) && <Written key={`${of} ${written}`} about={of} query={written} onRun={(next, what) => void navigate({ to: "/ask", search: { ...(q ? { q } : {}), query: next, about: what } })} />}
        {error ? <div className="panel"><Failed error={error} /></div> : (typed ? search.isFetching : question.isFetching && q !== "") ? <div className="panel"><Loading rows={5} /></div> : found && <Result found={found} about={of} query={written} />}
      </div>
    </div>
  );
}

function Reading({ reply, onAlso }: { reply: Replied; onAlso: (also: Also) => void }) {
  const may = useMay("work");
  const model = useQuery({ ...limits, enabled: reply.unknown.length > 0 }).data?.model;
  if (reply.declined)
    return (
      <div role="alert" className="panel p-3">
        <p className="font-medium">{t("ask.declined")}: {reply.declined}.</p>
        <p className="text-soft">{reply.fix}</p>
      </div>
    );
  return (
    <div className="flex flex-col gap-2">
      <p className="flex flex-wrap gap-1.5" aria-label={t("ask.words")}>
        {reply.words.filter((word) => word.meaning !== "filler").map((word, i) => (
          <Tag key={i} tone={word.meaning === "unknown" ? "high" : "soft"}>{visible(word.text)} <span className="ml-1 opacity-75">{word.meaning === "unknown" ? t("ask.unknown") : word.meaning}</span></Tag>
        ))}
      </p>
      {reply.notes.map((note) => <p key={note} className="text-soft text-xs">{visible(note)}</p>)}
      {reply.unknown.length > 0 && !reply.found && (
        <p role="alert" className="panel flex flex-wrap items-center gap-2 p-3">
          <span>{t("ask.partly", { words: reply.unknown.map(visible).join(", ") })}</span>
          <Button small onClick={() => onAlso("anyway")}>{t("ask.anyway")}</Button>
          {may && model && <Button small onClick={() => onAlso("model")}>{t("ask.model", { model })}</Button>}
        </p>
      )}
    </div>
  );
}

function Written({ about, query, onRun }: { about: About; query: string; onRun: (query: string, about: About) => void }) {
  const [text, setText] = useState(query);
  const [what, setWhat] = useState(about);
  return (
    <form className="flex flex-wrap items-end gap-2" onSubmit={(event) => (event.preventDefault(), onRun(text.trim(), what))}>
      <Choice label={t("ask.about")} value={what} onChange={(event) => setWhat(event.target.value as About)}>
        <option value="events">{t("ask.events")}</option>
        <option value="alerts">{t("page.alerts")}</option>
        <option value="incidents">{t("page.incidents")}</option>
      </Choice>
      <Field label={t("ask.query")} className="min-w-60 flex-1 [&_input]:font-mono [&_input]:text-xs" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
      <Button type="submit">{t("ask.run")}</Button>
    </form>
  );
}

function Result({ found, about, query }: { found: Found; about: About; query: string }) {
  const rows = found.rows as Row[];
  const list = { events: "/search", alerts: "/alerts", incidents: "/incidents" } as const;
  const told = (
    <>
      {found.without > 0 && <p className="text-soft text-xs">{tn("ask.without", found.without)}</p>}
      {found.cut > 0 && <p className="text-soft text-xs">{tn("ask.cut", found.cut)}</p>}
      {found.damaged.length > 0 && <p className="text-high text-xs">{tn("search.damaged", found.damaged.length)}</p>}
    </>
  );
  if (found.shape === "number")
    return <div className="panel flex flex-wrap gap-6 p-4">{rows.map((row, i) => Object.entries(row).map(([name, value]) => <p key={`${i} ${name}`}><span className="text-soft block text-xs">{heading(name)}</span><span className="text-2xl font-semibold tabular-nums">{number(Number(value))}</span></p>))}</div>;
  if (rows.length === 0) return <div className="panel"><Empty title={t("ask.none")} /></div>;
  if (found.shape === "records")
    return (
      <div className="flex flex-col gap-2">
        <p><Link className="text-accent underline" to={list[about]} search={{ q: query.split(" | ")[0] ?? "" }}>{t("ask.open")}</Link></p>
        <Table label={t("ask.found")} rows={rows.map((row, i) => ({ ...row, i }))} id={(row) => row.i} columns={COLUMNS[about]} />
        {told}
      </div>
    );
  const names = Object.keys(rows[0] ?? {});
  const plain = found.shape === "times" && names.length === 2;
  const step = plain ? Math.min(...rows.slice(1).map((row, i) => (Date.parse(shown(row["begin"])) - Date.parse(shown(rows[i]?.["begin"]))) / 1000), 604800) : 0;
  return (
    <div className="flex flex-col gap-2">
      {plain && rows.length > 1 && <div className="panel p-2"><Bars buckets={rows.map((row) => ({ at: shown(row["begin"]), count: Number(row["value"]) }))} seconds={step} label={t("ask.found")} /></div>}
      <Table label={t("ask.found")} rows={rows.map((row, i) => ({ ...row, i }))} id={(row) => row.i as number} columns={names.map((name): Column<Row> => ({ name: heading(name), className: typeof rows[0]?.[name] === "number" ? "text-right tabular-nums" : "font-mono text-xs break-all", cell: (row) => cell(name, row[name]) }))} />
      {told}
    </div>
  );
}

function heading(name: string): string {
  const known: Record<string, string> = { value: t("ask.value"), before: t("ask.before"), change: t("ask.change"), begin: t("ask.begin") };
  return known[name] ?? name;
}

function cell(name: string, value: unknown): string {
  if (name === "begin") return stamp(shown(value));
  return typeof value === "number" ? `${name === "change" && value > 0 ? "+" : ""}${number(value)}` : visible(shown(value));
}

const field = (name: string): Column<Row> => ({ name, className: "font-mono text-xs break-all", cell: (row) => visible(shown(row[name])) });
const time = (name: string): Column<Row> => ({ name: t("search.time"), className: "text-xs whitespace-nowrap tabular-nums", cell: (row) => stamp(shown(row[name])) });
const level = (name: string): Column<Row> => ({ name, cell: (row) => <Level level={shown(row[name])} /> });
const COLUMNS: Record<About, Column<Row>[]> = {
  get events() {
    return [time("@timestamp"), field("host.name"), field("user.name"), field("source.ip"), field("event.original")];
  },
  get alerts() {
    return [time("@timestamp"), level("rule.level"), field("rule.name"), field("message")];
  },
  get incidents() {
    return [time("last_seen"), level("level"), field("state"), field("title")];
  },
};
