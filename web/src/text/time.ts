// Times are shown in UTC, as they stand in the evidence.
import { language, t } from "./index";

/** 2026-01-15 03:12:04 */
export function stamp(iso: string | null | undefined): string {
  return iso ? new Date(iso).toISOString().slice(0, 19).replace("T", " ") : "";
}

/** 03:12:04 */
export function clock(iso: string): string {
  return stamp(iso).slice(11);
}

/** `Mon 30` of 2026-11-30 */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", timeZone: "UTC" }).format(Date.parse(iso));
}

/** `Mon` of 0 */
export function weekday(n: number): string {
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + n)); // began on a Monday
}

/** One or two times: `2026-01-15 03:12 to 03:35`. */
export function span(from: string, until: string): string {
  const [a, b] = [stamp(from), stamp(until)];
  if (a === b) return a;
  return `${a} – ${a.slice(0, 10) === b.slice(0, 10) ? b.slice(11) : b}`;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** `3 hours ago`, `in 5 minutes`. */
export function ago(iso: string | null | undefined, now: number = Date.now()): string {
  if (!iso) return t("time.never");
  const seconds = (Date.parse(iso) - now) / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }).format(Math.round(seconds / size), unit);
}

/** `3 min 20 s` until a time; "" when it is over. */
export function left(iso: string, now: number = Date.now()): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  return seconds <= 0 ? "" : duration(seconds);
}

/** `2 d 3 h`, `5 min`, `40 s`: its two largest parts. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const found: string[] = [];
  let rest = Math.round(seconds);
  for (const [size, unit] of parts) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) found.push(`${n} ${unit}`);
    if (found.length === 2) break;
  }
  return found.join(" ") || "0 s";
}
