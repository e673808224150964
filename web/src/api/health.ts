// What agent and store say of themselves. The API gives it as an open object: only what is used is named here.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";

export type Source = { fault?: string; files?: number; lag_bytes?: number; records?: number; records_per_second?: number; last?: string | null; failures?: number };
export type Agent = {
  running: boolean;
  pid?: number;
  version?: string;
  started?: string;
  records_per_second?: number;
  rules?: { run: number; refused: number };
  blocked?: string;
  sources?: Record<string, Source>;
  blocking?: { mode?: string; fault?: string };
};
export type Health = {
  ok: boolean;
  faults: string[];
  data_dir: string;
  agent: Agent | null;
  store: { events: number; rejected: number; alerts: number; size: number; segments: number; damaged: number; actions: number; incidents: Record<string, number>; oldest: string | null; newest: string | null };
};

export const health = queryOptions({
  queryKey: ["health"],
  queryFn: async () => (await body(api.GET("/api/v1/system/health"))) as unknown as Health,
});
