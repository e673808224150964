// One incident: the story in order, each sentence with the lines it rests on; beside it what was done and can be done.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { askModel, limits, ofIncident } from "../api/analysis";
import { api, body, Problem } from "../api/client";
import { incident as question, worstOpen, inOrder, sentence, type Incident, type State, type Step, type Whole } from "../api/incidents";
import { useMay, useMe } from "../app/session";
import { named, t, tn } from "../text";
import { ago, clock, span, stamp } from "../text/time";
import { Analyzed, Underway, useTold } from "../ui/analysis";
import { Button, cx, Level, LEVEL_FILL, Panel, Tag } from "../ui/basic";
import { Lines, visible } from "../ui/evidence";
import { ChangeState, StateTag } from "../ui/state";
import { Empty, Loaded, Refused } from "../ui/states";
import { Strip } from "../ui/tactics";
import { say } from "../ui/toast";
import { EntityGraph } from "../ui/entity_graph";
import { Merged, MergeDialog, SplitDialog } from "./incident_regroup";
import { Advice, Done, Entities, History, Notes } from "./incident_side";
import { SilenceDialog } from "./silence";

export function IncidentPage() {
  return <Page id={getRouteApi("/incidents/$id").useParams().id} />;
}

/** The worst open incident, whichever that is now; it stays with the one that somebody begins to work on. */
export function WorstPage() {
  const [chosen, setChosen] = useState<string>();
  const worst = useQuery({ ...worstOpen, enabled: chosen === undefined, refetchInterval: 3_000 });
  const stay = () => worst.data && setChosen(worst.data);
  return (
    <div onPointerDownCapture={stay} onKeyDownCapture={stay}>
      <Loaded query={worst} rows={12}>
        {(found) => (found === null ? <Empty title={t("incidents.none_open")}>{t("incidents.none_open.about")}</Empty> : <Page key={chosen ?? found} id={chosen ?? found} />)}
      </Loaded>
    </div>
  );
}

function Page({ id }: { id: string }) {
  const query = useQuery(question(id));
  return (
    <Loaded query={query} rows={12}>
      {(whole) => <Told whole={whole} />}
    </Loaded>
  );
}

function Told({ whole }: { whole: Whole }) {
  const { incident } = whole;
  const seen = new Map((incident.tactics ?? []).map((tactic): [string, string[]] => [tactic, []]));
  for (const { tactic, ...step } of incident.story ?? []) if (tactic) seen.set(tactic, [...new Set([...(seen.get(tactic) ?? []), ...(step["technique.id"] ?? [])])]);
  return (
    <article className="px-4 pt-3 pb-6 md:px-5">
      <Top whole={whole} />
      <div className="panel my-3 p-2">
        <Strip label={t("incident.stages")} seen={seen} />
      </div>
      <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="flex min-w-0 flex-col gap-3">
          <Panel title={t("graph")}>
            <EntityGraph incident={incident} />
          </Panel>
          <div className="flex min-w-0 flex-col gap-3">
          <Explained key={incident["incident.id"]} id={incident["incident.id"]} />
          <Story incident={incident} />
        </div>
        </div>
        <div className="flex flex-col gap-3">
          <Done incident={incident} actions={whole.actions} advice={whole.advice} />
          <Advice advice={whole.advice} />
          <Entities incident={incident} />
          <Merged incident={incident} />
          <Panel title={t("incident.reasons")}>
            <ul className="list-disc space-y-1 pl-4">
              {(incident.reasons ?? []).map((reason) => (
                <li key={reason}>{visible(reason)}</li>
              ))}
            </ul>
          </Panel>
          <Notes id={incident["incident.id"]} notes={whole.notes} />
          <History changes={whole.history} />
        </div>
      </div>
    </article>
  );
}

