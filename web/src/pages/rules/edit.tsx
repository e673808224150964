// A rule is written: checked as it is typed, run on its samples, tried on the past, kept.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useBlocker, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { addRule, changeRule, check, outcomes, rule as question, type WholeRule } from "../../api/rules";
import { useKeys } from "../../app/keys";
import { useMay } from "../../app/session";
import { t } from "../../text";
import { Button, cx, Head, Key, Tag } from "../../ui/basic";
import { Editor } from "../../ui/editor";
import { visible } from "../../ui/evidence";
import { Loaded, Refused } from "../../ui/states";
import { say } from "../../ui/toast";
import { copied, fresh } from "./texts";
import { Past } from "./past";

const PAUSE = 350; // ms without a key until the server is asked

export function RuleEditPage() {
  const { id, from } = getRouteApi("/rules/edit").useSearch();
  const source = id ?? from;
  const query = useQuery({ ...question(source ?? ""), enabled: source !== undefined });
  if (source === undefined) return <Edit id={null} start={fresh()} />;
  return (
    <Loaded query={query} rows={12}>
      {(rule) => (id ? <Edit key={id} id={id} start={rule} /> : <Edit key={from} id={null} start={{ text: copied(rule.text), samples: rule.samples }} />)}
    </Loaded>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Edit({ id, start }: { id: string | null; start: Pick<WholeRule, "text" | "samples"> & { tag?: string } }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const may = useMay("work");
  const [text, setText] = useState(start.text);
  const [samples, setSamples] = useState(start.samples);
  const [kept, setKept] = useState<Pick<WholeRule, "text" | "samples">>(start);
  const [tag, setTag] = useState(start.tag ?? "");
  const [side, setSide] = useState<"rule" | "samples">("rule");
  const settled = useSettled(text);
  const settledSamples = useSettled(samples);
  const checked = useQuery(check(settled, id));
  const ran = useQuery(outcomes(settled, settledSamples, id));
  const changed = text !== kept.text || samples !== kept.samples;
  useBlocker({ shouldBlockFn: () => changed && !confirm(t("rules.leave")), enableBeforeUnload: () => changed });
  const save = useMutation({
    mutationFn: () => (id === null ? addRule(text, samples) : changeRule(id, tag, text, samples)),
    onSuccess: (rule) => {
      setKept(rule);
      setTag(rule.tag);
      for (const key of [["rules"], ["rule"], ["coverage"]]) void client.invalidateQueries({ queryKey: key });
      say(t("rules.saved", { name: visible(rule.name) }));
      if (id === null) void navigate({ to: "/rules/edit", search: { id: rule.id }, replace: true, ignoreBlocker: true });
    },
  });
  const told = text === settled ? (checked.data ?? []) : [];
  const bad = told.filter((each) => each.status === "refused");
  const runs = told.length > 0 && bad.length === 0;
  const remarks = told.flatMap((each) => (each.reason ? [{ line: each.line, text: each.reason, bad: each.status === "refused" }] : []));
  useKeys({ "Ctrl-s": () => may && runs && save.mutate() });
  const failed = bad.length > 0 ? 0 : (ran.data?.filter((each) => !each.passed).length ?? 0);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Head title={id === null ? t("rules.new") : t("rules.edit")} about={visible(told[0]?.name ?? "")}>
        <Button onClick={() => void navigate({ to: "/rules" })}>{t("rules.back")}</Button>
        <Button look="main" disabled={!may || !runs || save.isPending || (id !== null && !changed)} onClick={() => save.mutate()}>
          {t("save")} <span className="max-md:hidden"><Key>Ctrl S</Key></span>
        </Button>
      </Head>
      <div className="px-4 md:px-5">
        <Refused error={save.error} />
      </div>
      <div className="grid min-h-0 flex-1 gap-3 px-4 pb-4 max-lg:grid-rows-[auto_auto] md:px-5 lg:grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)]">
        <section className="flex min-h-96 flex-col gap-2 lg:min-h-0">
          <div role="group" aria-label={t("rules.files")} className="flex gap-1">
            {(["rule", "samples"] as const).map((each) => (
              <button key={each} type="button" aria-pressed={side === each} onClick={() => setSide(each)} className={cx("h-7 rounded px-2.5", side === each ? "bg-raised font-medium" : "text-soft hover:text-ink")}>
                {each === "rule" ? t("rules.text") : t("rules.samples")}
                {each === "samples" && failed > 0 && <span className="text-critical"> · {failed}</span>}
              </button>
            ))}
          </div>
          {side === "rule" ? <Editor key="rule" label={t("rules.text")} value={text} remarks={remarks} onChange={setText} className="flex-1" /> : <Editor key="samples" label={t("rules.samples")} value={samples} onChange={setSamples} className="flex-1" />}
        </section>
        <div className="flex min-h-0 flex-col gap-3 overflow-auto">
          <section className="panel p-3" aria-live="polite">
            <h2 className="panel-title mb-1.5">{t("rules.check")}</h2>
            <Refused error={checked.error} />
            {told.length === 0 && !checked.error && <p className="text-soft">{t("rules.checking")}</p>}
            <ul className="flex flex-col gap-1.5">
              {told.map((each, i) => (
                <li key={i} className="flex items-baseline gap-2">
                  <Tag tone={each.status === "refused" ? "critical" : "good"}>{t(each.status === "refused" ? "rules.status.refused" : "rules.status.runs")}</Tag>
                  <span className="min-w-0 break-words">
                    {each.status === "refused" ? <span className="text-soft">{t("rules.line", { n: each.line })} </span> : <span className="font-medium">{visible(each.name ?? "")} </span>}
                    {each.reason && visible(each.reason)}
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <section className="panel p-3" aria-live="polite">
            <h2 className="panel-title mb-1.5">{t("rules.samples")}</h2>
            <Refused error={ran.error} />
            {!samples.trim() ? (
              <p className="text-soft">{t("rules.samples.none")}</p>
            ) : bad.length > 0 ? (
              <p className="text-soft">{t("rules.samples.later")}</p>
            ) : (
              <ul className="flex flex-col gap-1">
                {ran.data?.map((each) => (
                  <li key={`${each.expected} ${each.number}`} className="flex items-baseline gap-2">
                    <Tag tone={each.passed ? "good" : "critical"}>{t(each.passed ? "rules.passed" : "rules.failed")}</Tag>
                    <span className="min-w-0 break-words">
                      <code className="font-mono text-xs">
                        {each.expected} {each.number || ""}
                      </code>{" "}
                      {visible(each.reason)}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
          <Past text={text} id={id} ready={runs} />
        </div>
      </div>
    </div>
  );
}
