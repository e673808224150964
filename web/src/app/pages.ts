// What the navigation lists, in its order; also what `g` + letter and Ctrl-K lead to.
import { Bell, FileText, LayoutDashboard, type LucideIcon, Microscope, Network, ScrollText, Search, Server, Settings, ShieldAlert, TrendingUp } from "lucide-react";
import type { Key } from "../text";

export type Page = { to: "/" | "/incidents" | "/alerts" | "/network" | "/search" | "/hosts" | "/patterns" | "/rules" | "/reports" | "/analyze" | "/settings"; text: Key; key: string; icon: LucideIcon };

export const PAGES: readonly Page[] = [
  { to: "/", text: "page.overview", key: "o", icon: LayoutDashboard },
  { to: "/incidents", text: "page.incidents", key: "i", icon: ShieldAlert },
  { to: "/alerts", text: "page.alerts", key: "a", icon: Bell },
  { to: "/network", text: "page.network", key: "n", icon: Network },
  { to: "/search", text: "page.search", key: "f", icon: Search },
  { to: "/hosts", text: "page.hosts", key: "h", icon: Server },
  { to: "/patterns", text: "page.patterns", key: "t", icon: TrendingUp },
  { to: "/rules", text: "page.rules", key: "r", icon: ScrollText },
  { to: "/reports", text: "page.reports", key: "p", icon: FileText },
  { to: "/analyze", text: "page.analyze", key: "y", icon: Microscope },
  { to: "/settings", text: "page.settings", key: "s", icon: Settings },
];

/** What a page is called, those that the navigation does not list included. */
export function titleOf(path: string): Key | undefined {
  if (path.startsWith("/ask")) return "ask";
  if (path.startsWith("/silences")) return "page.silences";
  return PAGES.find((each) => (each.to === "/" ? path === "/" : path.startsWith(each.to)))?.text;
}
