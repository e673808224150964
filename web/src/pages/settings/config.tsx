import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, body, Problem } from "../../api/client";
import { t } from "../../text";
import { Button, Field, Panel } from "../../ui/basic";
import { Empty, Loaded, Refused } from "../../ui/states";
import { say } from "../../ui/toast";

/** Every setting by its path: `api.listen` and its value as JSON. */
export function flat(value: unknown, path = ""): [string, string][] {
  if (value && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, below]) => flat(below, path ? `${path}.${name}` : name));
  return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
}

async function read() {
  const { data, response } = await api.GET("/api/v1/config");
  return { ...data!, tag: response.headers.get("etag") ?? "" };
}

export function ConfigTab() {
  const query = useQuery({ queryKey: ["config"], queryFn: read, refetchOnWindowFocus: false });
  const [filter, setFilter] = useState("");
  return (
    <Loaded query={query}>
      {(config) => {
        const rows = flat(config.settings).filter(([path, value]) => `${path} ${value}`.toLowerCase().includes(filter.toLowerCase()));
        return (
          <div className="grid items-start gap-4 xl:grid-cols-2">
            <Panel title={t("config.force")} flush>
              <div className="border-line border-b p-2">
                <Field label={t("config.filter")} type="search" value={filter} onChange={(event) => setFilter(event.target.value)} />
              </div>
              <dl className="max-h-[65vh] overflow-auto" tabIndex={0}>
                {rows.map(([path, value]) => (
                  <div key={path} className="border-line flex flex-wrap gap-x-3 border-b px-3 py-1 last:border-0">
                    <dt className="font-mono text-xs">{path}</dt>
                    <dd className="ml-auto text-right font-mono text-xs break-all">
                      {value} <span className="text-soft">{config.origins[path] ?? t("config.default")}</span>
                    </dd>
                  </div>
                ))}
              </dl>
            </Panel>
            {config.file ? <Editor key={config.text} file={config.file} text={config.text} tag={config.tag} onSaved={() => void query.refetch()} /> : <Panel title={t("config.text")}><Empty title={t("config.no_file")} /></Panel>}
          </div>
        );
      }}
    </Loaded>
  );
}

/** The file, changed here: what a change would do is shown while typing, and a broken one is not taken. */
function Editor({ file, text, tag, onSaved }: { file: string; text: string; tag: string; onSaved: () => void }) {
  const [now, setNow] = useState(text);
  const later = useDebounced(now, 400);
  const changed = now !== text;
  const check = useQuery({ queryKey: ["config", "check", later], enabled: changed && later === now, retry: false, queryFn: () => body(api.POST("/api/v1/config/check", { body: { text: later } })) });
  const save = useMutation({
    // The tag of the file that this text was made from: somebody else's change meanwhile is not written over.
    mutationFn: () => body(api.PUT("/api/v1/config", { body: { text: now }, headers: { "If-Match": tag } })),
    onSuccess: () => (say(t("config.saved")), onSaved()),
  });
  const faults = check.error instanceof Problem ? check.error.errors.map(String) : [];
  return (
    <Panel title={<>{t("config.text")} <code className="font-mono font-normal">{file}</code></>}>
      <form className="flex flex-col gap-3" onSubmit={(event) => (event.preventDefault(), save.mutate())}>
        <p className="text-soft">{t("config.about")}</p>
        <textarea aria-label={t("config.text")} aria-describedby="config-check" spellCheck={false} className="field evidence !h-[45vh] p-2" value={now} onChange={(event) => setNow(event.target.value)} />
        <div id="config-check" aria-live="polite">
          {changed && check.error && (
            <div role="alert" className="text-critical">
              {faults.length > 0 ? (
                <ul className="list-disc pl-4">{faults.map((fault) => <li key={fault} className="break-words">{fault}</li>)}</ul>
              ) : (
                <Refused error={check.error} />
              )}
            </div>
          )}
          {changed && check.data && (
            <>
              <h3 className="panel-title mb-1">{t("config.would")}</h3>
              {Object.keys(check.data.changed).length === 0 && <p className="text-soft">{t("config.same")}</p>}
              <ul className="mb-2">
                {Object.entries(check.data.changed).map(([name, each]) => (
                  <li key={name} className="font-mono text-xs break-all">
                    {name}: <del className="text-soft">{JSON.stringify(each.before)}</del> → <ins className="no-underline">{JSON.stringify(each.after)}</ins>
                  </li>
                ))}
              </ul>
              <pre className="evidence bg-ground border-line max-h-48 overflow-auto rounded border p-2" tabIndex={0} aria-label={t("config.diff")}>
                {check.data.diff.split("\n").map((line, i) => (
                  <span key={i} className={line.startsWith("+") ? "text-good" : line.startsWith("-") ? "text-critical" : "text-soft"}>{line}{"\n"}</span>
                ))}
              </pre>
            </>
          )}
        </div>
        <Refused error={save.error} />
        <div className="flex justify-end gap-2">
          <Button disabled={!changed} onClick={() => setNow(text)}>{t("cancel")}</Button>
          <Button type="submit" look="main" disabled={!changed || !check.data || save.isPending}>{t("save")}</Button>
        </div>
      </form>
    </Panel>
  );
}

function useDebounced<T>(value: T, wait: number): T {
  const [kept, setKept] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setKept(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return kept;
}
