// The one box that narrows a list: `/` leads to it, and what it says is in the address.
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useKeys } from "../app/keys";
import { t } from "../text";

export function Filter({ value, placeholder, onChange }: { value: string; placeholder: string; onChange: (q: string) => void }) {
  const [text, setText] = useState(value);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  useKeys({ "/": () => box.current?.focus() });
  return (
    <form role="search" className="relative min-w-0 flex-1 basis-60" onSubmit={(event) => (event.preventDefault(), onChange(text.trim()))}>
      <Search size={14} aria-hidden className="text-soft absolute top-2 left-2.5" />
      <input
        ref={box}
        type="search"
        aria-label={t("filter")}
        placeholder={placeholder}
        className="field !pl-8 font-mono !text-xs"
        spellCheck={false}
        autoCapitalize="off"
        value={text}
        onChange={(event) => (setText(event.target.value), event.target.value === "" && onChange(""))}
        onKeyDown={(event) => event.key === "Escape" && box.current?.blur()}
      />
    </form>
  );
}
