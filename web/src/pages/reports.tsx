// Reports: of an incident or a span of time, made while one waits or does something else, and kept for download.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useMay } from "../app/session";
import { named, t } from "../text";
import { stamp } from "../text/time";
import { Button, Choice, Head, Panel, Tag } from "../ui/basic";
import { Empty, Loaded, Refused } from "../ui/states";
import { Table } from "../ui/table";
import { bytes } from "./settings/system";

type Format = components["schemas"]["Made"]["format"];
const SPANS = ["24", "168", "720"];
const GOING = ["waiting", "running"];

export function ReportsPage() {
  const { incident } = getRouteApi("/reports").useSearch();
  const client = useQueryClient();
  const may = useMay("work");
  const [format, setFormat] = useState<Format>("pdf");
  const [span, setSpan] = useState(SPANS[0] ?? "24");
  const list = useQuery({ queryKey: ["reports"], queryFn: () => body(api.GET("/api/v1/reports")) });
  const jobs = useQuery({ queryKey: ["jobs"], queryFn: () => body(api.GET("/api/v1/jobs")), refetchInterval: (query) => (query.state.data?.some((job) => GOING.includes(job.state)) ? 500 : false) });
  const mine = (jobs.data ?? []).filter((job) => job.kind === "report");
  const going = mine.filter((job) => GOING.includes(job.state)).length;
  useEffect(() => void client.invalidateQueries({ queryKey: ["reports"] }), [going, client]);
  const make = useMutation({
    mutationFn: () => body(api.POST("/api/v1/reports/generate", { body: incident ? { format, incident } : { format, hours: Number(span) } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["jobs"] }),
  });
  const cancel = useMutation({ mutationFn: (id: string) => body(api.DELETE("/api/v1/jobs/{job_id}", { params: { path: { job_id: id } } })), onSettled: () => void client.invalidateQueries({ queryKey: ["jobs"] }) });
  const remove = useMutation({ mutationFn: (name: string) => body(api.DELETE("/api/v1/reports/{name}", { params: { path: { name } } })), onSettled: () => void client.invalidateQueries({ queryKey: ["reports"] }) });
  return (
    <>
      <Head title={t("page.reports")} />
      <div className="flex max-w-5xl flex-col gap-4 px-4 pb-6 md:px-5">
        {may && (
          <Panel title={t("reports.new")}>
            <form className="flex flex-wrap items-end gap-3" onSubmit={(event) => (event.preventDefault(), make.mutate())}>
              {incident ? (
                <p className="min-h-8 py-1.5">
                  {t("reports.of_incident")}{" "}
                  <Link to="/incidents/$id" params={{ id: incident }} className="text-accent font-mono text-xs underline">
                    {incident}
                  </Link>{" "}
                  <Link to="/reports" search={{}} className="text-soft ml-2 inline-flex min-h-6 items-center text-xs underline">
                    {t("reports.of_time")}
                  </Link>
                </p>
              ) : (
                <Choice label={t("reports.about")} className="w-48" value={span} onChange={(event) => setSpan(event.target.value)}>
                  {SPANS.map((each) => (
                    <option key={each} value={each}>
                      {named("reports", `span.${each}`)}
                    </option>
                  ))}
                </Choice>
              )}
              <Choice label={t("reports.format")} className="w-40" value={format} onChange={(event) => setFormat(event.target.value as Format)}>
                {(["pdf", "html", "csv", "json"] as const).map((each) => (
                  <option key={each} value={each}>
                    {t(`reports.format.${each}`)}
                  </option>
                ))}
              </Choice>
              <Button type="submit" look="main" disabled={make.isPending}>
                {t("reports.make")}
              </Button>
            </form>
            <Refused error={make.error ?? cancel.error ?? remove.error} />
            <ul aria-live="polite" className="mt-2 flex flex-col gap-2 empty:hidden">
              {mine.slice(0, 5).map((job) => (
                <li key={job.id} className="flex flex-wrap items-center gap-3">
                  <span className="min-w-40">{job.about}</span>
                  {GOING.includes(job.state) ? (
                    <>
                      <progress max={100} value={job.percent} aria-label={t("reports.progress")} className="accent-accent h-2 w-40" />
                      <span className="text-soft tabular-nums">{job.percent} %</span>
                      <Button small onClick={() => cancel.mutate(job.id)}>
                        {t("cancel")}
                      </Button>
                    </>
                  ) : job.result && job.state === "done" ? (
                    <a className="text-accent inline-flex min-h-6 items-center underline" href={`/api/v1/reports/download/${encodeURIComponent(job.result)}`} download>
                      {t("reports.download")}
                    </a>
                  ) : (
                    <span className={job.state === "failed" ? "text-critical" : "text-soft"}>
                      {named("job", job.state)} {job.error} {job.fix && `· ${job.fix}`}
                    </span>
                  )}
                </li>
              ))}
            </ul>
          </Panel>
        )}
        <Loaded query={list}>
          {(reports) =>
            reports.length === 0 ? (
              <Empty title={t("reports.none")}>{t("reports.none.about")}</Empty>
            ) : (
              <Table
                label={t("page.reports")}
                rows={reports}
                id={(each) => each.name}
                columns={[
                  { name: t("reports.made"), cell: (each) => <time className="whitespace-nowrap tabular-nums">{stamp(each.at)}</time> },
                  { name: t("reports.name"), cell: (each) => <a className="text-accent inline-flex min-h-6 items-center font-mono text-xs break-all underline" href={`/api/v1/reports/download/${encodeURIComponent(each.name)}`} download>{each.name}</a>, className: "min-w-56" },
                  { name: t("reports.format"), cell: (each) => <Tag>{each.format.toUpperCase()}</Tag> },
                  { name: t("system.size"), cell: (each) => <span className="whitespace-nowrap tabular-nums">{bytes(each.size)}</span> },
                ]}
                tools={(each) =>
                  may && (
                    <Button small onClick={() => remove.mutate(each.name)}>
                      {t("users.remove")}
                    </Button>
                  )
                }
              />
            )
          }
        </Loaded>
      </div>
    </>
  );
}