function Top({ whole }: { whole: Whole }) {
  const { incident, assignee } = whole;
  const id = incident["incident.id"];
  const client = useQueryClient();
  const me = useMe().data;
  const may = useMay("work");
  const [open, setOpen] = useState<"state" | "merge" | "split" | "silence" | null>(null);
  const path = { params: { path: { incident_id: id } } };
  const took = (next: Whole) => {
    client.setQueryData(question(id).queryKey, next);
    void client.invalidateQueries({ queryKey: ["incidents"] });
  };
  const change = useMutation({
    mutationFn: ({ to, why }: { to: State; why: string }) => body(api.PUT("/api/v1/incidents/{incident_id}/state", { ...path, body: { state: to, why } })),
    onSuccess: (next, { to }) => {
      took(next);
      setOpen(null);
      say(t("incident.changed", { to: named("state", to) }));
    },
    onError: (error) => {
      // Kept as a request until an agent runs: neither done nor refused.
      if (error instanceof Problem && error.status === 202) setOpen(null), say(t("incident.waiting", { why: error.message }), { bad: true });
    },
  });
  const assign = useMutation({ mutationFn: (name: string) => body(api.PUT("/api/v1/incidents/{incident_id}/assignee", { ...path, body: { assignee: name, why: "" } })), onSuccess: took });
  return (
    <header>
      <nav aria-label={t("incident.back")} className="text-soft flex items-center gap-1 text-xs">
        <Link to="/incidents" className="hover:text-ink underline-offset-2 hover:underline">
          {t("page.incidents")}
        </Link>
        <ChevronRight size={12} aria-hidden /> <code className="font-mono">{id}</code>
      </nav>
      <div className="mt-1 flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-80">
          <h1 className="text-lg break-words">{visible(incident.title)}</h1>
          <p className="text-soft mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
            <Level level={incident.level} />
            <span className="text-ink font-semibold tabular-nums">
              {t("incidents.score")} {Math.round(incident.score)}
            </span>
            <StateTag state={incident.state} />
            <time className="tabular-nums" title={ago(incident.last_seen)}>
              {span(incident.first_seen, incident.last_seen)} UTC
            </time>
            <span>
              {t("incident.assignee")}: <span className="text-ink">{assignee ?? t("nobody")}</span>
            </span>
          </p>
          {incident.merged_into && (
            <p className="mt-1">
              {t("incident.merged")}{" "}
              <Link to="/incidents/$id" params={{ id: incident.merged_into }} className="text-accent underline">
                {incident.merged_into}
              </Link>
            </p>
          )}
        </div>
        {may && (
          <div className="flex flex-wrap gap-2">
            <Link to="/reports" search={{ incident: id }} className="border-edge bg-panel hover:bg-raised inline-flex h-8 items-center rounded border px-3">
              {t("incident.report")}
            </Link>
            {me && assignee !== me.name && (
              <Button disabled={assign.isPending} onClick={() => assign.mutate(me.name)}>
                {t("incident.take")}
              </Button>
            )}
            {!incident.merged_into && (
              <>
                <Button onClick={() => setOpen("merge")}>{t("regroup.merge")}</Button>
                {(incident.alerts ?? []).length > 1 && <Button onClick={() => setOpen("split")}>{t("regroup.split_off")}</Button>}
              </>
            )}
            <Button onClick={() => setOpen("silence")}>{t("silence")}</Button>
            <Button look="main" onClick={() => setOpen("state")}>
              {t("incident.state")}
            </Button>
          </div>
        )}
      </div>
      {open === "merge" && <MergeDialog incident={incident} onClose={() => setOpen(null)} />}
      {open === "split" && <SplitDialog incident={incident} onClose={() => setOpen(null)} />}
      {open === "silence" && <SilenceDialog query={`incident.id:${id}`} onClose={() => setOpen(null)} />}
      {open === "state" && <ChangeState title={t("incident.state")} now={incident.state} busy={change.isPending} error={change.error} onClose={() => (setOpen(null), change.reset())} onChange={(to, why) => change.mutate({ to, why })} />}
    </header>
  );
}

