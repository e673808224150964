import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import type { components } from "../../api/schema";
import { useMe } from "../../app/session";
import { named, t } from "../../text";
import { stamp } from "../../text/time";
import { Button, Choice, Field, Tag } from "../../ui/basic";
import { Dialog } from "../../ui/dialog";
import { Secret } from "../../ui/secret";
import { Loaded, Refused } from "../../ui/states";
import { Table } from "../../ui/table";

type User = components["schemas"]["User"];
type Changes = components["schemas"]["Changes"];
const ROLES: User["role"][] = ["viewer", "analyst", "responder", "admin"];

export function UsersTab() {
  const client = useQueryClient();
  const me = useMe().data?.name;
  const query = useQuery({ queryKey: ["users"], queryFn: () => body(api.GET("/api/v1/users")) });
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string | null>(null);
  const again = () => client.invalidateQueries({ queryKey: ["users"] });
  const at = (name: string) => ({ params: { path: { name } } });
  const change = useMutation({ mutationFn: (given: Changes & { name: string }) => api.PATCH("/api/v1/users/{name}", { ...at(given.name), body: { role: given.role ?? null, disabled: given.disabled ?? null } }), onSettled: again });
  const link = useMutation({ mutationFn: async (name: string) => ({ name, ...(await body(api.POST("/api/v1/users/{name}/link", at(name)))) }) });
  const remove = useMutation({ mutationFn: (name: string) => api.DELETE("/api/v1/users/{name}", at(name)), onSuccess: () => (setRemoving(null), again()) });
  return (
    <div className="flex max-w-4xl flex-col gap-3">
      <div className="flex items-center gap-3">
        <Button look="main" onClick={() => setAdding(true)}>
          {t("users.add")}
        </Button>
        <Refused error={change.error ?? link.error} />
      </div>
      <Loaded query={query}>
        {(users) => (
          <Table
            label={t("tab.users")}
            rows={users}
            id={(user) => user.name}
            columns={[
              { name: t("users.name"), cell: (user) => <span className="font-medium">{user.name}</span> },
              {
                name: t("users.role"),
                cell: (user) => (
                  <Choice label={`${t("users.role")}: ${user.name}`} hideLabel className="w-36" value={user.role} disabled={user.name === me} onChange={(event) => change.mutate({ name: user.name, role: event.target.value as User["role"] })}>
                    {ROLES.map((role) => (
                      <option key={role} value={role}>
                        {named("role", role)}
                      </option>
                    ))}
                  </Choice>
                ),
              },
              { name: t("users.state"), cell: (user) => (user.disabled ? <Tag tone="high">{t("users.disabled")}</Tag> : <Tag tone={user.password ? "good" : "soft"}>{user.password ? t("users.active") : t("users.no_password")}</Tag>) },
              { name: t("users.created"), cell: (user) => <time className="text-soft tabular-nums">{stamp(user.created)}</time> },
            ]}
            tools={(user) => (
              <span className="inline-flex gap-1">
                <Button small onClick={() => link.mutate(user.name)}>
                  {t("users.link")}
                </Button>
                {user.name !== me && (
                  <>
                    <Button small onClick={() => change.mutate({ name: user.name, disabled: !user.disabled })}>
                      {user.disabled ? t("users.enable") : t("users.disable")}
                    </Button>
                    <Button small look="danger" onClick={() => setRemoving(user.name)}>
                      {t("users.remove")}
                    </Button>
                  </>
                )}
              </span>
            )}
          />
        )}
      </Loaded>
      {adding && <Add onClose={() => (setAdding(false), void again())} />}
      {link.data && <Secret title={t("users.link")} about={t("users.link.about", { name: link.data.name })} text={`${location.origin}/#link=${link.data.token}`} onClose={link.reset} />}
      {removing && (
        <Dialog title={t("users.remove")} onClose={() => setRemoving(null)}>
          <div className="flex flex-col gap-3 p-4">
            <p>{t("users.remove.sure", { name: removing })}</p>
            <Refused error={remove.error} />
            <div className="flex justify-end gap-2">
              <Button onClick={() => setRemoving(null)}>{t("cancel")}</Button>
              <Button look="danger" onClick={() => remove.mutate(removing)}>
                {t("users.remove")}
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function Add({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<User["role"]>("analyst");
  const add = useMutation({ mutationFn: () => body(api.POST("/api/v1/users", { body: { name, role } })), onSuccess: onClose });
  return (
    <Dialog title={t("users.add")} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), add.mutate())}>
        <Field label={t("users.name")} required autoFocus maxLength={64} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
        <Choice label={t("users.role")} value={role} onChange={(event) => setRole(event.target.value as User["role"])}>
          {ROLES.map((each) => (
            <option key={each} value={each}>
              {named("role", each)}
            </option>
          ))}
        </Choice>
        <Refused error={add.error} />
        <Button type="submit" look="main" className="self-end" disabled={add.isPending}>
          {t("users.add")}
        </Button>
      </form>
    </Dialog>
  );
}
