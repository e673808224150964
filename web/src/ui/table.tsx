// A plain table for short lists; on a phone it scrolls by itself, not the page. `bare`: it stands in a panel, which has the border. Long lists are in ui/rows.tsx.
import type { ReactNode } from "react";
import { cx } from "./basic";

export type Column<T> = { name: string; cell: (row: T) => ReactNode; className?: string };

export function Table<T>({ label, rows, columns, id, tools, bare }: { label: string; rows: readonly T[]; columns: Column<T>[]; id: (row: T) => string | number; tools?: (row: T) => ReactNode; bare?: boolean }) {
  return (
    <div className={cx("overflow-x-auto", !bare && "panel")} tabIndex={0} role="region" aria-label={label}>
      <table className="w-full text-left">
        <thead>
          <tr className="border-line border-b">
            {columns.map((column) => (
              <th key={column.name} scope="col" className="text-soft h-8 px-3 text-xs font-semibold whitespace-nowrap">
                {column.name}
              </th>
            ))}
            {tools && <td />}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)} className="border-line hover:bg-raised/60 border-b last:border-0">
              {columns.map((column) => (
                <td key={column.name} className={cx("h-9 px-3 py-1", column.className)}>
                  {column.cell(row)}
                </td>
              ))}
              {tools && <td className="px-2 py-1 text-right whitespace-nowrap">{tools(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
