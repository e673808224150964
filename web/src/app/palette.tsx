// Ctrl-K: go anywhere by typing a few letters of it.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { t } from "../text";
import { cx } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { PAGES } from "./pages";
import { setTheme } from "./theme";

type Item = { name: string; act: () => void };

/** Every letter of the query, in order. */
export function matches(name: string, query: string): boolean {
  let at = 0;
  const text = name.toLowerCase();
  return [...query.toLowerCase().replaceAll(" ", "")].every((letter) => (at = text.indexOf(letter, at) + 1) > 0);
}

export function Palette({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const all: Item[] = [
    ...PAGES.map((page) => ({ name: t(page.text), act: () => void navigate({ to: page.to }) })),
    { name: t("page.silences"), act: () => void navigate({ to: "/silences" }) },
    { name: t("theme.dark"), act: () => setTheme("dark") },
    { name: t("theme.light"), act: () => setTheme("light") },
    { name: t("theme.system"), act: () => setTheme("system") },
  ];
  const question = query.replace(/^\?/, "").trim();
  const found = query.startsWith("?") ? [] : all.filter((item) => matches(item.name, query));
  if (question && (query.startsWith("?") || found.length === 0)) found.push({ name: t("ask.palette", { question }), act: () => void navigate({ to: "/ask", search: { q: question } }) });
  const at = Math.min(chosen, found.length - 1);
  const take = (item: Item | undefined) => {
    if (!item) return;
    onClose();
    item.act();
  };
  return (
    <Dialog title={t("palette")} onClose={onClose} place="top" bare>
      <input
        autoFocus
        role="combobox"
        aria-expanded
        aria-controls="palette"
        aria-activedescendant={found[at] ? `palette-${at}` : undefined}
        aria-label={t("palette")}
        placeholder={t("palette.hint")}
        className="border-line h-11 w-full border-b bg-transparent px-4 text-base outline-none"
        value={query}
        onChange={(event) => (setQuery(event.target.value), setChosen(0))}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step) event.preventDefault(), setChosen((at + step + found.length) % Math.max(found.length, 1));
          if (event.key === "Enter") take(found[at]);
        }}
      />
      <ul id="palette" role="listbox" aria-label={t("palette")} className="p-1">
        {found.map((item, i) => (
          <li
            key={item.name}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === at}
            className={cx("cursor-pointer rounded px-3 py-1.5", i === at && "bg-raised")}
            onMouseMove={() => setChosen(i)}
            onClick={() => take(item)}
          >
            {item.name}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="text-soft px-4 pb-3">{t("palette.nothing")}</p>}
    </Dialog>
  );
}
