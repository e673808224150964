// The browser's own dialog: focus stays inside, Escape closes, and no style sheet is injected (the page's policy forbids it).
import { X } from "lucide-react";
import { useEffect, useId, useRef, type ReactNode } from "react";
import { t } from "../text";
import { cx, IconButton } from "./basic";

const PLACES = {
  middle: "m-auto w-[min(34rem,calc(100vw-2rem))] rounded-lg max-h-[calc(100dvh-2rem)]",
  top: "mx-auto mt-[10vh] mb-auto w-[min(36rem,calc(100vw-2rem))] rounded-lg max-h-[70vh]",
  left: "mr-auto h-dvh max-h-none w-60 rounded-none",
  right: "ml-auto h-dvh max-h-none w-[min(44rem,100vw)] rounded-none",
};

export function Dialog({ title, onClose, place = "middle", bare, children }: { title: string; onClose: () => void; place?: keyof typeof PLACES; bare?: boolean; children: ReactNode }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => event.target === box.current && onClose()}
      className={cx("border-line bg-panel overflow-hidden border p-0 shadow-2xl backdrop:bg-black/55", PLACES[place])}
    >
      <div className="flex h-full max-h-[inherit] flex-col">
        <header className={cx("border-line flex items-center gap-2 border-b px-4 py-2", bare && "sr-only")}>
          <h2 id={id} className="min-w-0 flex-1 truncate text-base">
            {title}
          </h2>
          <IconButton name={t("close")} onClick={onClose}>
            <X size={16} aria-hidden />
          </IconButton>
        </header>
        <div className="min-h-0 flex-1 overflow-auto">{children}</div>
      </div>
    </dialog>
  );
}
