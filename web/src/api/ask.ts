// Questions in plain language, and whole searches with what they are summed up to.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";

export type About = "events" | "alerts" | "incidents";
export type Replied = Awaited<ReturnType<typeof reply>>;
export type Found = NonNullable<Replied["found"]>;

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const reply = (question: string, anyway: boolean) => body(api.POST("/api/v1/ask", { body: { question, zone, limit: 100, anyway } }));
export const asked = (question: string, anyway: boolean) => queryOptions({ queryKey: ["ask", question, anyway], queryFn: () => reply(question, anyway) });
export const run = (about: About, q: string) => queryOptions({ queryKey: ["whole search", about, q], queryFn: () => body(api.GET("/api/v1/search", { params: { query: { q, about, zone, limit: 100 } } })) });

/** Where a text of the search box belongs: a question (it begins with `?`), a search that is summed up, or neither. */
export function asks(text: string): { q: string } | { about: About; query: string } | null {
  if (text.startsWith("?")) return { q: text.slice(1).trim() };
  return /(^|\s)\|(\s|$)/.test(text.replace(/"[^"]*"/g, "")) ? { about: "events", query: text } : null;
}
