// One rule in a drawer: what it says, whether it runs; to be switched off with a reason, changed when it is an own one, or copied.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { test } from "../../api/alerts";
import { api, body } from "../../api/client";
import { rule as question, type WholeRule } from "../../api/rules";
import { useMay } from "../../app/session";
import { t, tn } from "../../text";
import { Button, Field, Level, Tag } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { visible } from "../../ui/evidence";
import { Loaded, Refused } from "../../ui/states";
import { say } from "../../ui/toast";
import { Status } from "./list";

export function RuleDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(question(id));
  const may = useMay("work");
  const [asking, setAsking] = useState<"switch" | "remove" | null>(null);
  const button = "border-edge bg-panel hover:bg-raised inline-flex h-8 items-center rounded border px-3";
  return (
    <Dialog title={visible(query.data?.name ?? t("rules.text"))} place="right" onClose={onClose}>
      <Loaded query={query}>
        {(rule) => (
          <div className="flex flex-col gap-3 p-4">
            <p className="flex flex-wrap items-center gap-3">
              <Level level={rule.level} /> <Status rule={rule} /> {rule.own && <Tag>{t("rules.own")}</Tag>}
              {rule.techniques.map((each) => (
                <Tag key={each}>{each}</Tag>
              ))}
              {rule.alerts > 0 && (
                <Link to="/alerts" search={{ q: test("rule.id", rule.id) }} className="text-accent underline">
                  {tn("alerts.count", rule.alerts)}
                </Link>
              )}
            </p>
            {rule.reason && <p className={rule.status === "refused" ? "text-critical" : "text-high"}>{visible(rule.reason)}</p>}
            {rule.description && <p className="max-w-prose whitespace-pre-line">{visible(rule.description.replace(/(?<!\n)\n(?!\n)/g, " "))}</p>}
            {rule.falsepositives.length > 0 && (
              <section>
                <h3 className="panel-title">{t("rules.false")}</h3>
                <ul className="ml-4 list-disc">
                  {rule.falsepositives.map((each) => (
                    <li key={each}>{visible(each)}</li>
                  ))}
                </ul>
              </section>
            )}
            {may && (
              <div className="flex flex-wrap gap-2">
                {rule.own ? (
                  <Link to="/rules/edit" search={{ id: rule.id }} className={button}>
                    {t("rules.edit")}
                  </Link>
                ) : (
                  rule.text && (
                    <Link to="/rules/edit" search={{ from: rule.id }} className={button}>
                      {t("rules.copy")}
                    </Link>
                  )
                )}
                {rule.status !== "refused" && <Button onClick={() => setAsking("switch")}>{rule.status === "off" ? t("rules.on") : t("rules.off")}</Button>}
                {rule.own && (
                  <Button look="danger" onClick={() => setAsking("remove")}>
                    {t("rules.remove")}
                  </Button>
                )}
              </div>
            )}
            <section>
              <h3 className="panel-title mb-1">{t("rules.text")}</h3>
              <pre className="evidence border-line bg-ground overflow-auto rounded border p-2" tabIndex={0} aria-label={t("rules.text")} role="region">
                {visible(rule.text)}
              </pre>
            </section>
            {rule.samples && (
              <details>
                <summary className="text-soft">{t("rules.samples")}</summary>
                <pre className="evidence border-line bg-ground mt-1 overflow-auto rounded border p-2" tabIndex={0} aria-label={t("rules.samples")} role="region">
                  {visible(rule.samples)}
                </pre>
              </details>
            )}
            <p className="text-soft font-mono text-2xs break-all">
              {visible(rule.id)} · {visible(rule.path)}
            </p>
            {asking === "switch" && <Switch rule={rule} onClose={() => setAsking(null)} />}
            {asking === "remove" && <Remove rule={rule} onClose={() => setAsking(null)} onGone={onClose} />}
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function useChanged(id: string) {
  const client = useQueryClient();
  return (gone = false) => {
    for (const key of [["rules"], ["coverage"], ...(gone ? [] : [["rule", id]])]) void client.invalidateQueries({ queryKey: key });
  };
}

function Switch({ rule, onClose }: { rule: WholeRule; onClose: () => void }) {
  const changed = useChanged(rule.id);
  const [why, setWhy] = useState("");
  const on = rule.status === "off";
  const doit = useMutation({
    mutationFn: () => body(api.PUT("/api/v1/rules/{rule_id}/switch", { params: { path: { rule_id: rule.id } }, body: { on, why } })),
    onSuccess: () => (onClose(), changed(), say(t(on ? "rules.on.done" : "rules.off.done", { name: visible(rule.name) }))),
  });
  return (
    <Dialog title={on ? t("rules.on") : t("rules.off")} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), doit.mutate())}>
        <p>{on ? t("rules.on.about") : t("rules.off.about")}</p>
        <Field label={t("why")} required autoFocus maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
        <Refused error={doit.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="main" disabled={doit.isPending || !why.trim()}>
            {on ? t("rules.on") : t("rules.off")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Remove({ rule, onClose, onGone }: { rule: WholeRule; onClose: () => void; onGone: () => void }) {
  const changed = useChanged(rule.id);
  const doit = useMutation({
    mutationFn: () => api.DELETE("/api/v1/rules/{rule_id}", { params: { path: { rule_id: rule.id } } }),
    onSuccess: () => (onGone(), changed(true), say(t("rules.removed", { name: visible(rule.name) }))),
  });
  return (
    <Dialog title={t("rules.remove")} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), doit.mutate())}>
        <p>{t("rules.remove.sure", { name: visible(rule.name) })}</p>
        <Refused error={doit.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="danger" disabled={doit.isPending}>
            {t("rules.remove")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
