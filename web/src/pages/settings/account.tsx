import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { ME, useMe } from "../../app/session";
import { t } from "../../text";
import { ago } from "../../text/time";
import { Button, Field, Panel } from "../../ui/basic";
import { Loaded, Refused } from "../../ui/states";
import { say } from "../../ui/toast";

export function AccountTab() {
  return (
    <div className="grid max-w-4xl items-start gap-4 md:grid-cols-2">
      <Password />
      <Sessions />
    </div>
  );
}

function Password() {
  const me = useMe().data;
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => api.PUT("/api/v1/auth/password", { body: { current, new: next } }),
    onSuccess: () => {
      say(t("account.done"));
      setCurrent("");
      setNext("");
      void client.invalidateQueries({ queryKey: ME });
      void client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  return (
    <Panel title={t("account.password")}>
      <form className="flex flex-col gap-3" onSubmit={(event) => (event.preventDefault(), change.mutate())}>
        {me && !me.password && <p className="text-high">{t("account.password.none")}</p>}
        <input type="text" name="username" autoComplete="username" value={me?.name ?? ""} readOnly hidden />
        {me?.password && <Field label={t("account.current")} type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} />}
        <Field label={t("account.new")} type="password" autoComplete="new-password" required value={next} onChange={(event) => setNext(event.target.value)} />
        <Refused error={change.error} />
        <Button type="submit" look="main" className="self-start" disabled={change.isPending}>
          {t("save")}
        </Button>
      </form>
    </Panel>
  );
}

function Sessions() {
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["sessions"], queryFn: () => body(api.GET("/api/v1/auth/sessions")) });
  const end = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/auth/sessions/{session_id}", { params: { path: { session_id: id } } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["sessions"] }),
  });
  return (
    <Panel title={t("account.sessions")} flush>
      <Loaded query={query} rows={2}>
        {(sessions) => (
          <ul>
            {sessions.map((each) => (
              <li key={each.id} className="border-line flex items-center gap-2 border-b px-3 py-2 last:border-0">
                <div className="min-w-0 flex-1">
                  <p className="truncate">
                    <code className="font-mono text-xs">{each.origin}</code> <span className="text-soft text-xs">{each.agent}</span>
                  </p>
                  <p className="text-soft text-xs">{t("account.this", { since: ago(each.created), used: ago(each.used) })}</p>
                </div>
                <Button small onClick={() => end.mutate(each.id)}>
                  {t("account.end")}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}
