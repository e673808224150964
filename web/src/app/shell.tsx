// What is around every page: navigation (a drawer on a phone), the agent's pulse, the account, the keyboard.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { CircleHelp, LogOut, Menu, Monitor, Moon, Search, Sun } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { api } from "../api/client";
import { choose, language, named, t } from "../text";
import { Choice, IconButton, Key } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { useKeys } from "./keys";
import { useLive } from "./live";
import { Mark } from "./mark";
import { PAGES, titleOf } from "./pages";
import { Palette } from "./palette";
import { Pulse } from "./pulse";
import { ME, useMe } from "./session";
import { Shortcuts } from "./shortcuts";
import { setTheme, theme, type Theme } from "./theme";

type Open = "palette" | "keys" | "menu" | null;

export function Shell() {
  const [open, setOpen] = useState<Open>(null);
  const live = useLive();
  const navigate = useNavigate();
  const going = useRef(0);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => setOpen(null), [path]);
  const title = titleOf(path);
  useEffect(() => {
    document.title = title ? `${t(title)} · Vedette` : "Vedette";
  }, [title]);
  useKeys({
    "Ctrl-k": () => setOpen((now) => (now === "palette" ? null : "palette")),
    "?": () => setOpen("keys"),
    g: () => (going.current = Date.now()),
    ...Object.fromEntries(PAGES.map((each) => [each.key, () => Date.now() - going.current < 1500 && void navigate({ to: each.to })])),
  });
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a href="#main" className="bg-accent text-onaccent sr-only z-50 rounded px-3 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
        {t("skip")}
      </a>
      <aside className="border-line bg-panel hidden w-52 shrink-0 border-r md:block">
        <Side live={live} onPalette={() => setOpen("palette")} onKeys={() => setOpen("keys")} />
      </aside>
      <header className="border-line bg-panel flex items-center gap-2 border-b px-2 py-1 md:hidden">
        <IconButton name={t("menu")} onClick={() => setOpen("menu")}>
          <Menu size={18} aria-hidden />
        </IconButton>
        <Mark size={18} />
        <span className="font-semibold">{title ? t(title) : "Vedette"}</span>
        <IconButton name={t("palette")} className="ml-auto" onClick={() => setOpen("palette")}>
          <Search size={17} aria-hidden />
        </IconButton>
      </header>
      <main id="main" tabIndex={-1} className="relative flex min-h-0 min-w-0 flex-1 flex-col overflow-auto outline-none">
        <Outlet />
      </main>
      {open === "palette" && <Palette onClose={() => setOpen(null)} />}
      {open === "keys" && <Shortcuts onClose={() => setOpen(null)} />}
      {open === "menu" && (
        <Dialog title={t("menu")} place="left" bare onClose={() => setOpen(null)}>
          <Side live={live} onPalette={() => setOpen("palette")} onKeys={() => setOpen("keys")} />
        </Dialog>
      )}
    </div>
  );
}

function Side({ live, onPalette, onKeys }: { live: boolean; onPalette: () => void; onKeys: () => void }) {
  return (
    <div className="flex h-full flex-col">
      <div className="flex h-12 items-center gap-2 px-4 text-base font-semibold">
        <Mark size={20} /> Vedette
      </div>
      <button type="button" onClick={onPalette} className="border-edge text-soft hover:text-ink mx-3 mb-2 flex h-8 items-center gap-2 rounded border px-2 text-left">
        <Search size={14} aria-hidden /> <span className="flex-1">{t("palette.go")}</span> <Key>Ctrl K</Key>
      </button>
      <nav aria-label={t("menu")} className="flex flex-col gap-px px-2">
        {PAGES.map(({ to, text, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/", includeSearch: false }}
            className="text-soft hover:bg-raised hover:text-ink flex h-8 items-center gap-2.5 rounded px-2.5"
            activeProps={{ className: "bg-raised !text-ink font-medium", "aria-current": "page" }}
          >
            <Icon size={16} aria-hidden /> {t(text)}
          </Link>
        ))}
      </nav>
      <div className="mt-auto">
        <Pulse live={live} />
        <Account onKeys={onKeys} />
      </div>
    </div>
  );
}

function Account({ onKeys }: { onKeys: () => void }) {
  const me = useMe().data;
  const client = useQueryClient();
  const [now, setNow] = useState<Theme>(theme());
  useEffect(() => {
    const changed = () => setNow(theme());
    addEventListener("vedette:theme", changed);
    return () => removeEventListener("vedette:theme", changed);
  }, []);
  const leave = useMutation({
    mutationFn: () => api.POST("/api/v1/auth/sign-out"),
    onSettled: () => {
      client.clear();
      client.setQueryData(ME, null);
    },
  });
  const next: Record<Theme, [Theme, ReactNode]> = {
    system: ["dark", <Monitor key="s" size={16} aria-hidden />],
    dark: ["light", <Moon key="d" size={16} aria-hidden />],
    light: ["system", <Sun key="l" size={16} aria-hidden />],
  };
  return (
    <div className="border-line flex flex-col gap-1 border-t px-3 py-2">
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate" title={me?.name}>
          {me?.name} <span className="text-soft text-xs">{named("role", me?.role ?? "")}</span>
        </span>
        <IconButton name={t("door.leave")} onClick={() => leave.mutate()}>
          <LogOut size={16} aria-hidden />
        </IconButton>
      </div>
      <div className="flex items-center">
        <IconButton name={`${t("theme")}: ${t(`theme.${now}`)}`} onClick={() => setTheme(next[now][0])}>
          {next[now][1]}
        </IconButton>
        <IconButton name={t("keys")} onClick={onKeys}>
          <CircleHelp size={16} aria-hidden />
        </IconButton>
        <Choice label={t("language")} hideLabel className="ml-auto w-24" value={language} onChange={(event) => choose(event.target.value === "de" ? "de" : "en")}>
          <option value="en">English</option>
          <option value="de">Deutsch</option>
        </Choice>
      </div>
    </div>
  );
}
