import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import { api, body } from "../../api/client";
import { health, type Source } from "../../api/health";
import { number, t } from "../../text";
import { ago, span } from "../../text/time";
import { Panel } from "../../ui/basic";
import { visible } from "../../ui/evidence";
import { Loaded } from "../../ui/states";
import { Table } from "../../ui/table";

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(n, 1)) / 3));
  return `${number(n / 1000 ** power, 1)} ${units[power]}`;
}

function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
      {rows.map(([name, value]) => (
        <Fragment key={name}>
          <dt className="text-soft">{name}</dt>
          <dd className="min-w-0 break-words tabular-nums">{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Lists() {
  const lists = useQuery({ queryKey: ["lists"], queryFn: () => body(api.GET("/api/v1/lists")), refetchInterval: 30_000 }).data ?? [];
  if (lists.length === 0) return null;
  return (
    <Table
      label={t("lists")}
      rows={lists}
      id={(each) => each.name}
      columns={[
        { name: t("lists.name"), cell: (each) => each.name },
        { name: t("lists.indicators"), cell: (each) => <span className="tabular-nums">{number(each.indicators)}</span> },
        { name: t("lists.refused"), cell: (each) => <span className="tabular-nums">{number(each.refused)}</span> },
        { name: t("lists.fetched"), cell: (each) => <span className="whitespace-nowrap">{each.fetched ? ago(each.fetched) : t("time.never")}</span> },
        { name: t("lists.weight"), cell: (each) => <span className="tabular-nums">{each.weight}</span> },
        { name: t("system.fault"), cell: (each) => (each.problem ? <span className="text-high break-words">{visible(each.problem)}</span> : <span className="text-soft">{t("system.fine")}</span>) },
      ]}
    />
  );
}

export function SystemTab() {
  const query = useQuery({ ...health, refetchInterval: 5_000 });
  return (
    <Loaded query={query}>
      {({ agent, store, data_dir, faults }) => (
        <div className="flex max-w-5xl flex-col gap-4">
          {faults.length > 0 && (
            <div role="alert" className="panel border-high text-high p-3">
              {faults.map((fault) => (
                <p key={fault}>{fault}</p>
              ))}
            </div>
          )}
          <div className="grid gap-4 md:grid-cols-2">
            <Panel title={t("system.agent")}>
              {agent ? (
                <Facts
                  rows={[
                    [t("system.version"), agent.version],
                    [t("system.since"), agent.running ? ago(agent.started) : t("pulse.none")],
                    [t("system.rate"), number(agent.records_per_second ?? 0, 1)],
                    [t("system.rules"), t("system.rules.of", { run: agent.rules?.run ?? 0, refused: agent.rules?.refused ?? 0 })],
                    [t("system.blocking"), agent.blocking?.mode ?? ""],
                  ]}
                />
              ) : (
                t("pulse.none")
              )}
            </Panel>
            <Panel title={t("system.data")}>
              <Facts
                rows={[
                  [t("system.data"), <code key="d" className="font-mono text-xs">{data_dir}</code>],
                  [t("system.events"), number(store.events)],
                  [t("system.period"), store.oldest && store.newest ? span(store.oldest, store.newest) : ""],
                  [t("system.size"), bytes(store.size)],
                  [t("system.alerts"), number(store.alerts)],
                ]}
              />
            </Panel>
          </div>
          {agent?.sources && (
            <Table<[string, Source]>
              label={t("system.sources")}
              rows={Object.entries(agent.sources)}
              id={([name]) => name}
              columns={[
                { name: t("system.source"), cell: ([name]) => name },
                { name: t("system.files"), cell: ([, source]) => (source.files === undefined ? "" : number(source.files)) },
                { name: t("system.records"), cell: ([, source]) => <span className="tabular-nums">{number(source.records ?? 0)}</span> },
                { name: t("system.rate"), cell: ([, source]) => <span className="tabular-nums">{number(source.records_per_second ?? 0, 1)}</span> },
                { name: t("system.last"), cell: ([, source]) => <span className="whitespace-nowrap">{source.last ? ago(source.last) : t("time.never")}</span> },
                { name: t("system.failures"), cell: ([, source]) => <span className={source.failures ? "text-high tabular-nums" : "tabular-nums"}>{number(source.failures ?? 0)}</span> },
                { name: t("system.lag"), cell: ([, source]) => (source.lag_bytes === undefined ? "" : bytes(source.lag_bytes)) },
                { name: t("system.fault"), cell: ([, source]) => (source.fault ? <span className="text-high">{source.fault}</span> : <span className="text-soft">{t("system.fine")}</span>) },
              ]}
            />
          )}
          <Lists />
        </div>
      )}
    </Loaded>
  );
}
