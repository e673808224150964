// Rules, exceptions to them, and what they cover: their types and questions.
import { queryOptions } from "@tanstack/react-query";
import { api, body, problem } from "./client";
import type { components } from "./schema";

export type Rule = components["schemas"]["RuleRow"];
export type WholeRule = components["schemas"]["RuleWhole"];
export type Checked = components["schemas"]["Checked"];
export type Tried = components["schemas"]["Tried"];
export type Exempted = components["schemas"]["Exempted"];
export type NewException = components["schemas"]["NewException"];
export type Technique = components["schemas"]["Technique"];
type Trial = components["schemas"]["Trial"];

export const rules = queryOptions({ queryKey: ["rules"], staleTime: 30_000, queryFn: () => body(api.GET("/api/v1/rules")) });
export const rule = (id: string) => queryOptions({ queryKey: ["rule", id], queryFn: () => tagged(api.GET("/api/v1/rules/{rule_id}", { params: { path: { rule_id: id } } })) });
export const coverage = queryOptions({ queryKey: ["coverage"], staleTime: 30_000, queryFn: () => body(api.GET("/api/v1/coverage")) });
export const exceptions = queryOptions({ queryKey: ["exceptions"], queryFn: () => body(api.GET("/api/v1/exceptions")) });
export const choices = (alert: string) => queryOptions({ queryKey: ["choices", alert], retry: false, queryFn: () => body(api.GET("/api/v1/exceptions/choices", { params: { query: { alert } } })) });

/** With the version that it is, so that nobody overwrites what somebody else wrote meanwhile. */
async function tagged(answer: Promise<{ data?: WholeRule; response: Response }>): Promise<WholeRule & { tag: string }> {
  const { data, response } = await answer;
  return { ...(data as WholeRule), tag: response.headers.get("etag") ?? "" };
}
export const addRule = (text: string, samples: string) => tagged(api.POST("/api/v1/rules", { body: { text, samples } }));
export const changeRule = (id: string, tag: string, text: string, samples: string) =>
  tagged(api.PUT("/api/v1/rules/{rule_id}", { params: { path: { rule_id: id } }, headers: { "If-Match": tag }, body: { text, samples } }));

const given = (id: string | null) => (id === null ? {} : { rule_id: id });
export const check = (text: string, id: string | null) =>
  queryOptions({ queryKey: ["rule-check", text, id], enabled: text.trim() !== "", retry: false, staleTime: Infinity, queryFn: () => body(api.POST("/api/v1/rules/check", { body: { text, ...given(id) } })) });
export const outcomes = (text: string, samples: string, id: string | null) =>
  queryOptions({ queryKey: ["rule-samples", text, samples, id], enabled: text.trim() !== "" && samples.trim() !== "", retry: false, staleTime: Infinity, queryFn: () => body(api.POST("/api/v1/rules/samples", { body: { text, samples, ...given(id) } })) });

export const except = (wanted: NewException) => body(api.POST("/api/v1/exceptions", { body: wanted }));
export const unexcept = (name: string) => api.DELETE("/api/v1/exceptions/{name}", { params: { path: { name } } });

/** Try a rule on the past: the answer comes in lines that tell how far it is. */
export async function attempt(text: string, id: string | null, days: number, told: (seen: number, total: number) => void, signal: AbortSignal): Promise<Tried> {
  const { response } = await api.POST("/api/v1/trials", { params: { query: { days } }, body: { text, ...given(id) }, parseAs: "stream", signal });
  if (!response.body) throw await problem(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const step = JSON.parse(line) as Trial;
      if (step.tried) return step.tried;
      if (step.fault) throw new Error(step.fault);
      told(step.seen, step.total);
    }
    if (done) throw new Error("the answer ended early");
  }
}
