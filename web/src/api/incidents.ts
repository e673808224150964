// Incidents, as docs/reference says their JSON is.
export type State = "new" | "acknowledged" | "in-progress" | "resolved" | "false-positive";
export const STATES: readonly State[] = ["new", "acknowledged", "in-progress", "resolved", "false-positive"];
export const OPEN: readonly State[] = ["new", "acknowledged", "in-progress"];

export type Evidence = { "event.id": string; "log.file.path": string; "log.offset": number; "event.original": string };
export type Step = { at: string; until: string; tactic: string | null; "technique.id": string[]; "rule.level": string; "event.count": number; text: string; "alert.id": string[]; evidence: Evidence[] };
export type Seen = { type: string; value: string; first_seen: string; last_seen: string };
export type Change = { at: string; who: string; from: State | null; to: State; why: string };

/** What the step says, without the times and the count that stand beside it; and the rule's own words after it. */
export function sentence(text: string): { deed: string; detail: string } {
  const bare = text.replace(/^\d\d:\d\d(?: to \d\d:\d\d)? /, "").replace(/ \[[\d,]+ events?\]$/, "");
  const cut = /^(.{1,200}?\)): (.+)$/s.exec(bare);
  return cut ? { deed: cut[1] ?? bare, detail: cut[2] ?? "" } : { deed: bare, detail: "" };
}
