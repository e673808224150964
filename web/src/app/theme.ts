// Dark, light, or as the system has it: one attribute that index.css reads.
export type Theme = "system" | "dark" | "light";
const KEPT = "vedette.theme";

export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "dark" || kept === "light" ? kept : "system";
}

export function setTheme(next: Theme): void {
  if (next === "system") {
    localStorage.removeItem(KEPT);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(KEPT, next);
    document.documentElement.dataset["theme"] = next;
  }
  dispatchEvent(new Event("vedette:theme"));
}

export function isDark(): boolean {
  return theme() === "dark" || (theme() === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}
