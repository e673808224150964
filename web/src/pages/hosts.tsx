// Hosts that events name, and the machine that Vedette runs on.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { test } from "../api/alerts";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useMay } from "../app/session";
import { named, number, t, tn } from "../text";
import { ago, span } from "../text/time";
import { cx, Head, Level, Panel, Tag } from "../ui/basic";
import { visible } from "../ui/evidence";
import { Empty, Loaded } from "../ui/states";
import { Table } from "../ui/table";
import { bytes } from "./settings/system";

type Machine = components["schemas"]["Machine"];

export function HostsPage() {
  const may = useMay("work");
  const hosts = useQuery({ queryKey: ["hosts"], queryFn: () => body(api.GET("/api/v1/hosts")), refetchInterval: 30_000 });
  return (
    <>
      <Head title={t("page.hosts")} about={hosts.data && <span className="tabular-nums">{span(hosts.data.since, hosts.data.until)} UTC</span>} />
      <div className="flex flex-col gap-4 px-4 pb-6 md:px-5">
        <Loaded query={hosts}>
          {(all) =>
            all.hosts.length === 0 ? (
              <Empty title={t("hosts.none")}>{t("hosts.none.about")}</Empty>
            ) : (
              <section>
                <Table
                  label={t("page.hosts")}
                  rows={all.hosts}
                  id={(each) => each.name}
                  columns={[
                    { name: t("hosts.name"), cell: (each) => <Link to="/search" search={{ q: test("host.name", each.name) }} className="hover:text-accent inline-flex min-h-6 items-center font-mono text-xs underline decoration-dotted underline-offset-2">{visible(each.name)}</Link> },
                    { name: t("hosts.worst"), cell: (each) => (each.worst ? <Level level={each.worst} /> : <span className="text-soft">–</span>) },
                    { name: t("page.incidents"), cell: (each) => <span className="tabular-nums">{each.incidents}</span> },
                    { name: t("page.alerts"), cell: (each) => <Link to="/alerts" search={{ q: test("host.name", each.name) }} className="hover:text-accent inline-flex min-h-6 items-center tabular-nums underline decoration-dotted underline-offset-2">{number(each.alerts)}</Link> },
                    { name: t("alerts.events"), cell: (each) => <span className="tabular-nums">{number(each.events)}</span> },
                    { name: t("alerts.last"), cell: (each) => <span className="whitespace-nowrap">{each.last ? ago(each.last) : t("time.never")}</span> },
                  ]}
                />
                {all.unnamed > 0 && <p className="text-soft mt-1 text-xs">{tn("hosts.unnamed", all.unnamed)}</p>}
              </section>
            )
          }
        </Loaded>
        {may && <Own />}
      </div>
    </>
  );
}

function Own() {
  const query = useQuery({ queryKey: ["hosts", "own"], queryFn: () => body(api.GET("/api/v1/hosts/own")), refetchInterval: 5_000 });
  return (
    <Loaded query={query} rows={8}>
      {(machine) => (
        <section className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
          <h2 className="text-base md:col-span-2 xl:col-span-3">
            {t("hosts.own")} <span className="text-soft text-sm font-normal">{machine.name} · {machine.system}</span>
          </h2>
          <Resources machine={machine} />
          <Panel title={t("hosts.processes")} flush className="min-w-0">
            <Table
              bare
              label={t("hosts.processes")}
              rows={machine.processes}
              id={(each) => each.pid}
              columns={[
                { name: t("hosts.process"), cell: (each) => <span className="font-mono text-xs">{visible(each.name)} <span className="text-soft">{each.pid}</span></span> },
                { name: t("alerts.user"), cell: (each) => visible(each.user) },
                { name: "CPU", cell: (each) => <span className="tabular-nums">{number(each.cpu, 1)} %</span> },
                { name: t("hosts.memory"), cell: (each) => <span className="whitespace-nowrap tabular-nums">{bytes(each.memory)}</span> },
              ]}
            />
          </Panel>
          <Panel title={t("hosts.listening")} flush className="min-w-0">
            <div className="max-h-80 overflow-auto" tabIndex={0} role="region" aria-label={t("hosts.listening")}>
              <ul className="divide-line divide-y">
                {machine.listening.map((each) => (
                  <li key={`${each.address} ${each.port} ${each.protocol}`} className="flex gap-3 px-3 py-1 font-mono text-xs">
                    <span className="w-20 tabular-nums">{each.port}/{each.protocol}</span>
                    <span className="text-soft min-w-0 flex-1 break-all">{each.address}</span>
                    <span className="break-all">{each.program ? visible(each.program) : "–"}</span>
                  </li>
                ))}
              </ul>
            </div>
          </Panel>
          <Posture />
        </section>
      )}
    </Loaded>
  );
}

