// Incidents: their types and questions.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import type { components } from "./schema";

export type Row = components["schemas"]["IncidentRow"];
export type Whole = Awaited<ReturnType<typeof ask>>;
export type Incident = Whole["incident"];
export type Step = NonNullable<Incident["story"]>[number];
export type Evidence = NonNullable<Step["evidence"]>[number];
export type State = Row["state"];
export type Action = Whole["actions"][number];

export const STATES: readonly State[] = ["new", "acknowledged", "in-progress", "resolved", "false-positive"];

const ask = (id: string) => body(api.GET("/api/v1/incidents/{incident_id}", { params: { path: { incident_id: id } } }));
export const incident = (id: string) => queryOptions({ queryKey: ["incident", id], queryFn: () => ask(id) });

/** The query of those that are open. */
export const OPEN = "not state:(resolved or false-positive)";
export const worstOpen = queryOptions({
  queryKey: ["incidents", "worst"],
  queryFn: async () => (await body(api.GET("/api/v1/incidents", { params: { query: { q: OPEN, sort: "-score", limit: 1 } } }))).items[0]?.id ?? null,
});

/** What the step says, without the times and the count that stand beside it; and the rule's own words after it. */
export function sentence(text: string): { deed: string; detail: string } {
  const bare = text.replace(/^\d\d:\d\d(?: to \d\d:\d\d)? /, "").replace(/ \[[\d,]+ (?:event|in all)\]$/, "");
  const cut = /^(.{1,200}?\)): (.+)$/s.exec(bare);
  return cut ? { deed: cut[1] ?? bare, detail: cut[2] ?? "" } : { deed: bare, detail: "" };
}

/** Steps in the order in which they happened; what was told about the same events at the same time stands together. */
export function inOrder(story: readonly Step[]): Step[] {
  return story.toSorted((a, b) => a.at.localeCompare(b.at) || a.until.localeCompare(b.until));
}
