// What the navigation lists, in its order; also what `g` + letter and Ctrl-K lead to.
import { type LucideIcon, Settings } from "lucide-react";
import type { Key } from "../text";

export type Page = { to: string; text: Key; key: string; icon: LucideIcon };

export const PAGES: readonly Page[] = [
  { to: "/settings", text: "page.settings", key: "s", icon: Settings },
];
