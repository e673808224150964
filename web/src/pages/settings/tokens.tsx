import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import type { components } from "../../api/schema";
import { useMay, useMe, type Scope } from "../../app/session";
import { named, t } from "../../text";
import { ago, stamp } from "../../text/time";
import { Button, Field, Tag } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { Secret } from "../../ui/secret";
import { Empty, Loaded, Refused } from "../../ui/states";
import { Table } from "../../ui/table";

type Token = components["schemas"]["Token"];

export function TokensTab() {
  const client = useQueryClient();
  const admin = useMay("admin");
  const [all, setAll] = useState(false);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState("");
  const query = useQuery({ queryKey: ["tokens", all], queryFn: () => body(api.GET("/api/v1/tokens", { params: { query: { everybodys: all } } })) });
  const again = () => client.invalidateQueries({ queryKey: ["tokens"] });
  const revoke = useMutation({ mutationFn: (id: string) => api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: id } } }), onSettled: again });
  const state = (token: Token) => (token.revoked ? t("tokens.revoked") : token.expires && Date.parse(token.expires) < Date.now() ? t("tokens.over") : null);
  return (
    <div className="flex max-w-5xl flex-col gap-3">
      <div className="flex items-center gap-3">
        <Button look="main" onClick={() => setAdding(true)}>
          {t("tokens.add")}
        </Button>
        {admin && (
          <label className="flex items-center gap-1.5">
            <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} /> {t("tokens.everybody")}
          </label>
        )}
        <Refused error={revoke.error} />
      </div>
      <Loaded query={query}>
        {(tokens) =>
          tokens.length === 0 ? (
            <div className="panel">
              <Empty title={t("tokens.none")}>{t("tokens.none.about")}</Empty>
            </div>
          ) : (
            <Table
              label={t("tab.tokens")}
              rows={tokens}
              id={(token) => token.id}
              columns={[
                { name: t("tokens.name"), cell: (token) => <>{token.name} <code className="text-soft font-mono text-xs">{token.hint}…</code></> },
                { name: t("tokens.owner"), cell: (token) => token.user },
                { name: t("tokens.scopes"), cell: (token) => token.scopes.map((each) => named("scope", each)).join(", ") },
                { name: t("tokens.used"), cell: (token) => ago(token.used) },
                { name: t("tokens.expires"), cell: (token) => (state(token) ? <Tag>{state(token)}</Tag> : <span className="tabular-nums">{token.expires ? stamp(token.expires) : t("time.never")}</span>) },
              ]}
              tools={(token) =>
                !state(token) && (
                  <Button small look="danger" onClick={() => revoke.mutate(token.id)}>
                    {t("tokens.revoke")}
                  </Button>
                )
              }
            />
          )
        }
      </Loaded>
      {adding && <Add onClose={() => setAdding(false)} onMade={(secret) => (setAdding(false), setMade(secret), void again())} />}
      {made && <Secret title={t("tokens.add")} about={t("tokens.secret")} text={made} onClose={() => setMade("")} />}
    </div>
  );
}

function Add({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const mine = useMe().data?.scopes ?? [];
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [scopes, setScopes] = useState<Scope[]>(["read"]);
  const add = useMutation({ mutationFn: () => body(api.POST("/api/v1/tokens", { body: { name, scopes, days: Number(days) || null } })), onSuccess: (answer) => onMade(answer.secret) });
  return (
    <Dialog title={t("tokens.add")} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), add.mutate())}>
        <Field label={t("tokens.name")} required autoFocus maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        <fieldset className="flex flex-wrap gap-4">
          <legend className="label">{t("tokens.scopes")}</legend>
          {mine.map((scope) => (
            <label key={scope} className="flex items-center gap-1.5">
              <input type="checkbox" checked={scopes.includes(scope)} onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))} />
              {named("scope", scope)}
            </label>
          ))}
        </fieldset>
        <Field label={t("tokens.days")} type="number" min={1} max={3660} value={days} onChange={(event) => setDays(event.target.value)} />
        <Refused error={add.error} />
        <Button type="submit" look="main" className="self-end" disabled={add.isPending || scopes.length === 0}>
          {t("tokens.add")}
        </Button>
      </form>
    </Dialog>
  );
}
