// Silences: their types and questions.
import { queryOptions } from "@tanstack/react-query";
import { test, type Alert } from "./alerts";
import { api, body } from "./client";
import type { components } from "./schema";

export type Silence = components["schemas"]["SilenceShown"];
export type NewSilence = components["schemas"]["NewSilence"];

export const silences = (over: boolean) => queryOptions({ queryKey: ["silences", over], refetchInterval: 10_000, queryFn: () => body(api.GET("/api/v1/silences", { params: { query: { over, limit: 500 } } })) });
export const look = (q: string) => queryOptions({ queryKey: ["silence-look", q], enabled: q !== "", retry: false, queryFn: () => body(api.GET("/api/v1/silences/preview", { params: { query: { q } } })) });

export const silence = (wanted: NewSilence) => body(api.POST("/api/v1/silences", { body: wanted }));
const path = (number: number) => ({ params: { path: { number } } });
export const end = (number: number) => body(api.DELETE("/api/v1/silences/{number}", path(number)));
export const move = (number: number, until: string) => body(api.PUT("/api/v1/silences/{number}/end", { ...path(number), body: { until } }));

/** Alerts like this one: of its rule, about the same source, or else the same host or user. */
export function like(alert: Alert): string {
  const field = (["source.ip", "host.name", "user.name"] as const).find((each) => alert[each]);
  return [test("rule.id", alert["rule.id"]), ...(field ? [test(field, String(alert[field]))] : [])].join(" and ");
}