function Resources({ machine }: { machine: Machine }) {
  return (
    <Panel title={t("hosts.resources")}>
      <div className="flex flex-col gap-2.5">
        <Gauge name="CPU" share={machine.cpu / 100} text={`${number(machine.cpu, 0)} % · ${machine.cores} × · ${machine.load.map((each) => number(each, 2)).join(" ")}`} />
        <Gauge name={t("hosts.memory")} share={machine.memory_used / machine.memory_total} text={`${bytes(machine.memory_used)} / ${bytes(machine.memory_total)}`} />
        {machine.swap_total > 0 && <Gauge name="Swap" share={machine.swap_used / machine.swap_total} text={`${bytes(machine.swap_used)} / ${bytes(machine.swap_total)}`} />}
        {machine.disks.map((disk) => (
          <Gauge key={disk.path} name={disk.path} share={disk.used / disk.total} text={`${bytes(disk.used)} / ${bytes(disk.total)}`} />
        ))}
        <p className="text-soft text-xs">{t("hosts.booted")} {ago(machine.booted)}</p>
      </div>
    </Panel>
  );
}

function Gauge({ name, share, text }: { name: string; share: number; text: string }) {
  const full = Math.max(0, Math.min(1, share || 0));
  return (
    <div>
      <p className="flex justify-between gap-3 text-xs">
        <span className="truncate">{name}</span>
        <span className="text-soft whitespace-nowrap tabular-nums">{text}</span>
      </p>
      <div role="meter" aria-label={name} aria-valuenow={Math.round(100 * full)} aria-valuemin={0} aria-valuemax={100} className="bg-raised mt-1 h-1.5 overflow-hidden rounded-full">
        <div className={cx("h-full rounded-full", full > 0.9 ? "bg-critical" : full > 0.75 ? "bg-medium" : "bg-accent")} style={{ width: `${100 * full}%` }} />
      </div>
    </div>
  );
}

const VERDICT = { ok: "good", warn: "high", fail: "critical" } as const;
const GRAVEST = ["fail", "warn", "ok"];

function Posture() {
  const query = useQuery({ queryKey: ["hosts", "own", "posture"], queryFn: () => body(api.GET("/api/v1/hosts/own/posture")), staleTime: 300_000 });
  return (
    <Panel title={t("posture")} flush className="min-w-0 md:col-span-2 xl:col-span-3">
      <Loaded query={query}>
        {(doors) => (
          <Table
            bare
            label={t("posture")}
            rows={[...doors].sort((a, b) => GRAVEST.indexOf(a.verdict) - GRAVEST.indexOf(b.verdict))}
            id={(each) => each.what}
            columns={[
              { name: t("posture.verdict"), cell: (each) => <Tag tone={VERDICT[each.verdict]}>{t(`posture.${each.verdict}`)}</Tag> },
              { name: t("posture.what"), cell: (each) => <span className="whitespace-nowrap">{named("door", each.what)}</span> },
              { name: t("posture.said"), cell: (each) => <span className="break-words">{visible(each.said)}</span>, className: "min-w-64" },
              { name: t("posture.fix"), cell: (each) => <span className="text-soft break-words">{visible(each.fix)}</span>, className: "min-w-48" },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
