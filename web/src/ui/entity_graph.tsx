// The entity graph of an incident: a picture whose names are links, and the same as a list for who cannot see it.
import { Link } from "@tanstack/react-router";
import { test } from "../api/alerts";
import type { Incident } from "../api/incidents";
import { named, t, tn } from "../text";
import { cx, LEVEL_TEXT } from "./basic";
import { visible } from "./evidence";
import { graph, LEVELS, type Edge, type Kind, type Node } from "./graph";

const FIELD: Record<Kind, string> = { source: "source.ip", host: "host.name", user: "user.name", destination: "destination.ip" };
const COLUMNS = [17, 50, 83]; // per cent of the width

function told(edge: Edge): string {
  return `${visible(edge.from.value)} → ${visible(edge.to.value)}: ${tn("incidents.alerts", edge.alerts)}, ${named("level", LEVELS[edge.level] ?? "")}`;
}

export function EntityGraph({ incident }: { incident: Incident }) {
  const { nodes, edges, left, height } = graph(incident.alerts ?? []);
  if (edges.length === 0) return <p className="text-soft">{t("graph.none")}</p>;
  const at = (each: Node) => COLUMNS[each.x] ?? 50;
  return (
    <figure>
      <div className="relative" style={{ height }}>
        <svg aria-hidden className="absolute inset-0 size-full" preserveAspectRatio="none" viewBox={`0 0 100 ${height}`}>
          {edges.map((edge, i) => {
            const [x1, x2] = [at(edge.from), at(edge.to)];
            const middle = (x1 + x2) / 2;
            return <path key={i} d={`M${x1},${edge.from.y} C${middle},${edge.from.y} ${middle},${edge.to.y} ${x2},${edge.to.y}`} fill="none" stroke="currentColor" strokeWidth={Math.min(1.25 + Math.log2(edge.alerts) / 2, 4)} vectorEffect="non-scaling-stroke" className={cx(LEVEL_TEXT[LEVELS[edge.level] ?? ""], "opacity-70")} />;
          })}
        </svg>
        <ul aria-label={t("graph.names")}>
          {nodes.map((each) => (
            <li key={`${each.kind} ${each.value}`} className="absolute w-max -translate-x-1/2 -translate-y-1/2" style={{ left: `${at(each)}%`, top: each.y, maxWidth: "min(32%, 17rem)" }}>
              <Link
                to="/alerts"
                search={{ q: test(FIELD[each.kind], each.value) }}
                title={`${t(`graph.${each.kind}`)}: ${visible(each.value)} (${tn("incidents.alerts", each.alerts)})`}
                className={cx("bg-panel hover:bg-raised flex h-6.5 items-center justify-center rounded-full border px-1.5 sm:px-2.5", each.level >= 3 ? "border-current" : "border-edge", each.level >= 3 && LEVEL_TEXT[LEVELS[each.level] ?? ""])}
              >
                <span className="sr-only">{t(`graph.${each.kind}`)}: </span>
                <span className="text-ink truncate font-mono text-2xs">{visible(each.value)}</span>
              </Link>
            </li>
          ))}
        </ul>
      </div>
      <figcaption className="text-soft mt-2 text-xs">
        {left > 0 && <p>{tn("graph.left", left)}</p>}
        <details>
          <summary className="inline-flex min-h-6 items-center">{t("graph.as_list")}</summary>
          <ul className="mt-1 list-disc pl-4">
            {edges.map((edge, i) => (
              <li key={i} className="break-words">
                {told(edge)}
              </li>
            ))}
          </ul>
        </details>
      </figcaption>
    </figure>
  );
}
