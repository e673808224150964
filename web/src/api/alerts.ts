// Alerts: their types and questions.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";

const page = (q: string, after: string | null) => body(api.GET("/api/v1/alerts", { params: { query: { q, limit: 200, after } } }));
const one = (id: string) => body(api.GET("/api/v1/alerts/{alert_id}", { params: { path: { alert_id: id } } }));

export const pageOfAlerts = page;
export type Triaged = Awaited<ReturnType<typeof page>>["items"][number];
export type Alert = Triaged["alert"];
export const alert = (id: string) => queryOptions({ queryKey: ["alert", id], queryFn: () => one(id) });
export const facets = (q: string) => queryOptions({ queryKey: ["alerts", "facets", q], queryFn: () => body(api.GET("/api/v1/alerts/facets", { params: { query: { q, limit: 8 } } })) });

/** A value as the query language takes it literally. */
export function quoted(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** One test of a query: that a field has this value, or none. Who writes a log may call a field anything. */
export function test(field: string, value: string | null): string {
  const name = /^@?[\w.-]+$/.test(field) ? field : quoted(field);
  return value === null ? `not ${name}:*` : `${name}:${/^[\w.-]+$/.test(value) ? value : quoted(value)}`;
}

/** A query with a test put in, or taken out when it was there. */
export function toggled(q: string, part: string): string {
  const parts = q.split(" and ").filter(Boolean);
  if (parts.includes(part)) return parts.filter((each) => each !== part).join(" and ");
  // `and` binds closer than `or`: what was typed stays together.
  return [...parts.map((each) => (/\bor\b/i.test(each) && !/^\(.*\)$/.test(each) ? `(${each})` : each)), part].join(" and ");
}
