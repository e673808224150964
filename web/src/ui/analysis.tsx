// What an analysis says. Words of logs and of a model are text nodes like all others: nothing of them is a link or markup.
import { useState, type ReactNode } from "react";
import type { Analysis, Finding, Progress } from "../api/analysis";
import { named, number, t, tn } from "../text";
import { span } from "../text/time";
import { Level, Panel, Tag } from "./basic";
import { Lines, visible } from "./evidence";

export function Analyzed({ analysis }: { analysis: Analysis }) {
  return (
    <div className="flex flex-col gap-3">
      <section aria-label={t("analyze.result")} className="panel p-3">
        <p className="flex flex-wrap items-center gap-x-3">
          <span className="text-soft text-xs">{t("analyze.threat")}</span> <Level level={analysis["threat.level"]} />
        </p>
        <h2 className="mt-1 text-base font-semibold break-words">{visible(analysis.headline)}</h2>
        {analysis.summary.map((paragraph) => (
          <p key={paragraph} className="mt-2 max-w-prose break-words">
            {visible(paragraph)}
          </p>
        ))}
        {analysis.notes.map((note) => (
          <p key={note} className="text-high mt-2 max-w-prose text-sm break-words">
            {visible(note)}
          </p>
        ))}
      </section>
      {analysis.next_steps.length > 0 && (
        <Panel title={t("analyze.steps")}>
          <ol className="max-w-prose list-decimal space-y-1 pl-5">
            {analysis.next_steps.map((step) => (
              <li key={step}>{visible(step)}</li>
            ))}
          </ol>
        </Panel>
      )}
      {analysis.opinion && <Opinion opinion={analysis.opinion} ours={analysis["threat.level"]} />}
      {analysis.findings.length > 0 && (
        <Panel title={t("analyze.findings")} flush>
          <ul className="divide-line divide-y">
            {analysis.findings.map((finding) => (
              <Found key={finding["finding.id"]} finding={finding} />
            ))}
          </ul>
        </Panel>
      )}
      <Figures analysis={analysis} />
    </div>
  );
}

/** What an analysis tells while it is made. `begin` forgets what the one before told. */
export function useTold() {
  const [progress, setProgress] = useState<Progress>();
  const [heard, setHeard] = useState<string[]>([]);
  const tell = (next: Progress) => {
    setProgress(next);
    const said = next.heard;
    if (said) setHeard((all) => [...all, said]);
  };
  const begin = () => {
    setProgress(undefined);
    setHeard([]);
  };
  return { progress, heard, tell, begin };
}

/** How far an analysis is, and what a model says while it speaks; a region that is read aloud, also while it is empty. */
export function Underway({ pending, progress, heard }: { pending: boolean; progress: Progress | undefined; heard: readonly string[] }) {
  return (
    <div role="status" aria-live="polite">
      {pending && (
        <p className="text-sm">
          {named("analyze.doing", progress?.what ?? "read")} {progress?.share ? `${number(100 * progress.share)} %` : "…"}
        </p>
      )}
      {pending && heard.length > 0 && (
        <p className="text-soft text-sm">
          {t("analyze.heard")}: {heard.map(visible).join(" ")}
        </p>
      )}
    </div>
  );
}

/** In the order of the log. */
function asRead(a: Finding["evidence"][number], b: Finding["evidence"][number]): number {
  return a["log.file.path"].localeCompare(b["log.file.path"]) || a["log.offset"] - b["log.offset"];
}

function Found({ finding }: { finding: Finding }) {
  return (
    <li className="px-3 py-2">
      <h3 className="flex flex-wrap items-center gap-x-2 font-medium">
        <span className="text-soft text-xs">{finding["finding.id"]}</span> {visible(finding.title)}
      </h3>
      <p className="text-soft mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs">
        <Level level={finding.severity} />
        <span>{named("category", finding.category)}</span>
        {finding["technique.id"].slice(0, 6).map((each) => (
          <Tag key={each}>{each}</Tag>
        ))}
        <span className="tabular-nums">
          {tn("incident.events", finding["event.count"])} · {span(finding.first_seen, finding.last_seen)} UTC
        </span>
      </p>
      <p className="mt-1 max-w-prose text-sm break-words">{visible(finding.description)}</p>
      <ul className="mt-1 max-w-prose list-disc pl-5 text-sm">
        {finding.recommendation.map((step) => (
          <li key={step}>{visible(step)}</li>
        ))}
      </ul>
      {finding.evidence.length > 0 && <Lines evidence={finding.evidence.toSorted(asRead)} className="mt-1.5" />}
    </li>
  );
}

function Opinion({ opinion, ours }: { opinion: NonNullable<Analysis["opinion"]>; ours: string }) {
  const told = (title: string, lines: readonly string[]) =>
    lines.length > 0 && (
      <>
        <dt className="text-soft mt-2 text-xs">{title}</dt>
        {lines.map((line) => (
          <dd key={line} className="max-w-prose text-sm break-words">
            {visible(line)}
          </dd>
        ))}
      </>
    );
  return (
    <Panel title={t("analyze.opinion")}>
      <p className="text-soft text-xs">{t("analyze.opinion.about")}</p>
      {opinion.note && <p className="mt-1 max-w-prose text-sm">{visible(opinion.note)}</p>}
      {opinion.level && (
        <div className="mt-2 grid gap-2 sm:grid-cols-2">
          <p>
            <span className="text-soft text-xs">{t("analyze.rules_say")}</span> <Level level={ours} />
          </p>
          <p>
            <span className="text-soft text-xs">{visible(opinion.model)}</span> <Level level={opinion.level} />
          </p>
        </div>
      )}
      <dl>
        {told(t("analyze.summary"), opinion.summary ? [opinion.summary] : [])}
        {told(t("analyze.differs"), opinion.differs)}
        {told(t("analyze.remarks"), opinion.remarks.map((each) => `${each["finding.id"]}: ${each.text}`))}
        {told(t("analyze.steps"), opinion.next_steps)}
        {told(t("analyze.struck"), opinion.struck)}
      </dl>
      {opinion.status !== "none" && <p className="text-soft mt-2 text-xs">{t("analyze.cost", { in: opinion.tokens_in, out: opinion.tokens_out, usd: number(opinion.cost_usd, 4) })}</p>}
    </Panel>
  );
}

function Figures({ analysis }: { analysis: Analysis }) {
  const { figures, compression } = analysis;
  const rows: [string, ReactNode][] = [
    [t("analyze.records"), number(figures.records)],
    [t("analyze.alerts"), number(figures.alerts)],
    [t("analyze.seconds"), number(figures.seconds, 1)],
  ];
  if (compression) {
    rows.push([t("analyze.tokens"), `${number(compression.tokens_before)} → ${number(compression.tokens_after)}`], [t("analyze.saved"), `${number(compression.percent, 1)} %`]);
    rows.push([t("analyze.indicators"), `${number(compression.indicators_kept)} / ${number(compression.indicators_found)}`]);
    for (const [model, usd] of Object.entries(compression.saved_usd)) rows.push([t("analyze.usd", { model }), `$${number(usd, 4)}`]);
  }
  return (
    <Panel title={t("analyze.figures")}>
      <dl className="grid grid-cols-[repeat(auto-fill,minmax(10rem,1fr))] gap-3">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt className="text-soft text-xs">{name}</dt>
            <dd className="font-semibold tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
