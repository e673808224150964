// What was done, said once and aloud; with an undo where there is one.
import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { t } from "../text";
import { Button, cx, IconButton } from "./basic";

type Toast = { id: number; text: string; bad: boolean; undo?: () => void };
let shown: readonly Toast[] = [];
let next = 0;
const listeners = new Set<() => void>();

function set(toasts: readonly Toast[]): void {
  shown = toasts;
  for (const each of listeners) each();
}

export function say(text: string, options: { bad?: boolean; undo?: () => void } = {}): void {
  const toast: Toast = { id: ++next, text, bad: options.bad ?? false, ...(options.undo ? { undo: options.undo } : {}) };
  set([...shown.slice(-2), toast]);
  setTimeout(() => set(shown.filter((each) => each.id !== toast.id)), toast.bad || toast.undo ? 12_000 : 5_000);
}

export function Toasts() {
  const toasts = useSyncExternalStore((then) => (listeners.add(then), () => listeners.delete(then)), () => shown);
  const drop = (id: number) => set(shown.filter((each) => each.id !== id));
  return (
    <div role="status" aria-live="polite" className="fixed right-4 bottom-4 z-50 flex w-[min(26rem,calc(100vw-2rem))] flex-col gap-2">
      {toasts.map((toast) => (
        <div key={toast.id} className={cx("bg-raised flex items-center gap-2 rounded-md border py-1 pr-1 pl-3 shadow-lg", toast.bad ? "border-critical" : "border-edge")}>
          <span className="min-w-0 flex-1 py-1 break-words">{toast.text}</span>
          {toast.undo && (
            <Button small onClick={() => (toast.undo?.(), drop(toast.id))}>
              {t("undo")}
            </Button>
          )}
          <IconButton name={t("close")} onClick={() => drop(toast.id)}>
            <X size={14} aria-hidden />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
