// Rules: all that are installed, the exceptions to them, and what of ATT&CK they cover. The tab is in the address.
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { Tabs } from "radix-ui";
import type { ComponentType } from "react";
import { useMay } from "../../app/session";
import { t, type Key } from "../../text";
import { Head } from "../../ui/basic";
import { CoverageTab } from "./coverage";
import { ExceptionsTab } from "./exceptions";
import { ListTab } from "./list";
import { RuleDrawer } from "./rule";

export type RulesSearch = { tab?: string | undefined; q?: string | undefined; open?: string | undefined };
const TABS: [string, Key, ComponentType][] = [
  ["rules", "page.rules", ListTab],
  ["exceptions", "rules.tab.exceptions", ExceptionsTab],
  ["coverage", "rules.tab.coverage", CoverageTab],
];

export function RulesPage() {
  const { tab = "rules", open } = getRouteApi("/rules").useSearch();
  const navigate = useNavigate();
  const may = useMay("work");
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Head title={t("page.rules")}>
        {may && (
          <Link to="/rules/edit" className="border-accent bg-accent text-onaccent inline-flex h-8 items-center gap-1.5 rounded border px-3 font-medium hover:brightness-110">
            <Plus size={14} aria-hidden /> {t("rules.new")}
          </Link>
        )}
      </Head>
      <Tabs.Root value={tab} onValueChange={(next) => void navigate({ to: "/rules", search: next === "rules" ? {} : { tab: next } })} className="flex min-h-0 flex-1 flex-col">
        <Tabs.List aria-label={t("page.rules")} className="border-line flex gap-1 overflow-x-auto border-b px-3 md:px-4">
          {TABS.map(([name, text]) => (
            <Tabs.Trigger key={name} value={name} className="text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink h-8 border-b-2 border-transparent px-2 whitespace-nowrap">
              {t(text)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {TABS.map(([name, , Part]) => (
          <Tabs.Content key={name} value={name} className="flex min-h-0 flex-1 flex-col pt-3 outline-offset-[-2px]">
            <Part />
          </Tabs.Content>
        ))}
      </Tabs.Root>
      {open && <RuleDrawer id={open} onClose={() => void navigate({ to: "/rules", search: (before: RulesSearch) => ({ ...before, open: undefined }), replace: true })} />}
    </div>
  );
}
