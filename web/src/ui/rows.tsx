// A long list: only the rows that are seen exist. `j`, `k`, Enter and `x` work on it.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useKeys } from "../app/keys";
import { cx } from "./basic";

export type Wide<T> = { name: string; head: ReactNode; cell: (row: T) => ReactNode; width: string; hide?: string };

type Given<T> = {
  label: string;
  rows: readonly T[];
  columns: readonly Wide<T>[];
  id: (row: T) => string;
  height?: number;
  total?: number;
  onOpen: (row: T) => void;
  onSelect?: (row: T) => void;
  /** The end has come near. */
  onEnd?: () => void;
};

export function Rows<T>({ label, rows, columns, id, height = 36, total, onOpen, onSelect, onEnd }: Given<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 10 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - 15) onEnd?.();
  }, [last, rows.length, onEnd]);
  const move = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, at + step));
    setAt(next);
    virtual.scrollToIndex(next);
  };
  const current = rows[at];
  useKeys({ j: () => move(1), k: () => move(-1), Enter: () => current && onOpen(current), ...(onSelect ? { x: () => current && onSelect(current) } : {}) });
  const grid = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  return (
    <div ref={box} className="panel min-h-64 flex-1 overflow-auto" tabIndex={0} role="region" aria-label={label}>
      <div role="table" aria-label={label} aria-rowcount={(total ?? rows.length) + 1} className="min-w-full">
        <div role="rowgroup" className="bg-panel border-line sticky top-0 z-10 border-b">
          <div role="row" aria-rowindex={1} className="grid h-8 items-center gap-3 px-3" style={grid}>
            {columns.map((column) => (
              <div key={column.name} role="columnheader" className="text-soft truncate text-xs font-semibold">
                {column.head}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={id(row)}
                role="row"
                aria-rowindex={item.index + 2}
                className={cx("border-line absolute inset-x-0 grid cursor-pointer items-center gap-3 border-b px-3", item.index === at ? "bg-raised" : "hover:bg-raised/60")}
                style={{ ...grid, height, transform: `translateY(${item.start}px)` }}
                onClick={() => (setAt(item.index), onOpen(row))}
              >
                {columns.map((column) => (
                  <div key={column.name} role="cell" className="min-w-0 truncate">
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
