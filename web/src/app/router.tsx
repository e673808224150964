// Addresses and what they show; each page is loaded when it is opened. What a page keeps in its address is checked here.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Problem } from "../api/client";
import { t } from "../text";
import { Failed, Loading } from "../ui/states";
import { Shell } from "./shell";

type Given = Record<string, unknown>;
const text = <K extends string>(given: Given, ...names: K[]): { [N in K]?: string } =>
  Object.fromEntries(names.flatMap((name) => (typeof given[name] === "string" || typeof given[name] === "number" ? [[name, String(given[name])]] : []))) as { [N in K]?: string };

const root = createRootRoute({ component: Shell });
const at = <P extends string>(path: P) => ({ getParentRoute: () => root, path });

const tree = root.addChildren([
  createRoute({ ...at("/"), component: lazyRouteComponent(() => import("../pages/overview"), "OverviewPage") }),
  createRoute({
    ...at("/incidents"),
    component: lazyRouteComponent(() => import("../pages/incidents"), "IncidentsPage"),
    validateSearch: (given: Given): { q?: string; show?: "all" | "closed"; sort?: "-last_seen" } => ({
      ...text(given, "q"),
      ...(given["show"] === "all" || given["show"] === "closed" ? { show: given["show"] } : {}),
      ...(given["sort"] === "-last_seen" ? { sort: given["sort"] } : {}),
    }),
  }),
  createRoute({ ...at("/incidents/worst"), component: lazyRouteComponent(() => import("../pages/incident"), "WorstPage") }),
  createRoute({ ...at("/incidents/$id"), component: lazyRouteComponent(() => import("../pages/incident"), "IncidentPage") }),
  createRoute({
    ...at("/alerts"),
    component: lazyRouteComponent(() => import("../pages/alerts"), "AlertsPage"),
    validateSearch: (given: Given): { q?: string; open?: string } => text(given, "q", "open"),
  }),
  createRoute({ ...at("/silences"), component: lazyRouteComponent(() => import("../pages/silences"), "SilencesPage") }),
  createRoute({ ...at("/entities/$type/$value"), component: lazyRouteComponent(() => import("../pages/entity"), "EntityPage") }),
  createRoute({ ...at("/analyze"), component: lazyRouteComponent(() => import("../pages/analyze"), "AnalyzePage") }),
  createRoute({ ...at("/network"), component: lazyRouteComponent(() => import("../pages/network"), "NetworkPage") }),
  createRoute({
    ...at("/search"),
    component: lazyRouteComponent(() => import("../pages/search"), "SearchPage"),
    validateSearch: (given: Given): { q?: string; since?: string; until?: string; columns?: string } => text(given, "q", "since", "until", "columns"),
  }),
  createRoute({
    ...at("/ask"),
    component: lazyRouteComponent(() => import("../pages/ask"), "AskPage"),
    validateSearch: (given: Given): { q?: string; query?: string; about?: "events" | "alerts" | "incidents" } => ({
      ...text(given, "q", "query"),
      ...(given["about"] === "events" || given["about"] === "alerts" || given["about"] === "incidents" ? { about: given["about"] } : {}),
    }),
  }),
  createRoute({ ...at("/rules"), component: lazyRouteComponent(() => import("../pages/rules"), "RulesPage"), validateSearch: (given: Given): { tab?: string; q?: string; open?: string } => text(given, "tab", "q", "open") }),
  createRoute({ ...at("/rules/edit"), component: lazyRouteComponent(() => import("../pages/rules/edit"), "RuleEditPage"), validateSearch: (given: Given): { id?: string; from?: string } => text(given, "id", "from") }),
  createRoute({ ...at("/hosts"), component: lazyRouteComponent(() => import("../pages/hosts"), "HostsPage") }),
  createRoute({
    ...at("/patterns"),
    component: lazyRouteComponent(() => import("../pages/patterns"), "PatternsPage"),
    validateSearch: (given: Given): { about?: "alerts" | "events"; by?: string; days?: number; q?: string } => ({
      ...text(given, "by", "q"),
      ...(given["about"] === "events" || given["about"] === "alerts" ? { about: given["about"] } : {}),
      ...(typeof given["days"] === "number" ? { days: given["days"] } : {}),
    }),
  }),
  createRoute({ ...at("/reports"), component: lazyRouteComponent(() => import("../pages/reports"), "ReportsPage"), validateSearch: (given: Given): { incident?: string } => text(given, "incident") }),
  createRoute({ ...at("/settings"), component: lazyRouteComponent(() => import("../pages/settings"), "SettingsPage"), validateSearch: (given: Given): { tab?: string } => text(given, "tab") }),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} again={reset} />,
  defaultNotFoundComponent: () => <Failed error={new Problem(404, t("state.no_page"))} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
