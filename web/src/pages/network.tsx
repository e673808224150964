// What is done about attackers and why, how to undo it, and whom nothing may be done about.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { active, allowed, blocks } from "../api/blocking";
import { api, body } from "../api/client";
import type { Action } from "../api/incidents";
import { useMay } from "../app/session";
import { named, t } from "../text";
import { left, stamp } from "../text/time";
import { Button, Field, Head, Tag } from "../ui/basic";
import { BlockDialog, LiftDialog } from "../ui/block";
import { Dialog } from "../ui/dialog";
import { Network } from "../ui/entity";
import { visible } from "../ui/evidence";
import { Empty, Loaded, Refused } from "../ui/states";
import { Table } from "../ui/table";
import { say } from "../ui/toast";
import { TrafficSection } from "./network_traffic";

export function NetworkPage() {
  const may = useMay("block");
  const client = useQueryClient();
  const [over, setOver] = useState(false);
  const [blocking, setBlocking] = useState(false);
  const [lifting, setLifting] = useState<Action | null>(null);
  const [allowing, setAllowing] = useState(false);
  const list = useQuery({ ...blocks(over), refetchInterval: 10_000 });
  const never = useQuery(allowed);
  const remove = useMutation({ mutationFn: (network: string) => api.DELETE("/api/v1/allowlist", { params: { query: { network } } }), onSettled: () => client.invalidateQueries({ queryKey: ["allowed"] }) });
  return (
    <>
      <Head title={t("page.network")}>
        <label className="flex items-center gap-1.5">
          <input type="checkbox" checked={over} onChange={(event) => setOver(event.target.checked)} /> {t("network.over")}
        </label>
        {may && (
          <Button look="main" onClick={() => setBlocking(true)}>
            {t("block")}
          </Button>
        )}
      </Head>
      <div className="flex flex-col gap-5 px-4 pb-6 md:px-5">
        <section>
          <h2 className="mb-2 text-base">{t("network.blocks")}</h2>
          <Loaded query={list}>
            {({ items }) =>
              items.length === 0 ? (
                <div className="panel">
                  <Empty title={t("network.blocks.none")}>{t("network.blocks.none.about")}</Empty>
                </div>
              ) : (
                <Table
                  label={t("network.blocks")}
                  rows={items}
                  id={(action) => action["action.id"]}
                  columns={[
                    { name: t("network.network"), cell: (action) => <Network network={action.network} /> },
                    { name: t("network.what"), cell: (action) => <span className="whitespace-nowrap">{named("kind", action["action.type"])} {action.enforced === false && <Tag>{t("action.dry")}</Tag>}</span> },
                    { name: t("network.since"), cell: (action) => <time className="text-soft whitespace-nowrap tabular-nums">{stamp(action.at)}</time> },
                    { name: t("network.left"), cell: (action) => <span className="whitespace-nowrap tabular-nums">{action.lifted ? t("action.lifted", { who: action.lifted_by ?? "" }) : !action.until ? t("action.forever") : left(action.until) || t("action.over")}</span> },
                    { name: t("network.by"), cell: (action) => <span className="whitespace-nowrap">{action.who} <span className="text-soft text-xs">{named("origin", action.source)}</span></span> },
                    { name: t("network.reason"), cell: (action) => <span className="break-words">{visible(action.reason)}</span>, className: "min-w-64" },
                  ]}
                  tools={(action) =>
                    may && active(action) && (
                      <Button small onClick={() => setLifting(action)}>
                        {t("action.lift")}
                      </Button>
                    )
                  }
                />
              )
            }
          </Loaded>
        </section>
        <TrafficSection />
        <section>
          <div className="mb-2 flex items-center gap-3">
            <h2 className="text-base">{t("network.allow")}</h2>
            {may && (
              <Button small onClick={() => setAllowing(true)}>
                {t("network.allow.add")}
              </Button>
            )}
            <Refused error={remove.error} />
          </div>
          <Loaded query={never}>
            {(items) => (
              <Table
                label={t("network.allow")}
                rows={items}
                id={(each) => `${each.network} ${each.why}`}
                columns={[
                  { name: t("network.network"), cell: (each) => <code className="font-mono text-xs whitespace-nowrap">{each.network}</code> },
                  { name: t("network.allow.why"), cell: (each) => visible(each.why) },
                  { name: t("network.by"), cell: (each) => each.who },
                ]}
                tools={(each) =>
                  may && each.at && (
                    <Button small onClick={() => remove.mutate(each.network)}>
                      {t("network.allow.remove")}
                    </Button>
                  )
                }
              />
            )}
          </Loaded>
        </section>
      </div>
      {blocking && <BlockDialog onClose={() => setBlocking(false)} />}
      {lifting && <LiftDialog action={lifting} onClose={() => setLifting(null)} />}
      {allowing && <Allow onClose={() => setAllowing(false)} />}
    </>
  );
}

function Allow({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [network, setNetwork] = useState("");
  const [why, setWhy] = useState("");
  const add = useMutation({
    mutationFn: () => body(api.POST("/api/v1/allowlist", { body: { network: network.trim(), why } })),
    onSuccess: (made) => {
      onClose();
      say(t("network.allowed", { network: made.network }));
      void client.invalidateQueries({ queryKey: ["allowed"] });
      void client.invalidateQueries({ queryKey: ["blocks"] });
    },
  });
  return (
    <Dialog title={t("network.allow.add")} onClose={onClose}>
      <form className="flex flex-col gap-3 p-4" onSubmit={(event) => (event.preventDefault(), add.mutate())}>
        <Field label={t("block.network")} required autoFocus maxLength={64} value={network} onChange={(event) => setNetwork(event.target.value)} />
        <Field label={t("why")} required maxLength={2000} value={why} onChange={(event) => setWhy(event.target.value)} />
        <Refused error={add.error} />
        <Button type="submit" look="main" className="self-end" disabled={add.isPending}>
          {t("network.allow.add")}
        </Button>
      </form>
    </Dialog>
  );
}