/** The incident in an analyst's words, when somebody wants to read them; and a model's beside them, when somebody asks for it. */
function Explained({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const may = useMay("work");
  const query = useQuery({ ...ofIncident(id), enabled: open });
  const model = useQuery({ ...limits, enabled: open && may }).data?.model;
  const told = useTold();
  const asked = useMutation({ mutationFn: () => askModel(id, told.tell), onMutate: told.begin });
  return (
    <Panel
      title={t("incident.analysis")}
      tools={
        <Button small aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t("close") : t("incident.analysis.show")}
        </Button>
      }
      flush={!open}
    >
      {open && (
        <div className="flex flex-col gap-2">
          {model && (
            <div>
              <Button small disabled={asked.isPending} onClick={() => asked.mutate()}>
                {t("incident.analysis.ask", { model: visible(model) })}
              </Button>
            </div>
          )}
          <Underway pending={asked.isPending} progress={told.progress} heard={told.heard} />
          <Refused error={asked.error} />
          {asked.data ? <Analyzed analysis={asked.data} /> : <Loaded query={query}>{(analysis) => <Analyzed analysis={analysis} />}</Loaded>}
        </div>
      )}
    </Panel>
  );
}

const SHOWN = 12;

function Story({ incident }: { incident: Incident }) {
  const [all, setAll] = useState(false);
  const steps = inOrder(incident.story ?? []);
  const more = (incident.omitted ?? []).reduce((sum, each) => sum + each["event.count"], 0);
  return (
    <Panel title={t("incident.story")} flush tools={<span className="text-soft text-xs">{t("time.utc")}</span>}>
      <ol className="py-1">
        {(all ? steps : steps.slice(0, SHOWN)).map((step, i, shown) => (
          <Happened key={`${step["alert.id"][0]}-${i}`} step={step} last={i === shown.length - 1} newDay={step.at.slice(0, 10) !== shown[i - 1]?.at.slice(0, 10)} again={i > 0 && sameLines(step, shown[i - 1])} />
        ))}
      </ol>
      {(steps.length > SHOWN || more > 0) && (
        <footer className="border-line text-soft flex items-center gap-3 border-t px-3 py-2">
          {steps.length > SHOWN && (
            <Button small onClick={() => setAll(!all)}>
              {all ? t("incident.fewer") : `${t("incident.show_all")} (${steps.length})`}
            </Button>
          )}
          {more > 0 && tn("incident.omitted", more)}
        </footer>
      )}
    </Panel>
  );
}

/** Whether a step rests on the lines that were just shown. */
function sameLines(step: Step, before: Step | undefined): boolean {
  const ids = (each: Step | undefined) => (each?.evidence ?? []).map((line) => line["event.id"]).join(" ");
  return ids(step) !== "" && ids(step) === ids(before);
}

function Happened({ step, last, newDay, again }: { step: Step; last: boolean; newDay: boolean; again: boolean }) {
  const { deed, detail } = sentence(step.text);
  return (
    <li className="grid grid-cols-[3.9rem_0.75rem_minmax(0,1fr)] gap-x-2 px-3">
      <time className="text-soft pt-1.5 text-right text-xs tabular-nums" dateTime={step.at} title={`${stamp(step.at)} – ${stamp(step.until)}`}>
        {newDay && <span className="block text-2xs">{step.at.slice(5, 10)}</span>}
        {clock(step.at)}
      </time>
      <span aria-hidden className="relative flex justify-center">
        <span className={cx("bg-line absolute w-px", newDay ? "top-3" : "top-0", last ? "h-3" : "bottom-0")} />
        <span className={cx("relative mt-2.5 size-2 rounded-full", LEVEL_FILL[step["rule.level"]])} />
      </span>
      <div className="min-w-0 pt-1 pb-2">
        <p className="font-medium break-words">{visible(deed)}</p>
        <p className="text-soft mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs">
          <Level level={step["rule.level"]} className="!font-medium" />
          {step.tactic && <span>{named("tactic", step.tactic)}</span>}
          {(step["technique.id"] ?? []).map((each) => (
            <Tag key={each}>{each}</Tag>
          ))}
          <span className="tabular-nums">{tn("incident.events", step["event.count"])}</span>
        </p>
        {detail && <p className="mt-0.5 text-sm break-words">{visible(detail)}</p>}
        {again ? <p className="text-soft text-xs">{t("incident.same_lines")}</p> : (step.evidence ?? []).length > 0 && <Lines evidence={step.evidence ?? []} className="mt-1.5" />}
      </div>
    </li>
  );
}
