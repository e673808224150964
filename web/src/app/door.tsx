// Signing in: by a one-time link (#link=TOKEN), which is used up and taken out of the address at once, or by password.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, body } from "../api/client";
import { t } from "../text";
import { Button, Field } from "../ui/basic";
import { Refused } from "../ui/states";
import { Mark } from "./mark";
import { ME } from "./session";

export function takeLink(address: Location, history: History): string | null {
  const token = new URLSearchParams(address.hash.slice(1)).get("link");
  if (token) history.replaceState(null, "", address.pathname + address.search);
  return token;
}

export function SignIn({ link: given }: { link: string | null }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const link = useMutation({ mutationFn: (token: string) => body(api.POST("/api/v1/auth/link", { body: { token } })), onSuccess: (me) => client.setQueryData(ME, me) });
  const typed = useMutation({ mutationFn: () => body(api.POST("/api/v1/auth/password", { body: { name, password } })), onSuccess: (me) => client.setQueryData(ME, me) });
  const ways = useQuery({ queryKey: ["ways"], staleTime: Infinity, queryFn: () => body(api.GET("/api/v1/auth/ways")) });
  const taken = useRef(false);
  useEffect(() => {
    if (taken.current) return;
    taken.current = true;
    if (given) link.mutate(given);
  });
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-80">
        <h1 className="mb-5 flex items-center gap-2 text-lg">
          <Mark size={26} /> Vedette
        </h1>
        {link.isPending ? (
          <p role="status">{t("door.by_link")}</p>
        ) : (
          <form
            className="flex flex-col gap-3"
            onSubmit={(event) => {
              event.preventDefault();
              typed.mutate();
            }}
          >
            <Field label={t("door.name")} name="username" autoComplete="username" required autoFocus value={name} onChange={(event) => setName(event.target.value)} />
            <Field label={t("door.password")} name="password" type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
            <Refused error={typed.error ?? link.error} />
            <Button type="submit" look="main" disabled={typed.isPending}>
              {t("door.enter")}
            </Button>
            {ways.data?.single_sign_on && (
              <a href="/api/v1/auth/sso" className="border-edge bg-panel hover:bg-raised inline-flex h-8 items-center justify-center rounded border px-3">
                {t("door.sso")}
              </a>
            )}
            <p className="text-soft mt-2 text-xs">
              {t("door.link")} <code className="text-ink font-mono">vedette open</code>
            </p>
          </form>
        )}
      </div>
    </main>
  );
}
