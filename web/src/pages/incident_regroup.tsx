// Merge incidents, split one, take a merge back: each with a reason, and an undo that does the opposite.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useState, type ReactNode } from "react";
import { api, body, Problem } from "../api/client";
import { incident as question, OPEN, type Incident, type Whole } from "../api/incidents";
import { t, tn } from "../text";
import { span, stamp } from "../text/time";
import { Button, Field, Level, Panel } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { visible } from "../ui/evidence";
import { Empty, Loaded, Refused } from "../ui/states";
import { say } from "../ui/toast";
import { useMay } from "../app/session";

const path = (id: string) => ({ params: { path: { incident_id: id } } });
const merge = (id: string, others: string[], why: string) => body(api.POST("/api/v1/incidents/{incident_id}/merge", { ...path(id), body: { others, why } }));
const split = (id: string, alerts: string[], why: string) => body(api.POST("/api/v1/incidents/{incident_id}/split", { ...path(id), body: { alerts, why } }));
const restore = (id: string, other: string, why: string) => body(api.POST("/api/v1/incidents/{incident_id}/restore", { ...path(id), body: { other, why } }));

/** Do it; undo does the opposite. What waits for an agent is said, and is neither done nor refused. */
function useRegroup(id: string, doit: (why: string) => Promise<Whole>, said: string, undo: (done: Whole) => Promise<unknown>, onDone: (done: Whole) => void) {
  const client = useQueryClient();
  const look = () => {
    void client.invalidateQueries({ queryKey: ["incidents"] });
    void client.invalidateQueries({ queryKey: ["incident"] });
  };
  const back = useMutation({ mutationFn: undo, onSuccess: () => (look(), say(t("regroup.undone"))), onError: (error) => say(error.message, { bad: true }) });
  return useMutation({
    mutationFn: doit,
    onSuccess: (done) => {
      client.setQueryData(question(done.incident["incident.id"]).queryKey, done);
      look();
      onDone(done);
      say(said, { undo: () => back.mutate(done) });
    },
    onError: (error) => {
      if (error instanceof Problem && error.status === 202) say(t("incident.waiting", { why: error.message }), { bad: true });
    },
    mutationKey: ["regroup", id],
  });
}

function Asked({ title, action, busy, ready, error, children, onClose, onDo }: { title: string; action: string; busy: boolean; ready: boolean; error: unknown; children: ReactNode; onClose: () => void; onDo: (why: string) => void }) {
  const [why, setWhy] = useState("");
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), onDo(why))}>
        {children}
        <Field label={t("why")} hint={t("why.hint")} required maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
        <Refused error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="main" disabled={busy || !ready || !why.trim()}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Pick({ name, checked, onChange, children }: { name: string; checked: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <li>
      <label className="hover:bg-raised flex cursor-pointer items-start gap-2 px-2 py-1.5">
        <input type="checkbox" aria-label={name} className="accent-accent mt-0.5 size-4" checked={checked} onChange={(event) => onChange(event.target.checked)} />
        <span className="min-w-0 flex-1">{children}</span>
      </label>
    </li>
  );
}

const toggled = (chosen: readonly string[], id: string, on: boolean) => (on ? [...chosen, id] : chosen.filter((each) => each !== id));

