// What stands beside the story: what was done, who and what it is about, notes and history.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../api/client";
import type { Kind } from "../api/entities";
import { incident as question, type Action, type Incident, type Whole } from "../api/incidents";
import { useMay } from "../app/session";
import { named, t } from "../text";
import { stamp } from "../text/time";
import { Button, Panel } from "../ui/basic";
import { BlockDialog, LiftDialog } from "../ui/block";
import { EntityLink } from "../ui/entity";
import { visible } from "../ui/evidence";
import { Refused } from "../ui/states";
import { Actions } from "../ui/actions";

export function Done({ incident, actions, advice }: { incident: Incident; actions: readonly Action[]; advice: Whole["advice"] }) {
  const may = useMay("block");
  const [blocking, setBlocking] = useState<string | null>(null);
  const [lifting, setLifting] = useState<Action | null>(null);
  // Those that attacked; a machine of ours that was made to speak is a source, too, but not one to block.
  const attacked = advice.filter((each) => each.id === "block-source").flatMap((each) => each.names);
  const sources = [...new Set(attacked.length > 0 ? attacked : (incident.alerts ?? []).flatMap((alert) => alert["source.ip"] ?? []))].slice(0, 5);
  return (
    <Panel title={t("incident.done")} flush>
      {actions.length === 0 ? (
        <p className="text-soft px-3 pt-2 pb-1">{t("incident.done.none")}</p>
      ) : (
        <Actions actions={actions.toReversed()} onLift={may ? setLifting : undefined} />
      )}
      {may && sources.length > 0 && (
        <div className="flex flex-wrap gap-1.5 px-3 pt-1 pb-3">
          {sources.map((address) => (
            <Button key={address} small look="danger" onClick={() => setBlocking(address)}>
              {t("block")} <code className="font-mono">{address}</code>
            </Button>
          ))}
        </div>
      )}
      {blocking && <BlockDialog network={blocking} why={incident.title.slice(0, 200)} onClose={() => setBlocking(null)} />}
      {lifting && <LiftDialog action={lifting} onClose={() => setLifting(null)} />}
    </Panel>
  );
}

/** What could be done, by what was seen; nothing of it is done by itself. */
export function Advice({ advice }: { advice: Whole["advice"] }) {
  if (advice.length === 0) return null;
  return (
    <Panel title={t("advice")}>
      {[...Map.groupBy(advice, (each) => each.phase)].map(([phase, list]) => (
        <section key={phase} className="mb-2 last:mb-0">
          <h3 className="text-soft text-xs">{named("advice", `phase.${phase}`)}</h3>
          <ul className="mt-0.5 flex flex-col gap-1.5">
            {list.map((each) => (
              <li key={each.id} title={each.because.join(", ")}>
                {named("advice", each.id)}
                {each.names.length > 0 && <span className="text-soft font-mono text-xs break-words"> {each.names.map(visible).join(", ")}</span>}
                <span className="sr-only"> ({each.because.join(", ")})</span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Panel>
  );
}

const PAGES: Record<string, Kind> = { ip: "address", host: "host", user: "user", process: "process" };
const MOST = 8;

export function Entities({ incident }: { incident: Incident }) {
  const [all, setAll] = useState(false);
  const kinds = Map.groupBy(incident.entities ?? [], (each) => each.type);
  return (
    <Panel title={t("incident.entities")}>
      <dl className="flex flex-col gap-2">
        {[...kinds].map(([kind, seen]) => (
          <div key={kind}>
            <dt className="text-soft text-xs">{named("entity", kind)}</dt>
            {(all ? seen : seen.slice(0, MOST)).map((each) => {
              const page = PAGES[kind];
              const value = kind === "user" ? each.value.split("@")[0] ?? each.value : each.value;
              return (
                <dd key={each.value} className="font-mono text-xs break-all" title={`${stamp(each.first_seen)} – ${stamp(each.last_seen)}`}>
                  {page ? (
                    <EntityLink type={page} value={value} className="inline-flex min-h-6 items-center">
                      {visible(each.value)}
                    </EntityLink>
                  ) : (
                    visible(each.value)
                  )}
                </dd>
              );
            })}
          </div>
        ))}
      </dl>
      {[...kinds.values()].some((seen) => seen.length > MOST) && (
        <Button small className="mt-2" onClick={() => setAll(!all)}>
          {all ? t("incident.fewer") : t("incident.show_all")}
        </Button>
      )}
    </Panel>
  );
}


export function Notes({ id, notes }: { id: string; notes: Whole["notes"] }) {
  const client = useQueryClient();
  const may = useMay("work");
  const [text, setText] = useState("");
  const add = useMutation({
    mutationFn: () => body(api.POST("/api/v1/incidents/{incident_id}/notes", { params: { path: { incident_id: id } }, body: { text } })),
    onSuccess: () => {
      setText("");
      void client.invalidateQueries({ queryKey: question(id).queryKey });
    },
  });
  return (
    <Panel title={t("incident.notes")}>
      {notes.length === 0 && !may && <p className="text-soft">{t("incident.notes.none")}</p>}
      <ul className="flex flex-col gap-2">
        {notes.map((note, i) => (
          <li key={i}>
            <p className="break-words whitespace-pre-wrap">{visible(note.text)}</p>
            <p className="text-soft text-xs">
              {note.who} · {stamp(note.at)}
            </p>
          </li>
        ))}
      </ul>
      {may && (
        <form className="mt-2 flex flex-col gap-2" onSubmit={(event) => (event.preventDefault(), add.mutate())}>
          <textarea aria-label={t("incident.note")} placeholder={t("incident.note")} required maxLength={2000} rows={2} className="field !h-auto py-1.5" value={text} onChange={(event) => setText(event.target.value)} />
          <Refused error={add.error} />
          <Button type="submit" small className="self-end" disabled={add.isPending || !text.trim()}>
            {t("incident.note.add")}
          </Button>
        </form>
      )}
    </Panel>
  );
}

export function History({ changes }: { changes: Whole["history"] }) {
  return (
    <Panel title={t("incident.history")}>
      <ol className="flex flex-col gap-2">
        {changes.toReversed().map((change, i) => (
          <li key={i}>
            <p>
              {change.from && change.from !== change.to ? t("incident.path", { from: named("state", change.from), to: named("state", change.to) }) : change.from ? "" : named("state", change.to)} <span className="break-words">{visible(change.why)}</span>
            </p>
            <p className="text-soft text-xs">
              {change.who} · {stamp(change.at)}
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
