import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { t, tn } from "../../text";
import { stamp } from "../../text/time";
import { Button, cx } from "../../ui/basic";
import { visible } from "../../ui/evidence";
import { Empty, Failed, Loading, Refused } from "../../ui/states";
import { Table } from "../../ui/table";

export function AuditTab() {
  const query = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => body(api.GET("/api/v1/audit", { params: { query: { limit: 100, after: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last?.next ?? null,
  });
  const verify = useMutation({ mutationFn: () => body(api.GET("/api/v1/audit/verify")) });
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => verify.mutate()} disabled={verify.isPending}>
          {t("audit.verify")}
        </Button>
        <span role="status" className={cx(verify.data && (verify.data.good ? "text-good" : "text-critical"))}>
          {verify.data && (verify.data.good ? tn("audit.good", verify.data.entries) : `${t("audit.bad")}: ${verify.data.fault}`)}
        </span>
        <Refused error={verify.error} />
      </div>
      {query.isPending ? <Loading /> : query.error ? <Failed error={query.error} again={() => void query.refetch()} /> : entries.length === 0 ? <Empty title={t("audit.none")} /> : (
        <Table
          label={t("tab.audit")}
          rows={entries}
          id={(entry) => entry.number}
          columns={[
            { name: t("audit.when"), cell: (entry) => <time className="whitespace-nowrap tabular-nums">{stamp(entry.at)}</time> },
            { name: t("audit.who"), cell: (entry) => visible(entry.who) || "–" },
            { name: t("audit.what"), cell: (entry) => <code className="font-mono text-xs">{entry.what}</code> },
            { name: t("audit.subject"), cell: (entry) => visible(entry.subject), className: "max-w-72 break-words" },
            { name: t("audit.detail"), cell: (entry) => visible(entry.detail), className: "max-w-96 break-words" },
            { name: t("audit.result"), cell: (entry) => <span className={entry.result >= 400 ? "text-high" : ""}>{entry.result || t("audit.cli")}</span> },
            { name: t("audit.from"), cell: (entry) => <code className="font-mono text-xs">{entry.origin}</code> },
          ]}
        />
      )}
      {query.hasNextPage && (
        <Button className="self-center" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          {t("more")}
        </Button>
      )}
    </div>
  );
}
