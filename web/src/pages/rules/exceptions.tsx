// What rules are not to speak of: made from alerts, with who and why, and until when.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { exceptions, unexcept, type Exempted } from "../../api/rules";
import { shown } from "../../api/events";
import { useMay } from "../../app/session";
import { t } from "../../text";
import { stamp } from "../../text/time";
import { Button, Tag } from "../../ui/basic";
import { visible } from "../../ui/evidence";
import { Empty, Loaded, Refused } from "../../ui/states";
import { Table } from "../../ui/table";
import { say } from "../../ui/toast";

export function ExceptionsTab() {
  const client = useQueryClient();
  const may = useMay("work");
  const query = useQuery(exceptions);
  const remove = useMutation({
    mutationFn: unexcept,
    onSuccess: () => say(t("exception.removed")),
    onSettled: () => Promise.all([["exceptions"], ["rules"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  return (
    <div className="min-h-0 flex-1 overflow-auto px-4 pb-4 md:px-5">
      <Refused error={remove.error} />
      <Loaded query={query}>
        {(found) =>
          found.length === 0 ? (
            <div className="panel">
              <Empty title={t("exception.none")}>{t("exception.none.about")}</Empty>
            </div>
          ) : (
            <Table
              label={t("rules.tab.exceptions")}
              rows={found}
              id={(each) => each.name}
              columns={[
                { name: t("rules.name"), cell: (each) => each.rules.map((id, i) => <Link key={id} to="/rules" search={{ tab: "exceptions", open: id }} className="text-accent block underline">{visible(each.rule_names[i] ?? id)}</Link>), className: "min-w-48" },
                { name: t("exception.tests"), cell: (each) => <Tests exempted={each} />, className: "min-w-64" },
                { name: t("exception.why"), cell: (each) => <span className="break-words">{visible(each.why)}</span>, className: "min-w-40" },
                { name: t("exception.by"), cell: (each) => <span className="whitespace-nowrap">{visible(each.who)} <span className="text-soft text-xs">{each.date}</span></span> },
                { name: t("exception.until"), cell: (each) => <Until exempted={each} /> },
              ]}
              tools={(each) =>
                may && (
                  <Button small disabled={remove.isPending} onClick={() => remove.mutate(each.name)}>
                    {t("rules.remove")}
                  </Button>
                )
              }
            />
          )
        }
      </Loaded>
    </div>
  );
}

function Tests({ exempted }: { exempted: Exempted }) {
  return (
    <ul className="flex flex-col gap-0.5">
      {exempted.tests.slice(0, 5).map((tests, i) => (
        <li key={i} className="font-mono text-xs break-all">
          {Object.entries(tests).map(([field, value]) => `${visible(field.split("|")[0] ?? field)}: ${visible(shown(value))}`).join(", ")}
        </li>
      ))}
      {exempted.tests.length > 5 && <li className="text-soft text-xs">{t("exception.more", { n: exempted.tests.length - 5 })}</li>}
    </ul>
  );
}

function Until({ exempted }: { exempted: Exempted }) {
  if (exempted.fault) return <span className="text-critical break-words">{visible(exempted.fault)}</span>;
  if (exempted.over) return <Tag>{t("action.over")}</Tag>;
  return <span className="whitespace-nowrap tabular-nums">{exempted.until ? stamp(exempted.until).slice(0, 16) : t("exception.until.never")}</span>;
}
