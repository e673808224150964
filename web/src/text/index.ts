// Every string that a person reads comes from a table of its language. English is the one that the others follow.
import { en } from "./en";

export type Key = keyof typeof en;
export type Table = Record<Key, string>;
export type Language = "en" | "de";

const KEPT = "vedette.language";
let table: Table = en;
export let language: Language = "en";
let plural = new Intl.PluralRules("en");

/** Take the language that was chosen before, or the browser's. */
export async function speak(): Promise<void> {
  const chosen = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
  if (chosen === "de") {
    table = (await import("./de")).de;
    language = "de";
  }
  plural = new Intl.PluralRules(language);
  document.documentElement.lang = language;
}

/** Change the language; the page begins anew. */
export function choose(next: Language): void {
  localStorage.setItem(KEPT, next);
  location.reload();
}

/** The text of a key, with {names} filled in. What is filled in is text, too. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return table[key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

type Counted = { [K in Key]: K extends `${infer Base}.one` ? Base : never }[Key];

/** A text about a number of things: KEY.one or KEY.other. */
export function tn(key: Counted, n: number, values: Record<string, string | number> = {}): string {
  return t(`${key}.${plural.select(n) === "one" ? "one" : "other"}` as Key, { ...values, n });
}

/** The text of what the API names, such as a state; its own name where the table has none. */
export function named(kind: string, name: string): string {
  const key = `${kind}.${name}`;
  return key in table ? table[key as Key] : name;
}

export function number(n: number, digits = 0): string {
  return n.toLocaleString(language, { maximumFractionDigits: digits });
}
