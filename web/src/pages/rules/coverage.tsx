// ATT&CK: what the rules that run are about, by tactic in the order of an attack; what was seen stands out.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { coverage, type Technique } from "../../api/rules";
import { named, t, tn } from "../../text";
import { cx } from "../../ui/basic";
import { visible } from "../../ui/evidence";
import { Loaded } from "../../ui/states";

export function CoverageTab() {
  const query = useQuery(coverage);
  const [seen, setSeen] = useState(false);
  return (
    <div className="min-h-0 flex-1 overflow-auto px-4 pb-4 md:px-5">
      <Loaded query={query} rows={12}>
        {(tactics) => {
          const ids = new Set(tactics.flatMap((each) => each.techniques.map((one) => one.id)));
          const hits = new Set(tactics.flatMap((each) => each.techniques.filter((one) => one.alerts > 0).map((one) => one.id)));
          return (
            <>
              <p className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1">
                <span role="status">{t("coverage.sum", { n: ids.size, seen: hits.size })}</span>
                <label className="flex items-center gap-1.5">
                  <input type="checkbox" checked={seen} onChange={(event) => setSeen(event.target.checked)} /> {t("coverage.seen")}
                </label>
              </p>
              <div className="grid gap-3 items-start sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-5">
                {tactics.map(({ tactic, techniques }) => {
                  const shown = techniques.filter((each) => !seen || each.alerts > 0);
                  return (
                    <section key={tactic} className="panel">
                      <h2 className="border-line flex items-baseline gap-2 border-b px-2.5 py-1.5 text-xs">
                        <span className="min-w-0 flex-1 truncate">{named("tactic", tactic)}</span>
                        <span className="text-soft font-normal tabular-nums">{techniques.length}</span>
                      </h2>
                      {shown.length === 0 && <p className="text-soft px-2.5 py-2 text-xs">{t("coverage.none")}</p>}
                      <ul className="p-1">
                        {shown.map((each) => (
                          <li key={each.id}>
                            <Cell technique={each} />
                          </li>
                        ))}
                      </ul>
                    </section>
                  );
                })}
              </div>
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function Cell({ technique: { id, name, rules, alerts } }: { technique: Technique }) {
  const look = cx("hover:bg-raised flex min-h-6 items-baseline gap-2 rounded px-1.5 py-1 text-xs", alerts > 0 && "text-high font-medium");
  const inside = (
    <>
      <span className="min-w-0 flex-1">
        {visible(name)} <code className={cx("font-mono text-2xs whitespace-nowrap", alerts === 0 && "text-soft")}>{id}</code>
      </span>
      <span className="text-soft text-2xs whitespace-nowrap tabular-nums">{alerts > 0 ? tn("alerts.count", alerts) : tn("rules.count", rules.length)}</span>
    </>
  );
  const title = visible(rules.join("\n"));
  if (alerts > 0)
    return (
      <Link to="/alerts" search={{ q: `threat.technique.id:${id}` }} title={title} className={look}>
        {inside}
      </Link>
    );
  return (
    <Link to="/rules" search={{ q: id }} title={title} className={look}>
      {inside}
    </Link>
  );
}
