// Addresses and what they show; each page is loaded when it is opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Failed, Loading } from "../ui/states";
import { Problem } from "../api/client";
import { Shell } from "./shell";
import { t } from "../text";

const root = createRootRoute({ component: Shell });
const at = <P extends string>(path: P) => ({ getParentRoute: () => root, path });

const tree = root.addChildren([
  createRoute({ ...at("/"), beforeLoad: () => { throw redirect({ to: "/settings" }); } }),
  createRoute({ ...at("/settings"), component: lazyRouteComponent(() => import("../pages/settings"), "SettingsPage"), validateSearch: (s: Record<string, unknown>): { tab?: string } => (typeof s["tab"] === "string" ? { tab: s["tab"] } : {}) }),
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
