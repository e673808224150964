// States of alerts and incidents: shown, and changed with a reason.
import { useState } from "react";
import { STATES, type State } from "../api/incidents";
import { named, t } from "../text";
import { Button, Choice, Field, Tag } from "./basic";
import { Dialog } from "./dialog";
import { Refused } from "./states";

const TONES: Record<State, "accent" | "high" | "good" | "soft"> = { new: "high", acknowledged: "accent", "in-progress": "accent", resolved: "good", "false-positive": "soft" };

export function StateTag({ state }: { state: State }) {
  return <Tag tone={TONES[state]}>{named("state", state)}</Tag>;
}

export function ChangeState({ title, now, busy, error, onClose, onChange }: { title: string; now?: State; busy: boolean; error: unknown; onClose: () => void; onChange: (to: State, why: string) => void }) {
  const choices = STATES.filter((each) => each !== now && each !== "new");
  const [to, setTo] = useState<State>(choices[0] ?? "acknowledged");
  const [why, setWhy] = useState("");
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), onChange(to, why))}>
        <Choice label={t("incident.state.to")} value={to} onChange={(event) => setTo(event.target.value as State)}>
          {choices.map((each) => (
            <option key={each} value={each}>
              {named("state", each)}
            </option>
          ))}
        </Choice>
        <Field label={t("why")} hint={t("why.hint")} required autoFocus maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
        <Refused error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="main" disabled={busy || !why.trim()}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
