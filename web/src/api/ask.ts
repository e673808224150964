// Questions in plain language, and whole searches with what they are summed up to.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";

export type About = "events" | "alerts" | "incidents";
export type Replied = Awaited<ReturnType<typeof reply>>;
export type Found = NonNullable<Replied["found"]>;

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** What is done about a question that was understood in part: nothing, run that part, or ask the model of the settings. */
export type Also = "" | "anyway" | "model";
const reply = (question: string, also: Also) => body(api.POST("/api/v1/ask", { body: { question, zone, limit: 100, anyway: also === "anyway", model: also === "model" } }));
export const asked = (question: string, also: Also) => queryOptions({ queryKey: ["ask", question, also], queryFn: () => reply(question, also) });
export const run = (about: About, q: string) => queryOptions({ queryKey: ["whole search", about, q], queryFn: () => body(api.GET("/api/v1/search", { params: { query: { q, about, zone, limit: 100 } } })) });

/** Where a text of the search box belongs: a question (it begins with `?`), a search that is summed up, or neither. */
export function asks(text: string): { q: string } | { about: About; query: string } | null {
  if (text.startsWith("?")) return { q: text.slice(1).trim() };
  return /(^|\s)\|(\s|$)/.test(text.replace(/"[^"]*"/g, "")) ? { about: "events", query: text } : null;
}
