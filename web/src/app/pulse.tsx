// Whether the agent runs and all is well, at the foot of the navigation.
import { useQuery } from "@tanstack/react-query";
import { health } from "../api/health";
import { t, tn } from "../text";
import { cx } from "../ui/basic";

export function Pulse({ live }: { live: boolean }) {
  const query = useQuery({ ...health, refetchInterval: 15_000 });
  const running = query.data?.agent?.running ?? false;
  const faults = query.data?.faults ?? [];
  const text = query.error ? t("pulse.unknown") : !query.data ? t("loading") : !running ? t("pulse.none") : faults.length ? tn("pulse.faults", faults.length) : t("pulse.good");
  const good = running && faults.length === 0 && !query.error;
  return (
    <p className="text-soft flex items-center gap-2 px-4 py-2 text-xs" title={faults.join("\n")}>
      <span aria-hidden className={cx("size-2 shrink-0 rounded-full", good ? "bg-good" : query.data ? "bg-high" : "bg-informational")} />
      <span className="min-w-0 flex-1 truncate">{text}</span>
      <span className={live ? "text-good" : ""}>{live ? t("pulse.live") : t("pulse.lost")}</span>
    </p>
  );
}
