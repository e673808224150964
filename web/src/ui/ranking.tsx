// The most frequent values of a field, each with a bar of its share; it leads to the page about it, or to all that have it.
import { Link } from "@tanstack/react-router";
import { test } from "../api/alerts";
import { OF_FIELD } from "../api/entities";
import { named, number, t } from "../text";
import { cx, LEVEL_TEXT, Panel } from "./basic";
import { visible } from "./evidence";

const SHOWN = 6;

type Row = { value: string | null; count: number; label?: string | null };

/** `list`: where what has a value is listed, by what besides it. */
export function Ranking({ title, field, rows, list = ["/alerts"], told = number }: { title: string; field: string; rows: readonly Row[]; list?: readonly ["/alerts" | "/search", string?]; told?: (n: number) => string }) {
  const known = rows.filter((row) => row.value !== null).slice(0, SHOWN);
  const kind = OF_FIELD[field];
  const most = Math.max(1, ...known.map((row) => row.count));
  const [page, besides] = list;
  return (
    <Panel title={title}>
      {known.length === 0 && <p className="text-soft">{t("none")}</p>}
      <ul className="flex flex-col gap-1">
        {known.map(({ value, count, label }) => (
          <li key={value}>
            <Link {...(kind ? { to: "/entities/$type/$value", params: { type: kind, value: value ?? "" } } : { to: page, search: { q: [besides, test(field, value)].filter(Boolean).join(" and ") } })} className="hover:bg-raised relative flex items-center gap-2 rounded px-1.5 py-0.5">
              <span aria-hidden className="bg-raised absolute inset-y-0 left-0 rounded" style={{ width: `${(100 * count) / most}%` }} />
              <span className={cx("relative min-w-0 flex-1 truncate", field === "rule.level" ? LEVEL_TEXT[value ?? ""] : !label && "font-mono text-xs")}>{field === "rule.level" ? named("level", value ?? "") : visible(label ?? value ?? "")}</span>
              <span className="relative tabular-nums">{told(count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
