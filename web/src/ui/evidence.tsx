// Lines of logs: text of strangers. It is only ever a text node, with what cannot be seen made visible.
import type { Evidence } from "../api/incidents";
import { cx } from "./basic";

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Control, direction and invisible characters as \u{...}: a line must not look like another one. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

export function Lines({ evidence, className }: { evidence: readonly Evidence[]; className?: string }) {
  return (
    <ul className={cx("border-line bg-ground divide-line divide-y rounded border", className)}>
      {evidence.map((line) => (
        <li key={line["event.id"]} className="px-2 py-1">
          <p className="evidence">{visible(line["event.original"])}</p>
          <p className="text-soft truncate text-2xs" title={line["log.file.path"]}>
            {visible(line["log.file.path"])}:{line["log.offset"]}
          </p>
        </li>
      ))}
    </ul>
  );
}
