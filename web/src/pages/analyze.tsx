// Paste or upload a log, watch it being read, and see what it comes to. Nothing of it is kept.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { analyze, limits, type Options } from "../api/analysis";
import { useMay } from "../app/session";
import { named, number, t } from "../text";
import { Analyzed, Underway, useTold } from "../ui/analysis";
import { Button, Choice, Head } from "../ui/basic";
import { Refused } from "../ui/states";

export function AnalyzePage() {
  const may = useMay("work");
  const limit = useQuery(limits).data;
  const [pasted, setPasted] = useState("");
  const [file, setFile] = useState<File>();
  const [options, setOptions] = useState<Options>({ sensitivity: "medium", compression: true, model: false });
  const told = useTold();
  const textId = useId();
  const fileId = useId();
  const chosen = useRef<HTMLInputElement>(null);
  const log = file ?? new Blob([pasted]);
  const most = limit?.max_log_size ?? Infinity;
  const made = useMutation({ mutationFn: () => analyze(log, file?.name ?? t("analyze.pasted"), options, told.tell), onMutate: told.begin });
  const tooLarge = log.size > most;
  return (
    <>
      <Head title={t("page.analyze")} about={t("analyze.about")} />
      <div className="flex flex-col gap-3 px-4 pb-6 md:px-5">
        <form
          className="panel flex flex-col gap-3 p-3"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            const dropped = event.dataTransfer.files;
            if (!dropped[0] || !chosen.current) return;
            chosen.current.files = dropped;
            setFile(dropped[0]);
          }}
          onSubmit={(event) => {
            event.preventDefault();
            made.mutate();
          }}
        >
          <div>
            <label className="label" htmlFor={textId}>
              {t("analyze.paste")}
            </label>
            <textarea id={textId} className="field evidence h-40 w-full p-2" spellCheck={false} value={pasted} disabled={file !== undefined} onChange={(event) => setPasted(event.target.value)} />
          </div>
          <div className="flex flex-wrap items-end gap-3">
            <div className="min-w-0">
              <label className="label" htmlFor={fileId}>
                {t("analyze.file")} {limit && t("analyze.most", { mb: number(most / (1 << 20)) })}
              </label>
              <input ref={chosen} id={fileId} type="file" className="file:border-edge file:bg-panel file:hover:bg-raised file:text-ink text-soft max-w-full text-sm file:mr-2 file:h-8 file:cursor-pointer file:rounded file:border file:border-solid file:px-3" accept={limit?.endings.join(",")} onChange={(event) => setFile(event.target.files?.[0])} />
            </div>
            <Choice label={t("analyze.sensitivity")} value={options.sensitivity} onChange={(event) => setOptions({ ...options, sensitivity: event.target.value as Options["sensitivity"] })}>
              {(["low", "medium", "high"] as const).map((each) => (
                <option key={each} value={each}>
                  {named("sensitivity", each)}
                </option>
              ))}
            </Choice>
            <Choice label={t("analyze.compression")} value={String(options.compression)} onChange={(event) => setOptions({ ...options, compression: event.target.value === "true" })}>
              <option value="true">{t("analyze.compression.on")}</option>
              <option value="false">{t("analyze.compression.off")}</option>
            </Choice>
            <Choice label={t("analyze.model")} value={String(options.model)} onChange={(event) => setOptions({ ...options, model: event.target.value === "true" })}>
              <option value="false">{t("analyze.model.none")}</option>
              {limit?.model && <option value="true">{limit.model}</option>}
            </Choice>
            <Button type="submit" look="main" disabled={!may || made.isPending || log.size === 0 || tooLarge}>
              {t("analyze.go")}
            </Button>
          </div>
          {tooLarge && <p className="text-critical text-sm">{t("analyze.too_large", { mb: number(most / (1 << 20)) })}</p>}
          {!may && <p className="text-soft text-sm">{t("analyze.may_not")}</p>}
          <Underway pending={made.isPending} progress={told.progress} heard={told.heard} />
          <Refused error={made.error} />
        </form>
        {made.data && <Analyzed analysis={made.data} />}
      </div>
    </>
  );
}
