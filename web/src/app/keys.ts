// Keyboard: one listener; a page adds its own keys while it is shown. Nothing happens while somebody types.
import { useEffect, useRef } from "react";

export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export type Keys = Record<string, (event: KeyboardEvent) => void>;

/** Keys by their name (`j`, `/`, `Enter`), or `Ctrl-k` (also with the Mac's command key), which works while typing, too. */
export function useKeys(keys: Keys): void {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const modified = event.ctrlKey || event.metaKey;
      if (event.altKey || event.defaultPrevented) return;
      if (!modified && (typing(event.target) || document.querySelector("dialog[open]"))) return;
      const act = now.current[modified ? `Ctrl-${event.key.toLowerCase()}` : event.key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}
