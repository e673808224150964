// Where alerts go, how that goes, and a button that tries it.
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { named, number, t } from "../../text";
import { ago } from "../../text/time";
import { Button, Level, Tag } from "../../ui/basic";
import { visible } from "../../ui/evidence";
import { Loaded, Refused } from "../../ui/states";
import { Table } from "../../ui/table";

export function ChannelsTab() {
  const query = useQuery({ queryKey: ["channels"], queryFn: () => body(api.GET("/api/v1/channels")), refetchInterval: 10_000 });
  const test = useMutation({ mutationFn: (name: string) => body(api.POST("/api/v1/channels/{name}/test", { params: { path: { name } } })) });
  return (
    <div className="flex max-w-5xl flex-col gap-3">
      <Loaded query={query}>
        {(channels) => (
          <Table
            label={t("tab.channels")}
            rows={channels}
            id={(each) => each.name}
            columns={[
              { name: t("channels.name"), cell: (each) => <span className="whitespace-nowrap">{each.name} <Tag>{each.type}</Tag></span> },
              { name: t("channels.to"), cell: (each) => <code className="font-mono text-xs break-all">{visible(String(each.settings["url"] ?? each.settings["path"] ?? ""))}</code>, className: "min-w-56" },
              { name: t("channels.from"), cell: (each) => <Level level={each.min_level} /> },
              { name: t("channels.deliveries"), cell: (each) => <span className="whitespace-nowrap tabular-nums">{(["delivered", "pending", "silenced", "dead"] as const).filter((state) => each.deliveries[state]).map((state) => `${number(each.deliveries[state] ?? 0)} ${named("delivery", state)}`).join(", ") || t("none")}</span> },
              { name: t("channels.last"), cell: (each) => <span className="whitespace-nowrap">{each.last ? ago(each.last) : t("time.never")}</span> },
              { name: t("system.fault"), cell: (each) => (each.error ? <span className="text-high break-words">{visible(each.error)}</span> : <span className="text-soft">{t("system.fine")}</span>) },
            ]}
            tools={(each) => (
              <Button small disabled={test.isPending} onClick={() => test.mutate(each.name)}>
                {t("channels.test")}
              </Button>
            )}
          />
        )}
      </Loaded>
      <p role="status" className={test.data ? (test.data.delivered ? "text-good" : "text-critical") : ""}>
        {test.data && (test.data.delivered ? t("channels.delivered", { name: test.variables ?? "", ms: test.data.milliseconds }) : t("channels.failed", { name: test.variables ?? "", why: visible(test.data.said) }))}
      </p>
      <Refused error={test.error} />
    </div>
  );
}
