// Block with a preview of what it would do, and lift again: both with a reason.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { block, lift, preview, type Kind } from "../api/blocking";
import { Problem } from "../api/client";
import { incident, type Action } from "../api/incidents";
import { named, t, type Key } from "../text";
import { stamp } from "../text/time";
import { Button, Choice, Field } from "./basic";
import { Dialog } from "./dialog";
import { visible } from "./evidence";
import { Refused } from "./states";
import { say } from "./toast";

function useChanged() {
  const client = useQueryClient();
  return () => {
    for (const key of [["blocks"], ["allowed"], ["health"], incident("").queryKey.slice(0, 1)]) void client.invalidateQueries({ queryKey: key });
  };
}

export function BlockDialog({ network: given = "", why: reason = "", onClose }: { network?: string; why?: string; onClose: () => void }) {
  const changed = useChanged();
  const [network, setNetwork] = useState(given);
  const [kind, setKind] = useState<Kind>("drop");
  const [seconds, setSeconds] = useState("14400");
  const [why, setWhy] = useState(reason);
  const wanted = { network: useDeferredValue(network.trim()), kind, seconds: seconds === "forever" ? null : Number(seconds) };
  const look = useQuery({ ...preview(wanted), retry: false });
  const undo = useMutation({ mutationFn: (actions: readonly Action[]) => Promise.all(actions.map((each) => lift(each["action.id"], t("block.undo.why")))), onSuccess: (_, [first]) => (changed(), say(t("block.undone", { network: first?.network ?? "" }))), onError: (error) => say(error.message, { bad: true }) });
  const doit = useMutation({
    mutationFn: () => block({ ...wanted, network: network.trim(), why }),
    onSuccess: (actions) => {
      onClose();
      changed();
      say(t("block.done", { network: actions[0]?.network ?? network }), { undo: () => undo.mutate(actions) });
    },
    onError: (error) => {
      if (error instanceof Problem && error.status === 202) onClose(), say(t("incident.waiting", { why: error.message }), { bad: true });
    },
  });
  return (
    <Dialog title={t("block.title")} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), doit.mutate())}>
        <Field label={t("block.network")} required autoFocus={!given} maxLength={64} spellCheck={false} value={network} onChange={(event) => setNetwork(event.target.value)} />
        <div className="grid gap-3 sm:grid-cols-2">
          <Choice label={t("block.kind")} value={kind} onChange={(event) => setKind(event.target.value as Kind)}>
            <option value="drop">{t("block.kind.drop")}</option>
            <option value="limit">{t("block.kind.limit")}</option>
          </Choice>
          <Choice label={t("block.for")} value={seconds} onChange={(event) => setSeconds(event.target.value)}>
            {["3600", "14400", "86400", "604800", "forever"].map((each) => (
              <option key={each} value={each}>
                {t(`block.for.${each}` as Key)}
              </option>
            ))}
          </Choice>
        </div>
        <Field label={t("why")} hint={t("why.hint")} required autoFocus={!!given} maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
        <section aria-live="polite" className="border-line bg-ground rounded border p-2">
          <h3 className="panel-title mb-1">{t("block.preview")}</h3>
          {look.error && <Refused error={look.error} />}
          {look.data && (
            <>
              <p>
                {t("block.network_is", { network: look.data.network })} {look.data.never.length === 0 && t(`block.mode.${look.data.mode}` as Key)}
              </p>
              {look.data.never.map((each) => (
                <p key={each.network + each.why} className="text-high">
                  {t("block.never", { network: each.network, why: visible(each.why) })}
                </p>
              ))}
              {look.data.in_force.map((each) => (
                <p key={each["action.id"]}>{t("block.in_force", { what: named("kind", each["action.type"]), until: each.until ? stamp(each.until) : "∞" })}</p>
              ))}
              {look.data.lines.map((line) => (
                <code key={line} className="evidence mt-1 block">
                  {line}
                </code>
              ))}
            </>
          )}
        </section>
        <Refused error={doit.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="danger" disabled={doit.isPending || !why.trim() || !look.data || look.data.never.length > 0}>
            {t("block")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function LiftDialog({ action, onClose }: { action: Action; onClose: () => void }) {
  const changed = useChanged();
  const [why, setWhy] = useState("");
  const doit = useMutation({
    mutationFn: () => lift(action["action.id"], why),
    onSuccess: () => {
      onClose();
      changed();
      say(t("block.undone", { network: action.network }));
    },
    onError: (error) => {
      if (error instanceof Problem && error.status === 202) onClose(), say(t("incident.waiting", { why: error.message }), { bad: true });
    },
  });
  return (
    <Dialog title={t("action.lift.title", { network: action.network })} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), doit.mutate())}>
        <p className="break-words">{visible(action.reason)}</p>
        <Field label={t("why")} hint={t("why.hint")} required autoFocus maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
        <Refused error={doit.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="main" disabled={doit.isPending || !why.trim()}>
            {t("action.lift")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
