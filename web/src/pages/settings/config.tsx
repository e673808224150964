import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { t } from "../../text";
import { Field, Panel } from "../../ui/basic";
import { Empty, Loaded } from "../../ui/states";

/** Every setting by its path: `api.listen` and its value as JSON. */
export function flat(value: unknown, path = ""): [string, string][] {
  if (value && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([name, below]) => flat(below, path ? `${path}.${name}` : name));
  return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
}

export function ConfigTab() {
  const query = useQuery({ queryKey: ["config"], queryFn: () => body(api.GET("/api/v1/config")) });
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
            <Panel title={config.file ? <>{t("config.text")} <code className="font-mono font-normal">{config.file}</code></> : t("config.text")}>
              {config.file ? (
                <>
                  <p className="text-soft mb-2">{t("config.read_only")}</p>
                  <pre className="evidence bg-ground border-line max-h-[60vh] overflow-auto rounded border p-2" tabIndex={0}>
                    {config.text}
                  </pre>
                </>
              ) : (
                <Empty title={t("config.no_file")} />
              )}
            </Panel>
          </div>
        );
      }}
    </Loaded>
  );
}