export function MergeDialog({ incident, onClose }: { incident: Incident; onClose: () => void }) {
  const id = incident["incident.id"];
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const typed = useDeferredValue(words.trim());
  const q = typed ? `${OPEN} and (${typed})` : OPEN;
  const found = useQuery({ queryKey: ["incidents", "merge", q], retry: false, queryFn: () => body(api.GET("/api/v1/incidents", { params: { query: { q, sort: "-last_seen", limit: 50 } } })) });
  const doit = useRegroup(id, (why) => merge(id, chosen, why), tn("regroup.merged", chosen.length), (done) => Promise.all(chosen.map((each) => restore(done.incident["incident.id"], each, t("block.undo.why")))), onClose);
  return (
    <Asked title={t("regroup.merge")} action={t("regroup.merge.do")} busy={doit.isPending} ready={chosen.length > 0} error={doit.error} onClose={onClose} onDo={(why) => doit.mutate(why)}>
      <p className="text-soft">{t("regroup.merge.about")}</p>
      <Field label={t("filter")} type="search" placeholder={t("incidents.filter")} autoFocus value={words} onChange={(event) => setWords(event.target.value)} />
      <Loaded query={found} rows={3}>
        {({ items }) => {
          const others = items.filter((each) => each.id !== id);
          return others.length === 0 ? (
            <Empty title={t("incidents.none_found")} />
          ) : (
            <ul aria-label={t("page.incidents")} className="border-line divide-line max-h-64 divide-y overflow-auto rounded border">
              {others.map((each) => (
                <Pick key={each.id} name={visible(each.title)} checked={chosen.includes(each.id)} onChange={(on) => setChosen(toggled(chosen, each.id, on))}>
                  <span className="block break-words">{visible(each.title)}</span>
                  <span className="text-soft flex flex-wrap gap-x-3 text-xs">
                    <Level level={each.level} /> <span className="tabular-nums">{span(each.first_seen, each.last_seen)}</span>
                  </span>
                </Pick>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Asked>
  );
}

export function SplitDialog({ incident, onClose }: { incident: Incident; onClose: () => void }) {
  const id = incident["incident.id"];
  const alerts = incident.alerts ?? [];
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string[]>([]);
  const doit = useRegroup(
    id,
    (why) => split(id, chosen, why),
    tn("regroup.split", chosen.length),
    (done) => merge(id, [done.incident["incident.id"]], t("block.undo.why")).then(() => navigate({ to: "/incidents/$id", params: { id } })),
    (done) => (onClose(), void navigate({ to: "/incidents/$id", params: { id: done.incident["incident.id"] } })),
  );
  const all = chosen.length === alerts.length;
  return (
    <Asked title={t("regroup.split_off")} action={t("regroup.split.do")} busy={doit.isPending} ready={chosen.length > 0 && !all} error={doit.error} onClose={onClose} onDo={(why) => doit.mutate(why)}>
      <p className="text-soft">{t("regroup.split.about")}</p>
      <ul aria-label={t("page.alerts")} className="border-line divide-line max-h-72 divide-y overflow-auto rounded border">
        {alerts.map((alert) => (
          <Pick key={alert["alert.id"]} name={`${visible(alert["rule.name"])}, ${stamp(alert.first_seen)}`} checked={chosen.includes(alert["alert.id"])} onChange={(on) => setChosen(toggled(chosen, alert["alert.id"], on))}>
            <span className="block break-words">{visible(alert.message)}</span>
            <span className="text-soft flex flex-wrap gap-x-3 text-xs">
              <Level level={alert["rule.level"]} /> <span className="tabular-nums">{stamp(alert.first_seen)}</span> {alert["source.ip"] && <code className="font-mono">{alert["source.ip"]}</code>}
            </span>
          </Pick>
        ))}
      </ul>
      {all && <p role="alert" className="text-high">{t("regroup.split.all")}</p>}
    </Asked>
  );
}

function RestoreDialog({ id, other, onClose }: { id: string; other: string; onClose: () => void }) {
  const doit = useRegroup(id, (why) => restore(id, other, why), t("regroup.restored"), () => merge(id, [other], t("block.undo.why")), onClose);
  return (
    <Asked title={t("regroup.restore")} action={t("regroup.restore.do")} busy={doit.isPending} ready error={doit.error} onClose={onClose} onDo={(why) => doit.mutate(why)}>
      <p>{t("regroup.restore.about", { id: other })}</p>
    </Asked>
  );
}

export function Merged({ incident }: { incident: Incident }) {
  const may = useMay("work");
  const [other, setOther] = useState<string>();
  const id = incident["incident.id"];
  if (!incident.merged?.length) return null;
  return (
    <Panel title={t("regroup.parts")}>
      <ul className="flex flex-col gap-1">
        {incident.merged.map((each) => (
          <li key={each["incident.id"]} className="flex flex-wrap items-center gap-2">
            <code className="font-mono text-xs">{each["incident.id"]}</code>
            <span className="text-soft text-xs tabular-nums">{stamp(each.at)}</span>
            {may && !incident.merged_into && (
              <Button small className="ml-auto" onClick={() => setOther(each["incident.id"])}>
                {t("regroup.restore.do")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {other && <RestoreDialog id={id} other={other} onClose={() => setOther(undefined)} />}
    </Panel>
  );
}
