// Whether there is room for columns: a phone gets fewer of them.
import { useSyncExternalStore } from "react";

const query = matchMedia("(max-width: 767px)");

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (then) => {
      query.addEventListener("change", then);
      return () => query.removeEventListener("change", then);
    },
    () => query.matches,
  );
}
