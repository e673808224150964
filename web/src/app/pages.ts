// What the navigation lists, in its order; also what `g` + letter and Ctrl-K lead to.
import { Bell, LayoutDashboard, type LucideIcon, Microscope, Network, ScrollText, Search, Settings, ShieldAlert } from "lucide-react";
import type { Key } from "../text";

export type Page = { to: "/" | "/incidents" | "/alerts" | "/network" | "/search" | "/rules" | "/analyze" | "/settings"; text: Key; key: string; icon: LucideIcon };

export const PAGES: readonly Page[] = [
  { to: "/", text: "page.overview", key: "o", icon: LayoutDashboard },
  { to: "/incidents", text: "page.incidents", key: "i", icon: ShieldAlert },
  { to: "/alerts", text: "page.alerts", key: "a", icon: Bell },
  { to: "/network", text: "page.network", key: "n", icon: Network },
  { to: "/search", text: "page.search", key: "f", icon: Search },
  { to: "/rules", text: "page.rules", key: "r", icon: ScrollText },
  { to: "/analyze", text: "page.analyze", key: "y", icon: Microscope },
  { to: "/settings", text: "page.settings", key: "s", icon: Settings },
];
