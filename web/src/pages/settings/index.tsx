// Settings: one's own account for everybody, the rest for administrators. The tab is in the address.
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import type { ComponentType } from "react";
import { useMay } from "../../app/session";
import { t, type Key } from "../../text";
import { Head } from "../../ui/basic";
import { AccountTab } from "./account";
import { AuditTab } from "./audit";
import { ChannelsTab } from "./channels";
import { ConfigTab } from "./config";
import { SystemTab } from "./system";
import { TokensTab } from "./tokens";
import { UsersTab } from "./users";

const TABS: [string, Key, ComponentType, boolean][] = [
  ["account", "tab.account", AccountTab, false],
  ["tokens", "tab.tokens", TokensTab, false],
  ["system", "tab.system", SystemTab, false],
  ["channels", "tab.channels", ChannelsTab, true],
  ["users", "tab.users", UsersTab, true],
  ["audit", "tab.audit", AuditTab, true],
  ["config", "tab.config", ConfigTab, true],
];

export function SettingsPage() {
  const { tab = "account" } = getRouteApi("/settings").useSearch();
  const navigate = useNavigate();
  const admin = useMay("admin");
  const shown = TABS.filter(([, , , forAdmin]) => admin || !forAdmin);
  return (
    <>
      <Head title={t("page.settings")} />
      <Tabs.Root value={tab} onValueChange={(next) => void navigate({ to: "/settings", search: { tab: next } })} className="flex min-h-0 flex-1 flex-col">
        <Tabs.List aria-label={t("page.settings")} className="border-line flex gap-1 overflow-x-auto border-b px-3 md:px-4">
          {shown.map(([name, text]) => (
            <Tabs.Trigger key={name} value={name} className="text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink h-8 border-b-2 border-transparent px-2 whitespace-nowrap">
              {t(text)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {shown.map(([name, , Part]) => (
          <Tabs.Content key={name} value={name} className="min-h-0 flex-1 p-4 md:px-5">
            <Part />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </>
  );
}
