// Loading, nothing there, not allowed, and broken are told apart, the same way on every page.
import type { UseQueryResult } from "@tanstack/react-query";
import { CircleSlash, Inbox, PlugZap, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Problem } from "../api/client";
import { t } from "../text";
import { Button } from "./basic";

function Notice({ icon, title, children, alert }: { icon: ReactNode; title: string; children?: ReactNode; alert?: boolean }) {
  return (
    <div role={alert ? "alert" : undefined} className="text-soft flex flex-col items-center gap-1.5 px-6 py-10 text-center">
      <span aria-hidden>{icon}</span>
      <p className="text-ink font-medium">{title}</p>
      {children}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Notice icon={<Inbox size={20} />} title={title}>
      {children && <div className="max-w-prose">{children}</div>}
    </Notice>
  );
}

export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" className="flex flex-col gap-2 p-3">
      <span className="sr-only">{t("loading")}</span>
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} aria-hidden className="bg-raised h-5 animate-pulse rounded" style={{ width: `${92 - ((i * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const told = error instanceof Problem ? error : new Problem(500, error instanceof Error ? error.message : String(error));
  if (told.status === 403)
    return (
      <Notice icon={<CircleSlash size={20} />} title={t("state.forbidden")}>
        <p>{told.message}</p>
        <p>{told.fix}</p>
      </Notice>
    );
  const silent = told.status === 0;
  return (
    <Notice alert icon={silent ? <PlugZap size={20} /> : <TriangleAlert size={20} />} title={silent ? t("state.unreachable") : told.status === 404 ? t("state.missing") : t("state.failed")}>
      <p className="max-w-prose break-words">{silent ? t("state.unreachable.fix") : told.message}</p>
      {told.fix && <p className="max-w-prose break-words">{told.fix}</p>}
      {again && (
        <Button small className="mt-2" onClick={again}>
          {t("again")}
        </Button>
      )}
    </Notice>
  );
}

/** What a query gave, or why there is nothing yet. */
export function Loaded<T>({ query, rows, children }: { query: UseQueryResult<T>; rows?: number; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failed error={query.error} again={() => void query.refetch()} />;
  return <Loading {...(rows === undefined ? {} : { rows })} />;
}

/** A refusal beside the button that was pressed. */
export function Refused({ error }: { error: unknown }) {
  if (!error) return null;
  const told = error instanceof Problem ? error : new Problem(500, String(error));
  return (
    <p role="alert" className="text-critical text-sm break-words">
      {told.status === 0 ? t("state.unreachable") : told.message}
      {told.fix && <span className="text-soft"> · {told.fix}</span>}
    </p>
  );
}
