// Analyses: of logs that are sent, told line by line while they are made, and of incidents.
import { queryOptions } from "@tanstack/react-query";
import { api, body, Problem, problem } from "./client";
import type { components, operations } from "./schema";

/** Everything is always there: what has a default is written out, too. */
type Whole<T> = T extends readonly (infer U)[] ? Whole<U>[] : T extends object ? { [K in keyof T]-?: Whole<Exclude<T[K], undefined>> } : T;
export type Analysis = Whole<operations["getIncidentAnalysis"]["responses"][200]["content"]["application/json"]>;
export type Finding = Analysis["findings"][number];
export type Limits = components["schemas"]["Limits"];
export type Options = { sensitivity: "low" | "medium" | "high"; compression: boolean; model: boolean };
/** `heard`: a sentence of the model's summary, checked, while it speaks. */
export type Progress = { what: string; share: number; heard?: string | undefined };

export const limits = queryOptions({ queryKey: ["analyze"], queryFn: () => body(api.GET("/api/v1/analyze")), staleTime: 60_000 });
export const ofIncident = (id: string) => queryOptions({ queryKey: ["analysis", id], queryFn: async () => (await body(api.GET("/api/v1/incidents/{incident_id}/analysis", { params: { path: { incident_id: id } } }))) as Analysis });

type Line = { progress?: string; share?: number; heard?: string; analysis?: Analysis; problem?: { status: number; detail: string; fix?: string } };

/** Send a log; `tell` hears how far it is. */
export async function analyze(log: Blob, name: string, options: Options, tell: (progress: Progress) => void): Promise<Analysis> {
  const query = new URLSearchParams({ name, sensitivity: options.sensitivity, compression: String(options.compression), model: String(options.model) });
  const answer = await fetch(`/api/v1/analyze?${query}`, { method: "POST", body: log, headers: { Accept: "application/x-ndjson", "Content-Type": "application/octet-stream" } }).catch(() => {
    throw new Problem(0, "");
  });
  if (!answer.ok || !answer.body) throw await problem(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    for (const text of lines.filter(Boolean)) {
      const line = JSON.parse(text) as Line;
      if (line.problem) throw new Problem(line.problem.status, line.problem.detail, line.problem.fix);
      if (line.analysis) return line.analysis;
      tell({ what: line.progress ?? "", share: line.share ?? 0, heard: line.heard });
    }
    if (done) throw new Problem(0, "");
  }
}
