// A silence: which alerts nobody is notified of, with a look at what that would have been, from when, until when, and why.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { end, look as question, silence } from "../api/silences";
import { t, tn, type Key } from "../text";
import { stamp } from "../text/time";
import { Button, Choice, cx, Field, Level } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { visible } from "../ui/evidence";
import { Refused } from "../ui/states";
import { say } from "../ui/toast";

const SPANS = ["3600", "14400", "86400", "604800", "window"];
const PAUSE = 250; // ms without a key until the server is asked

export function SilenceDialog({ query: given = "", onClose }: { query?: string; onClose: () => void }) {
  const client = useQueryClient();
  const [query, setQuery] = useState(given);
  const [asked, setAsked] = useState(given.trim());
  const [span, setSpan] = useState("14400");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [why, setWhy] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(query.trim()), PAUSE);
    return () => clearTimeout(timer);
  }, [query]);
  const look = useQuery({ ...question(asked), placeholderData: keepPreviousData });
  const changed = () => void client.invalidateQueries({ queryKey: ["silences"] });
  const undo = useMutation({ mutationFn: end, onSuccess: () => (changed(), say(t("silence.ended"))), onError: (error) => say(error.message, { bad: true }) });
  const make = useMutation({
    mutationFn: () =>
      silence({
        query: query.trim(),
        why,
        // Times are in UTC here, as everywhere.
        ...(span === "window" ? { since: since ? `${since}:00Z` : null, until: `${until}:00Z` } : { until: new Date(Date.now() + Number(span) * 1000).toISOString() }),
      }),
    onSuccess: (made) => {
      onClose();
      changed();
      say(t("silence.made", { until: stamp(made.until).slice(0, 16) }), { undo: () => undo.mutate(made.id) });
    },
  });
  return (
    <Dialog title={t("silence.title")} place="right" onClose={onClose}>
      <form className="flex flex-col gap-4 p-4" onSubmit={(event) => (event.preventDefault(), make.mutate())}>
        <p className="text-soft">{t("silence.about")}</p>
        <Field label={t("silence.query")} required autoFocus={!given} maxLength={4000} spellCheck={false} autoCapitalize="off" placeholder={t("alerts.filter")} value={query} onChange={(event) => setQuery(event.target.value)} />
        <section aria-live="polite" className="border-line bg-ground rounded border p-3">
          <h3 className="panel-title mb-1">{t("silence.look")}</h3>
          <Refused error={look.error} />
          {!look.data && !look.error && <p className="text-soft">{look.isFetching ? t("loading") : t("silence.choose")}</p>}
          {!look.error && look.data && (
            <div className={cx("flex flex-col gap-2", look.isPlaceholderData && "opacity-60")}>
              <p>{tn("silence.found", look.data.total, { since: stamp(look.data.since).slice(0, 10) })}</p>
              {look.data.incidents.length > 0 && (
                <ul className="flex flex-col gap-0.5">
                  {look.data.incidents.map((incident) => (
                    <li key={incident.id} className="truncate">
                      {t("silence.incident")}:{" "}
                      <Link to="/incidents/$id" params={{ id: incident.id }} target="_blank" className="text-accent underline">
                        {visible(incident.title)}
                      </Link>
                    </li>
                  ))}
                </ul>
              )}
              {look.data.shown.length > 0 && (
                <details>
                  <summary className="text-soft">{t("silence.newest")}</summary>
                  <ul className="divide-line border-line mt-1 divide-y rounded border">
                    {look.data.shown.map(({ alert }) => (
                      <li key={alert["alert.id"]} className="flex items-baseline gap-2 px-2 py-0.5">
                        <time className="text-soft text-xs whitespace-nowrap tabular-nums">{stamp(alert.last_seen)}</time>
                        <Level level={alert["rule.level"]} />
                        <span className="min-w-0 flex-1 truncate" title={visible(alert.message)}>
                          {visible(alert.message)}
                        </span>
                      </li>
                    ))}
                  </ul>
                </details>
              )}
            </div>
          )}
        </section>
        <div className="grid gap-3 sm:grid-cols-[1fr_10rem]">
          <Field label={t("why")} hint={t("silence.why.hint")} required autoFocus={!!given} maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
          <Choice label={t("block.for")} value={span} onChange={(event) => setSpan(event.target.value)}>
            {SPANS.map((each) => (
              <option key={each} value={each}>
                {t((each === "window" ? "silence.window" : `block.for.${each}`) as Key)}
              </option>
            ))}
          </Choice>
        </div>
        {span === "window" && (
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label={t("silence.since")} hint={t("silence.since.hint")} type="datetime-local" value={since} onChange={(event) => setSince(event.target.value)} />
            <Field label={t("silence.until")} hint={t("time.utc")} type="datetime-local" required value={until} onChange={(event) => setUntil(event.target.value)} />
          </div>
        )}
        <Refused error={make.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="main" disabled={make.isPending || !why.trim() || !query.trim() || !!look.error}>
            {t("silence")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
