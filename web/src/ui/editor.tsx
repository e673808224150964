// A text of many lines, with their numbers, and what is wrong beside the line it is about.
import { useRef, useState } from "react";
import { cx } from "./basic";
import { visible } from "./evidence";

export type Remark = { line: number; text: string; bad: boolean };
const LINE = 20; // px; leading-5

export function Editor({ label, value, remarks = [], readOnly, onChange, className }: { label: string; value: string; remarks?: readonly Remark[]; readOnly?: boolean; onChange?: (text: string) => void; className?: string }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [at, setAt] = useState({ top: 0, left: 0 });
  const lines = value.split("\n");
  const marked = new Map(remarks.map((each) => [each.line, each]));
  return (
    <div className={cx("border-edge bg-ground focus-within:outline-accent relative flex min-h-40 overflow-hidden rounded border font-mono text-xs leading-5 focus-within:outline-2", className)}>
      <div aria-hidden className="bg-panel border-line w-11 shrink-0 overflow-hidden border-r select-none">
        <ol className="py-1.5" style={{ transform: `translateY(${-at.top}px)` }}>
          {lines.map((_, i) => {
            const mark = marked.get(i + 1);
            return (
              <li key={i} className={cx("pr-2 text-right tabular-nums", mark ? (mark.bad ? "text-critical font-bold" : "text-medium font-bold") : "text-soft")}>
                {i + 1}
              </li>
            );
          })}
        </ol>
      </div>
      <div className="relative min-w-0 flex-1">
        <textarea
          ref={box}
          aria-label={label}
          readOnly={readOnly}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          className="size-full resize-none bg-transparent px-2 py-1.5 leading-5 outline-none"
          value={value}
          onScroll={(event) => setAt({ top: event.currentTarget.scrollTop, left: event.currentTarget.scrollLeft })}
          onChange={(event) => onChange?.(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return;
            const { value: text, selectionStart: caret } = event.currentTarget;
            const indent = /^[ ]*(?:- )?/.exec(text.slice(text.lastIndexOf("\n", caret - 1) + 1, caret))?.[0].replace("-", " ") ?? "";
            if (!indent) return;
            event.preventDefault();
            document.execCommand("insertText", false, `\n${indent}`); // the one way that keeps the browser's undo
          }}
        />
        <ul aria-hidden className="pointer-events-none absolute inset-0 overflow-hidden whitespace-nowrap">
          {[...marked.values()].map((each) => (
            <li key={each.line} className={cx("absolute", each.bad ? "text-critical" : "text-medium")} style={{ top: 6 + (each.line - 1) * LINE - at.top, left: `calc(${(lines[each.line - 1] ?? "").length + 2}ch + ${8 - at.left}px)` }}>
              ◂ {visible(each.text)}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
