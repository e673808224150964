// The small parts that everything is made of.
import type { ButtonHTMLAttributes, InputHTMLAttributes, ReactNode, SelectHTMLAttributes } from "react";
import { useId } from "react";
import { named } from "../text";

export function cx(...parts: (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(" ");
}

type Look = "plain" | "main" | "danger" | "quiet";
const LOOKS: Record<Look, string> = {
  plain: "border-edge bg-panel hover:bg-raised",
  main: "border-accent bg-accent text-onaccent font-medium hover:brightness-110",
  danger: "border-critical text-critical bg-panel hover:bg-raised font-medium",
  quiet: "border-transparent text-soft hover:bg-raised hover:text-ink",
};

export function Button({ look = "plain", small, className, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; small?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      className={cx("inline-flex items-center justify-center gap-1.5 rounded border whitespace-nowrap disabled:opacity-60", small ? "h-6 px-2 text-xs" : "h-8 px-3 text-sm", LOOKS[look], className)}
    />
  );
}

/** A button that is only a picture has a name all the same. */
export function IconButton({ name, className, ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { name: string }) {
  return <button type="button" aria-label={name} title={name} {...rest} className={cx("text-soft hover:bg-raised hover:text-ink inline-grid size-8 place-items-center rounded", className)} />;
}

export function Field({ label, hint, className, ...rest }: InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div className={className}>
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <input id={id} className="field" aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      {hint && (
        <p id={`${id}-hint`} className="text-soft mt-1 text-xs">
          {hint}
        </p>
      )}
    </div>
  );
}

export function Choice({ label, hideLabel, className, children, ...rest }: SelectHTMLAttributes<HTMLSelectElement> & { label: string; hideLabel?: boolean }) {
  const id = useId();
  return (
    <div className={className}>
      <label className={hideLabel ? "sr-only" : "label"} htmlFor={id}>
        {label}
      </label>
      <select id={id} className="field pr-1" {...rest}>
        {children}
      </select>
    </div>
  );
}

export type LevelName = "informational" | "low" | "medium" | "high" | "critical";
export const LEVEL_TEXT: Record<string, string> = {
  critical: "text-critical",
  high: "text-high",
  medium: "text-medium",
  low: "text-low",
  informational: "text-informational",
};
export const LEVEL_FILL: Record<string, string> = {
  critical: "bg-critical",
  high: "bg-high",
  medium: "bg-medium",
  low: "bg-low",
  informational: "bg-informational",
};

/** How bad: by colour and by word. */
export function Level({ level, className }: { level: string; className?: string }) {
  return (
    <span className={cx("inline-flex items-center gap-1.5 text-xs font-semibold whitespace-nowrap", LEVEL_TEXT[level], className)}>
      <span aria-hidden className={cx("h-3 w-1 rounded-full", LEVEL_FILL[level])} />
      {named("level", level)}
    </span>
  );
}

export function Tag({ children, tone = "soft" }: { children: ReactNode; tone?: "soft" | "good" | "high" | "accent" | "critical" }) {
  const tones = { soft: "text-soft border-line", good: "text-good border-good/50", high: "text-high border-high/50", accent: "text-accent border-accent/50", critical: "text-critical border-critical/50" };
  return <span className={cx("inline-flex h-5 items-center rounded border px-1.5 text-2xs font-medium whitespace-nowrap", tones[tone])}>{children}</span>;
}

export function Key({ children }: { children: ReactNode }) {
  return <kbd className="border-edge bg-raised text-ink inline-grid h-5 min-w-5 place-items-center rounded border px-1 font-mono text-2xs">{children}</kbd>;
}

export function Panel({ title, tools, children, className, flush }: { title?: ReactNode; tools?: ReactNode; children: ReactNode; className?: string; flush?: boolean }) {
  return (
    <section className={cx("panel min-w-0", className)}>
      {title && (
        <header className="border-line flex min-h-9 items-center gap-2 border-b px-3 py-1">
          <h2 className="panel-title">{title}</h2>
          {tools && <div className="ml-auto flex items-center gap-1">{tools}</div>}
        </header>
      )}
      <div className={flush ? "" : "p-3"}>{children}</div>
    </section>
  );
}

/** The head of a page, the same everywhere. `children`: tools at its right. */
export function Head({ title, about, children }: { title: ReactNode; about?: ReactNode; children?: ReactNode }) {
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-3 pb-2 md:px-5">
      <h1 className="text-lg">{title}</h1>
      {about && <div className="text-soft text-sm">{about}</div>}
      {children && <div className="ml-auto flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  );
}
