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
export function analyze(log: Blob, name: string, options: Options, tell: (progress: Progress) => void): Promise<Analysis> {
  const query = new URLSearchParams({ name, sensitivity: options.sensitivity, compression: String(options.compression), model: String(options.model) });
  return told(`/api/v1/analyze?${query}`, { body: log, headers: { "Content-Type": "application/octet-stream" } }, tell);
}

/** Have the model of the settings asked about an incident. */
export function askModel(id: string, tell: (progress: Progress) => void): Promise<Analysis> {
  return told(`/api/v1/incidents/${encodeURIComponent(id)}/opinion`, {}, tell);
}

async function told(url: string, request: RequestInit, tell: (progress: Progress) => void): Promise<Analysis> {
  const answer = await fetch(url, { ...request, method: "POST", headers: { ...request.headers, Accept: "application/x-ndjson" } }).catch(() => {
    throw new Problem(0, "");
  });
  if (!answer.ok || !answer.body) throw await problem(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch(() => {
      throw new Problem(0, "");
    });
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
