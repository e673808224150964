// Blocks and the allow list. The agent decides, so an answer may say that it has not come yet (202, a Problem here).
import { queryOptions } from "@tanstack/react-query";
import type { Action } from "./incidents";
import { api, body } from "./client";

export type Kind = "drop" | "limit";
export type Wanted = { network: string; kind: Kind; seconds: number | null; why: string };

export const blocks = (over: boolean) => queryOptions({ queryKey: ["blocks", over], queryFn: () => body(api.GET("/api/v1/blocklist", { params: { query: { over, limit: 500 } } })) });
export const allowed = queryOptions({ queryKey: ["allowed"], queryFn: () => body(api.GET("/api/v1/allowlist")) });
export const preview = (wanted: Omit<Wanted, "why">) =>
  queryOptions({ queryKey: ["block-preview", wanted], enabled: wanted.network.length > 1, queryFn: () => body(api.POST("/api/v1/blocklist/preview", { body: { ...wanted, why: "preview" } })) });

export const block = (wanted: Wanted) => body(api.POST("/api/v1/blocklist", { body: wanted }));
export const lift = (id: string, why: string) => body(api.DELETE("/api/v1/blocklist/{action_id}", { params: { path: { action_id: id }, query: { why } } }));

/** Whether it is in force. */
export function active(action: Pick<Action, "lifted" | "until">, now: number = Date.now()): boolean {
  return !action.lifted && (!action.until || Date.parse(action.until) > now);
}
