// Every rule that is installed, whether it runs, and what it found.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { rules, type Rule } from "../../api/rules";
import { useNarrow } from "../../app/narrow";
import { named, number, t, tn } from "../../text";
import { Level, Tag } from "../../ui/basic";
import { visible } from "../../ui/evidence";
import { Filter } from "../../ui/filter";
import { Rows, type Wide } from "../../ui/rows";
import { Empty, Loaded } from "../../ui/states";
import type { RulesSearch } from ".";

export function ListTab() {
  const { q = "" } = getRouteApi("/rules").useSearch();
  const navigate = useNavigate();
  const to = (change: RulesSearch) => void navigate({ to: "/rules", search: (before: RulesSearch) => ({ ...before, ...change }), replace: true });
  const narrow = useNarrow();
  const query = useQuery(rules);
  const words = q.toLowerCase().split(/\s+/);
  const found = query.data?.filter((rule) => {
    const text = [rule.name, rule.id, rule.logsource, rule.level, rule.status, rule.own ? "own" : "", ...rule.techniques].join(" ").toLowerCase();
    return words.every((word: string) => text.includes(word));
  });
  return (
    <>
      <div className="flex flex-wrap items-center gap-3 px-4 pb-3 md:px-5">
        <Filter value={q} placeholder={t("rules.filter")} onChange={(next) => to({ q: next || undefined })} />
        <span role="status" className="text-soft">
          {found && tn("rules.count", found.length)}
        </span>
      </div>
      <div className="flex min-h-0 flex-1 px-4 pb-4 md:px-5">
        <Loaded query={query} rows={12}>
          {() =>
            (found ?? []).length === 0 ? (
              <div className="panel flex-1">
                <Empty title={t("rules.none")} />
              </div>
            ) : (
              <Rows label={t("rules.list")} rows={found ?? []} columns={columns(narrow)} id={(rule) => rule.id} height={narrow ? 52 : 34} onOpen={(rule) => to({ open: rule.id })} />
            )
          }
        </Loaded>
      </div>
    </>
  );
}

export function Status({ rule }: { rule: Rule }) {
  return <Tag tone={rule.status === "runs" ? "good" : rule.status === "refused" ? "critical" : "soft"}>{named("rules.status", rule.status)}</Tag>;
}

function columns(narrow: boolean): Wide<Rule>[] {
  const name: Wide<Rule> = {
    name: "name",
    width: "minmax(0,2fr)",
    head: t("rules.name"),
    cell: (rule) => (
      <span title={visible(rule.reason)}>
        {visible(rule.name)} {!rule.builtin && <Tag>{t("rules.own")}</Tag>}
        {narrow && (
          <span className="mt-0.5 flex gap-2">
            <Level level={rule.level} /> <Status rule={rule} />
          </span>
        )}
      </span>
    ),
  };
  if (narrow) return [name];
  return [
    { name: "level", width: "4.75rem", head: t("alerts.level"), cell: (rule) => <Level level={rule.level} /> },
    name,
    { name: "source", width: "minmax(8rem,1fr)", head: t("rules.source"), cell: (rule) => <code className="text-soft font-mono text-xs">{rule.logsource}</code> },
    { name: "techniques", width: "9rem", head: t("rules.techniques"), cell: (rule) => <code className="font-mono text-xs">{rule.techniques.join(" ")}</code> },
    { name: "alerts", width: "4rem", head: t("rules.alerts"), cell: (rule) => <span className="tabular-nums">{rule.alerts ? number(rule.alerts) : ""}</span> },
    { name: "status", width: "5.5rem", head: t("rules.status"), cell: (rule) => <Status rule={rule} /> },
  ];
}
