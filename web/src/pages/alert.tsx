// One alert in a drawer: what was said, by which rule, on what evidence, and what people made of it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { alert as question } from "../api/alerts";
import { like } from "../api/silences";
import { useMay } from "../app/session";
import { t, tn } from "../text";
import { span } from "../text/time";
import { Button, Level, Tag } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { Value } from "../ui/entity";
import { Lines, visible } from "../ui/evidence";
import { StateTag } from "../ui/state";
import { Loaded } from "../ui/states";
import { ExceptionDialog } from "./exception";
import { SilenceDialog } from "./silence";
import { History } from "./incident_side";

const WITH_RULES = ["sigma", "correlation"];

export function AlertDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(question(id));
  const may = useMay("work");
  const [excepting, setExcepting] = useState(false);
  const [silencing, setSilencing] = useState("");
  if (excepting) return <ExceptionDialog alerts={[id]} onClose={() => setExcepting(false)} />;
  if (silencing) return <SilenceDialog query={silencing} onClose={() => setSilencing("")} />;
  const title = query.data?.triaged.alert["rule.name"] ?? t("page.alerts");
  return (
    <Dialog title={visible(title)} place="right" onClose={onClose}>
      <Loaded query={query}>
        {({ triaged: { alert, state, incident, assignee, silence }, history }) => (
          <div className="flex flex-col gap-4 p-4">
            <p className="text-base break-words">{visible(alert.message)}</p>
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <Level level={alert["rule.level"]} />
              <StateTag state={state ?? "new"} />
              {(alert["threat.technique.id"] ?? []).map((each) => (
                <Tag key={each}>{each}</Tag>
              ))}
              <span className="text-soft tabular-nums">{span(alert.first_seen, alert.last_seen)} UTC</span>
            </p>
            <p className="flex flex-wrap gap-2">
              {may && (
                <Button small onClick={() => setSilencing(like(alert))}>
                  {t("silence")}
                </Button>
              )}
              {WITH_RULES.includes(alert["rule.source"]) && (
                <>
                  {may && (
                    <Button small onClick={() => setExcepting(true)}>
                      {t("exception.make")}
                    </Button>
                  )}
                  <Link to="/rules" search={{ open: alert["rule.id"] }} className="text-accent inline-flex h-6 items-center underline">
                    {t("rules.text")}
                  </Link>
                </>
              )}
            </p>
            <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-1">
              {(["rule.source", "alert.class", "source.ip", "destination.ip", "user.name", "host.name"] as const).map((field) =>
                alert[field] ? (
                  <div key={field} className="contents">
                    <dt className="text-soft font-mono text-xs leading-5">{field}</dt>
                    <dd className="break-all">
                      <Value field={field} value={String(alert[field])} /> {field === "source.ip" && !alert["source.proven"] && <Tag>{t("incident.forged")}</Tag>}
                    </dd>
                  </div>
                ) : null,
              )}
              <dt className="text-soft">{t("incident.assignee")}</dt>
              <dd>{assignee ?? t("nobody")}</dd>
              {silence && (
                <>
                  <dt className="text-soft">{t("silence.notices")}</dt>
                  <dd>
                    <Link to="/silences" className="text-accent underline">
                      {t("silence.by_number", { n: String(silence) })}
                    </Link>
                  </dd>
                </>
              )}
              {incident && (
                <>
                  <dt className="text-soft">{t("alerts.incident")}</dt>
                  <dd>
                    <Link to="/incidents/$id" params={{ id: incident }} className="text-accent font-mono text-xs underline">
                      {incident}
                    </Link>
                  </dd>
                </>
              )}
            </dl>
            <section>
              <h3 className="panel-title mb-1">
                {tn("incident.evidence", (alert.evidence ?? []).length)} · {tn("incident.events", alert["event.count"] ?? 1)}
              </h3>
              <Lines evidence={alert.evidence ?? []} />
            </section>
            {history.length > 0 && <History changes={history} />}
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}
