// Events: their types and questions.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";

export type Range = { since?: string | undefined; until?: string | undefined };
export type Event = Record<string, unknown>;

const times = ({ since, until }: Range) => ({ since: since ?? null, until: until ?? null });

export const histogram = (q: string, range: Range, buckets = 90) =>
  queryOptions({ queryKey: ["histogram", q, range, buckets], queryFn: () => body(api.GET("/api/v1/events/histogram", { params: { query: { q, ...times(range), buckets } } })) });

export const pageOfEvents = (q: string, range: Range, after: string | null) => body(api.GET("/api/v1/events/search", { params: { query: { q, ...times(range), limit: 200, after } } }));

/** A value of an event as text. */
export function shown(value: unknown): string {
  return value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}
