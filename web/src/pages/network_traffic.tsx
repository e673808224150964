// Traffic: who sends most and what is asked most on the wire, live, and the connections that logs tell of.
import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { number, t, tn } from "../text";
import { span } from "../text/time";
import { Panel } from "../ui/basic";
import { EntityLink } from "../ui/entity";
import { visible } from "../ui/evidence";
import { Ranking } from "../ui/ranking";
import { Empty, Loaded } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { bytes } from "./settings/system";

type Traffic = components["schemas"]["Traffic"];
type Talker = components["schemas"]["Talker"];

const traffic = { queryKey: ["traffic"], queryFn: () => body(api.GET("/api/v1/network/traffic")), refetchInterval: 10_000 };

const LOGGED = ["/search", "event.category:network"] as const;
const RANKED = [["source.ip", "traffic.sources"], ["destination.ip", "traffic.targets"], ["destination.port", "traffic.ports"]] as const;

export function TrafficSection() {
  return <Loaded query={useQuery(traffic)}>{(told) => <Told told={told} />}</Loaded>;
}

function Told({ told }: { told: Traffic }) {
  return (
    <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-4">
      <h2 className="text-base md:col-span-2 xl:col-span-4">{t("traffic.wire")}</h2>
      {told.capturing ? (
        <>
          <Panel flush className="md:col-span-2 xl:col-span-4">
            <Table
              bare
              label={t("traffic.wire")}
              rows={told.interfaces}
              id={(each) => each.name}
              columns={[
                { name: t("traffic.interface"), cell: (each) => <code className="font-mono text-xs">{visible(each.name)}</code> },
                { name: t("traffic.packets"), cell: (each) => <span className="tabular-nums">{number(each.packets_per_second)}</span> },
                { name: t("traffic.bytes"), cell: (each) => <span className="whitespace-nowrap tabular-nums">{bytes(each.bytes_per_second)}</span> },
                { name: t("traffic.drops"), cell: (each) => <span className="tabular-nums">{number(each.drops)}</span> },
                { name: t("traffic.fault"), cell: (each) => <span className="text-high break-words">{visible(each.fault)}</span> },
              ]}
            />
          </Panel>
          <Talkers title={t("traffic.senders")} rows={told.senders} />
          <Talkers title={t("traffic.services")} rows={told.services} />
        </>
      ) : (
        <div className="panel md:col-span-2 xl:col-span-4">
          <Empty title={t("traffic.none")}>{t("traffic.none.about")}</Empty>
        </div>
      )}
      <h2 className="text-base md:col-span-2 xl:col-span-4">
        {tn("traffic.logged", told.logged)} <span className="text-soft text-sm font-normal tabular-nums">{span(told.since, told.until)} UTC</span>
      </h2>
      {RANKED.map(([field, text]) => (
        <Ranking key={field} title={t(text)} field={field} rows={told.by[field] ?? []} list={LOGGED} />
      ))}
      <Ranking title={t("traffic.volume")} field="source.ip" rows={told.volume} told={bytes} />
    </div>
  );
}

const COLUMNS: (() => Column<Talker>)[] = [
  () => ({ name: t("traffic.address"), cell: (each) => <span className="font-mono text-xs whitespace-nowrap"><EntityLink type="address" value={each.address} />{each.port !== null && <span className="text-soft"> {each.port}/{each.transport}</span>}</span> }),
  () => ({ name: t("traffic.bytes"), cell: (each) => <span className="whitespace-nowrap tabular-nums">{bytes(each.bytes)}</span> }),
  () => ({ name: t("traffic.usual"), cell: (each) => <span className="text-soft whitespace-nowrap tabular-nums">{bytes(each.usual_bytes)}</span> }),
  () => ({ name: t("traffic.packets"), cell: (each) => <span className="tabular-nums">{number(each.packets)}</span> }),
];

function Talkers({ title, rows }: { title: string; rows: readonly Talker[] }) {
  return (
    <Panel title={title} flush className="md:col-span-2">
      {rows.length === 0 ? <p className="text-soft p-3">{t("none")}</p> : <Table bare label={title} rows={rows.slice(0, 10)} id={(each) => `${each.address} ${each.port} ${each.transport}`} columns={COLUMNS.map((column) => column())} />}
    </Panel>
  );
}
