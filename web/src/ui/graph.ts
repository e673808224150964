// Who did what to whom, as columns: where it came from, the machines, the accounts and destinations. Pure, so that it is tested.
import type { Incident } from "../api/incidents";

type Alert = NonNullable<Incident["alerts"]>[number];
export type Kind = "source" | "host" | "user" | "destination";
export type Node = { kind: Kind; value: string; level: number; alerts: number; x: number; y: number };
export type Edge = { from: Node; to: Node; level: number; alerts: number };
export type Graph = { nodes: Node[]; edges: Edge[]; left: number; height: number };

export const LEVELS = ["informational", "low", "medium", "high", "critical"] as const;
const COLUMN: Record<Kind, number> = { source: 0, host: 1, user: 2, destination: 2 };
const MOST = 5; // of a column; the others are counted
export const ROW = 34;

/** The pairs that an alert names: an address reaches a host, on it an account, and from it goes on to another address. */
function pairs(alert: Alert): [Kind, string, Kind, string][] {
  const [source, host, user, destination] = [alert["source.ip"], alert["host.name"], alert["user.name"], alert["destination.ip"]];
  const found: [Kind, string, Kind, string][] = [];
  if (source && host) found.push(["source", source, "host", host]);
  if (host && user) found.push(["host", host, "user", user]);
  if (source && !host && user) found.push(["source", source, "user", user]);
  if (destination && destination !== source) {
    if (host && !source) found.push(["host", host, "destination", destination]);
    else if (source) found.push(["source", source, "destination", destination]);
  }
  return found;
}

export function graph(alerts: readonly Alert[]): Graph {
  const nodes = new Map<string, Node>(), edges = new Map<string, Edge>();
  const node = (kind: Kind, value: string) => {
    const key = `${kind} ${value}`;
    if (!nodes.has(key)) nodes.set(key, { kind, value, level: 0, alerts: 0, x: COLUMN[kind], y: 0 });
    return nodes.get(key)!;
  };
  for (const alert of alerts) {
    const level = LEVELS.indexOf(alert["rule.level"]);
    for (const [kind, value] of [["source", alert["source.ip"]], ["host", alert["host.name"]], ["user", alert["user.name"]]] as const)
      if (value) node(kind, value);
    const touched = new Set<Node>();
    for (const [a, from, b, to] of pairs(alert)) {
      const [one, other] = [node(a, from), node(b, to)];
      touched.add(one).add(other);
      const key = `${a} ${from} ${b} ${to}`;
      const edge = edges.get(key) ?? { from: one, to: other, level: 0, alerts: 0 };
      edges.set(key, { ...edge, level: Math.max(edge.level, level), alerts: edge.alerts + 1 });
    }
    for (const each of touched) (each.level = Math.max(each.level, level)), each.alerts++;
  }
  const kept = [0, 1, 2].map((column) => [...nodes.values()].filter((each) => each.x === column).sort((a, b) => b.level - a.level || b.alerts - a.alerts || a.value.localeCompare(b.value)));
  const rows = Math.max(1, ...kept.map((column) => Math.min(column.length, MOST)));
  for (const column of kept) column.slice(0, MOST).forEach((each, i, shown) => (each.y = (i + 0.5 + (rows - shown.length) / 2) * ROW));
  const shown = new Set(kept.flatMap((column) => column.slice(0, MOST)));
  return { nodes: [...shown], edges: [...edges.values()].filter((each) => shown.has(each.from) && shown.has(each.to)), left: nodes.size - shown.size, height: rows * ROW };
}
