// An exception of alerts that were false: which fields must agree, what that would have hidden, why, and until when.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { choices, except, unexcept } from "../api/rules";
import { shown } from "../api/events";
import { number, t, tn, type Key } from "../text";
import { stamp } from "../text/time";
import { Button, Choice, cx, Field, Tag } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { visible } from "../ui/evidence";
import { Failed, Loading, Refused } from "../ui/states";
import { say } from "../ui/toast";

const TELLING = ["source.ip", "user.name", "host.name", "process.name", "process.command_line", "url.path", "CommandLine", "Image"];
const DAYS = ["7", "30", "90", "never"];

export function ExceptionDialog({ alerts, onClose }: { alerts: readonly string[]; onClose: () => void }) {
  const client = useQueryClient();
  const offered = useQuery(choices(alerts[0] ?? ""));
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null);
  const [days, setDays] = useState("30");
  const [why, setWhy] = useState("");
  const [now] = useState(Date.now);
  const all = [...(offered.data ?? [])].sort((a, b) => rank(a.field) - rank(b.field) || a.field.localeCompare(b.field));
  const first = all.find((each) => each.alone && rank(each.field) < TELLING.length)?.field;
  const fields = [...(chosen ?? new Set(first ? [first] : []))].sort();
  const until = days === "never" ? null : new Date(now + Number(days) * 86_400_000).toISOString();
  const wanted = { alerts: [...alerts], fields, until };
  const asked = useDeferredValue(fields.join("\n"));
  const look = useQuery({
    queryKey: ["exception-look", alerts, asked],
    enabled: fields.some((name) => all.find((each) => each.field === name)?.alone),
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: () => except({ ...wanted, until: null, why: "preview", keep: false }),
  });
  const changed = () => {
    for (const key of [["exceptions"], ["rules"]]) void client.invalidateQueries({ queryKey: key });
  };
  const undo = useMutation({ mutationFn: (names: readonly string[]) => Promise.all(names.map(unexcept)), onSuccess: () => (changed(), say(t("exception.removed"))), onError: (error) => say(error.message, { bad: true }) });
  const keep = useMutation({
    mutationFn: () => except({ ...wanted, why, keep: true }),
    onSuccess: (made) => {
      onClose();
      changed();
      say(t("exception.kept"), { undo: () => undo.mutate(made.flatMap((each) => each.name ?? [])) });
    },
  });
  const pick = (name: string) => {
    const next = new Set(fields);
    if (!next.delete(name)) next.add(name);
    setChosen(next);
  };
  return (
    <Dialog title={alerts.length > 1 ? t("exception.title.many", { n: alerts.length }) : t("exception.title")} place="right" onClose={onClose}>
      {offered.error ? (
        <Failed error={offered.error} />
      ) : !offered.data ? (
        <Loading rows={8} />
      ) : (
        <form className="flex flex-col gap-4 p-4" onSubmit={(event) => (event.preventDefault(), keep.mutate())}>
          <fieldset>
            <legend className="label">{t("exception.fields")}</legend>
            <ul className="border-line divide-line max-h-64 divide-y overflow-auto rounded border" tabIndex={0} aria-label={t("exception.fields")}>
              {all.map(({ field, value, alone }) => (
                <li key={field}>
                  <label className={cx("hover:bg-raised/60 grid min-h-7 grid-cols-[auto_minmax(7rem,12rem)_1fr] items-center gap-2 px-2 py-0.5", fields.includes(field) && "bg-raised")}>
                    <input type="checkbox" className="size-4" checked={fields.includes(field)} onChange={() => pick(field)} />
                    <code className="text-soft font-mono text-xs break-all">{visible(field)}</code>
                    <span className="flex min-w-0 items-center gap-2">
                      <code className="min-w-0 truncate font-mono text-xs" title={visible(shown(value))}>
                        {alerts.length > 1 ? t("exception.each") : visible(shown(value))}
                      </code>
                      {!alone && <Tag>{t("exception.broad")}</Tag>}
                    </span>
                  </label>
                </li>
              ))}
            </ul>
          </fieldset>
          <section aria-live="polite" className="border-line bg-ground rounded border p-3">
            <h3 className="panel-title mb-1">{t("exception.look")}</h3>
            {!look.data && !look.error && <p className="text-soft">{look.isFetching ? t("loading") : t("exception.choose")}</p>}
            <Refused error={look.error} />
            {!look.error &&
              look.data?.map((each) => (
                <div key={each.rule_id} className={cx("flex flex-col gap-2", look.isPlaceholderData && "opacity-60")}>
                  <p>
                    <span className="font-medium">{visible(each.rule_name)}</span>: {t("exception.hidden", { hidden: each.hidden, seen: each.seen, since: stamp(each.since).slice(0, 10) })}
                    {each.hidden > 0 && each.hidden === each.seen && <span className="text-high"> {t("exception.everything")}</span>}
                  </p>
                  <p>{t("exception.alerts", { whole: each.alerts_whole, partly: each.alerts_partly })}</p>
                  {each.incidents.length > 0 && (
                    <ul className="flex flex-col gap-0.5">
                      {each.incidents.map((incident) => (
                        <li key={incident.id} className="flex items-center gap-2">
                          <Tag tone={incident.whole ? "high" : "soft"}>{incident.whole ? t("exception.whole") : t("exception.part")}</Tag>
                          <Link to="/incidents/$id" params={{ id: incident.id }} target="_blank" className="text-accent min-w-0 truncate underline">
                            {visible(incident.title)}
                          </Link>
                        </li>
                      ))}
                    </ul>
                  )}
                  {each.samples.length > 0 && (
                    <details>
                      <summary className="text-soft">{tn("exception.samples", each.samples.length)}</summary>
                      <ul className="divide-line border-line mt-1 divide-y rounded border">
                        {each.samples.map((line, i) => (
                          <li key={i} className="evidence px-2 py-0.5">
                            {visible(line)}
                          </li>
                        ))}
                      </ul>
                    </details>
                  )}
                  <details>
                    <summary className="text-soft">{t("exception.text")}</summary>
                    <pre className="evidence mt-1">{visible(each.text)}</pre>
                  </details>
                </div>
              ))}
          </section>
          <div className="grid gap-3 sm:grid-cols-[1fr_10rem]">
            <Field label={t("why")} hint={t("exception.why.hint")} required maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
            <Choice label={t("exception.until")} value={days} onChange={(event) => setDays(event.target.value)}>
              {DAYS.map((each) => (
                <option key={each} value={each}>
                  {t(`exception.until.${each}` as Key, { n: number(Number(each) || 0) })}
                </option>
              ))}
            </Choice>
          </div>
          <Refused error={keep.error} />
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{t("cancel")}</Button>
            <Button type="submit" look="main" disabled={keep.isPending || !why.trim() || !look.data || !!look.error}>
              {t("exception.keep")}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function rank(field: string): number {
  const at = TELLING.indexOf(field);
  return at < 0 ? TELLING.length : at;
}
