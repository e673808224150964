// What is new, as it comes: one stream for the whole page; queries about what changed are asked again, at most once a second.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

const ABOUT: Record<string, string[]> = {
  alerts: ["alerts", "health"],
  incidents: ["incidents", "incident", "health"],
  actions: ["blocks", "incident", "health"],
  reset: ["alerts", "incidents", "incident", "blocks", "health"],
};

/** Whether the stream is there. */
export function useLive(): boolean {
  const client = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    const due = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () => {
      timer = undefined;
      for (const key of due) void client.invalidateQueries({ queryKey: [key] });
      due.clear();
    };
    const stream = new EventSource("/api/v1/live");
    stream.onopen = () => setLive(true);
    stream.onerror = () => setLive(false);
    for (const [event, keys] of Object.entries(ABOUT))
      stream.addEventListener(event, () => {
        for (const key of keys) due.add(key);
        timer ??= setTimeout(ask, 1000);
      });
    return () => {
      clearTimeout(timer);
      stream.close();
    };
  }, [client]);
  return live;
}
