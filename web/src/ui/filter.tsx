// The one box that narrows a list: `/` leads to it, and what it says is in the address. Of the query language it offers what
// may come next: arrows choose, Tab or Enter takes, Escape leaves.
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { api, body } from "../api/client";
import type { components } from "../api/schema";
import { useKeys } from "../app/keys";
import { t } from "../text";
import { cx } from "./basic";
import { visible } from "./evidence";

type About = components["schemas"]["Kept"]["about"];
const PAUSE = 120; // ms without a key until the server is asked

export function Filter({ value, placeholder, about, onChange }: { value: string; placeholder: string; about?: About; onChange: (q: string) => void }) {
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState<number | null>(null); // null: nothing is offered
  const [chosen, setChosen] = useState(-1);
  const [asked, setAsked] = useState<[string, number] | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const leap = useRef<number | null>(null); // where to go on typing; before the next key is heard, or it would land elsewhere
  const id = useId();
  useLayoutEffect(() => {
    if (leap.current === null) return;
    box.current?.focus();
    box.current?.setSelectionRange(leap.current, leap.current);
    leap.current = null;
  });
  useEffect(() => setText(value), [value]);
  useKeys({ "/": () => box.current?.focus() });
  useEffect(() => {
    if (!about || caret === null) return setAsked(null);
    const timer = setTimeout(() => setAsked([text, caret]), PAUSE);
    return () => clearTimeout(timer);
  }, [about, text, caret]);
  const offered = useQuery({
    queryKey: ["complete", about, ...(asked ?? [])],
    enabled: asked !== null,
    staleTime: 30_000,
    retry: false,
    queryFn: () => body(api.GET("/api/v1/search/complete", { params: { query: { q: asked?.[0] ?? "", cursor: asked?.[1] ?? 0, about: about ?? "events" } } })),
  });
  const found = caret !== null && asked?.[0] === text && asked[1] === caret && offered.data ? offered.data : null;
  const choices = found?.choices.slice(0, 12) ?? [];
  const at = Math.min(chosen, choices.length - 1);
  const take = (i: number) => {
    const choice = choices[i];
    if (!found || !choice) return;
    // A choice counts characters, as the server does; a string of the browser counts units of sixteen bits.
    const letters = [...text];
    const before = [...letters.slice(0, found.start), choice.text].join("");
    const next = before + (choice.text.endsWith(":") ? "" : " ") + letters.slice(found.end).join("").trimStart();
    const place = before.length + (choice.text.endsWith(":") ? 0 : 1);
    setText(next);
    setChosen(-1);
    setCaret([...next.slice(0, place)].length);
    leap.current = place;
  };
  const close = () => (setCaret(null), setChosen(-1));
  return (
    <form role="search" className="relative min-w-0 flex-1 basis-60" onSubmit={(event) => (event.preventDefault(), close(), onChange(text.trim()))}>
      <Search size={14} aria-hidden className="text-soft absolute top-2 left-2.5" />
      <input
        ref={box}
        type="search"
        aria-label={t("filter")}
        placeholder={placeholder}
        className="field !pl-8 font-mono !text-xs"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        value={text}
        {...(about ? { role: "combobox", "aria-autocomplete": "list" as const, "aria-expanded": choices.length > 0, "aria-controls": id, "aria-activedescendant": at >= 0 ? `${id}-${at}` : undefined } : {})}
        onChange={(event) => {
          const now = event.target.value;
          setText(now);
          setChosen(-1);
          setCaret([...now.slice(0, event.target.selectionStart ?? now.length)].length);
          if (now === "") onChange("");
        }}
        onBlur={close}
        onKeyDown={(event) => {
          if (event.key === "Escape") return choices.length > 0 ? (event.preventDefault(), close()) : box.current?.blur();
          if (event.key === "ArrowDown" && choices.length === 0) return setCaret([...text.slice(0, box.current?.selectionStart ?? text.length)].length);
          if (choices.length === 0) return;
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) event.preventDefault(), setChosen((at + step + choices.length) % choices.length);
          if ((event.key === "Enter" && at >= 0) || (event.key === "Tab" && !event.shiftKey && at >= 0)) event.preventDefault(), take(at);
        }}
      />
      {choices.length > 0 && (
        <ul id={id} role="listbox" aria-label={t("filter.offered")} className="border-edge bg-panel absolute inset-x-0 top-full z-30 mt-1 max-h-72 overflow-auto rounded border p-1 shadow-xl">
          {choices.map((choice, i) => (
            <li
              key={choice.text}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === at}
              className={cx("flex cursor-pointer items-baseline gap-3 rounded px-2 py-0.5", i === at && "bg-raised")}
              onMouseMove={() => setChosen(i)}
              onMouseDown={(event) => (event.preventDefault(), take(i))}
            >
              <code className="font-mono text-xs break-all">{visible(choice.text)}</code>
              <span className="text-soft min-w-0 flex-1 truncate text-right text-xs">{choice.about}</span>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
