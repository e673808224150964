// A rule on the past: what it would have matched in the events that are kept, and what would have become of it.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { shown } from "../../api/events";
import { attempt, type Tried } from "../../api/rules";
import { useKeys } from "../../app/keys";
import { number, t, tn } from "../../text";
import { stamp } from "../../text/time";
import { Button, Choice, Level } from "../../ui/basic";
import { visible } from "../../ui/evidence";
import { Refused } from "../../ui/states";

const DAYS = ["1", "7", "30"];

export function Past({ text, id, ready }: { text: string; id: string | null; ready: boolean }) {
  const [days, setDays] = useState("7");
  const [step, setStep] = useState<{ seen: number; total: number } | null>(null);
  const running = useRef<AbortController | null>(null);
  const stop = () => running.current?.abort();
  useEffect(() => stop, []);
  const past = useMutation({
    mutationFn: () => {
      stop();
      running.current = new AbortController();
      setStep({ seen: 0, total: 0 });
      return attempt(text, id, Number(days), (seen, total) => setStep({ seen, total }), running.current.signal);
    },
    onSettled: () => setStep(null),
  });
  useKeys({ "Ctrl-enter": () => ready && past.mutate() });
  return (
    <section className="panel p-3">
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <h2 className="panel-title flex-1">{t("past.title")}</h2>
        <Choice label={t("past.days")} hideLabel className="w-32" value={days} onChange={(event) => setDays(event.target.value)}>
          {DAYS.map((each) => (
            <option key={each} value={each}>
              {tn("past.last", Number(each))}
            </option>
          ))}
        </Choice>
        {past.isPending ? (
          <Button onClick={stop}>{t("past.stop")}</Button>
        ) : (
          <Button disabled={!ready} onClick={() => past.mutate()}>
            {t("past.try")}
          </Button>
        )}
      </div>
      {step && past.isPending && (
        <div className="flex items-center gap-3">
          <progress className="accent-accent h-2 flex-1" aria-label={t("past.title")} max={Math.max(step.total, 1)} value={step.seen} />
          <span className="text-soft text-xs tabular-nums">{t("past.progress", { seen: step.seen, total: step.total })}</span>
        </div>
      )}
      <div aria-live="polite">
        {past.error && past.error.name !== "AbortError" && <Refused error={past.error} />}
        {past.data && <Told tried={past.data} />}
        {!past.data && !past.isPending && !past.error && <p className="text-soft">{t("past.about")}</p>}
      </div>
    </section>
  );
}

function Told({ tried }: { tried: Tried }) {
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, each) => all + each, 0);
  const matches = sum(tried.matches);
  return (
    <div className="flex flex-col gap-3">
      <dl className="grid grid-cols-2 gap-2 sm:grid-cols-4">
        {(
          [
            ["past.matches", number(matches)],
            ["past.alerts", number(sum(tried.alerts))],
            ["past.incidents", number(tried.incidents_total)],
            ["past.speed", tried.seconds > 0 ? t("past.rate", { n: Math.round(tried.events / tried.seconds) }) : "–"],
          ] as const
        ).map(([key, value]) => (
          <div key={key} className="bg-ground border-line rounded border px-2 py-1">
            <dt className="text-soft text-2xs">{t(key)}</dt>
            <dd className="font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="text-soft text-xs">{t("past.of", { n: tried.events })}</p>
      {tried.incidents.length > 0 && (
        <section>
          <h3 className="panel-title mb-1">{t("past.would")}</h3>
          <ul className="divide-line border-line divide-y rounded border">
            {tried.incidents.slice(0, 8).map((each) => (
              <li key={each["incident.id"]} className="flex items-baseline gap-2 px-2 py-1">
                <Level level={each.level} /> <span className="min-w-0 flex-1 break-words">{visible(each.title)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {tried.examples.length > 0 && (
        <section>
          <h3 className="panel-title mb-1">{t("past.examples")}</h3>
          <ul className="divide-line border-line bg-ground divide-y rounded border">
            {tried.examples.map((each, i) => (
              <li key={i} className="px-2 py-1">
                <p className="text-soft text-2xs tabular-nums">
                  {stamp(shown(each["@timestamp"]))} {["host.name", "user.name", "source.ip"].map((name) => visible(shown(each[name]))).join(" ")}
                </p>
                <p className="evidence">{visible(shown(each["details"]))}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
