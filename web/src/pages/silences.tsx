// Silences: what nobody is notified of, until when and why, and what they held back; those that are over, too.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { end, move, silences, type Silence } from "../api/silences";
import { useMay } from "../app/session";
import { number, t } from "../text";
import { left, stamp } from "../text/time";
import { Button, Head, Tag } from "../ui/basic";
import { visible } from "../ui/evidence";
import { Empty, Loaded, Refused } from "../ui/states";
import { Table } from "../ui/table";
import { say } from "../ui/toast";
import { SilenceDialog } from "./silence";

const HOUR = 3_600_000;

export function SilencesPage() {
  const client = useQueryClient();
  const may = useMay("work");
  const [over, setOver] = useState(true);
  const [making, setMaking] = useState(false);
  const list = useQuery(silences(over));
  const onSettled = () => client.invalidateQueries({ queryKey: ["silences"] });
  const ending = useMutation({ mutationFn: end, onSuccess: () => say(t("silence.ended")), onSettled });
  const longer = useMutation({ mutationFn: (each: Silence) => move(each.id, new Date(Date.parse(each.until) + HOUR).toISOString()), onSettled });
  return (
    <>
      <Head title={t("page.silences")} about={t("silence.about")}>
        <label className="flex items-center gap-1.5">
          <input type="checkbox" checked={over} onChange={(event) => setOver(event.target.checked)} /> {t("network.over")}
        </label>
        {may && (
          <Button look="main" onClick={() => setMaking(true)}>
            {t("silence.new")}
          </Button>
        )}
      </Head>
      <div className="flex flex-col gap-2 px-4 pb-6 md:px-5">
        <Refused error={ending.error ?? longer.error} />
        <Loaded query={list}>
          {({ items }) =>
            items.length === 0 ? (
              <div className="panel">
                <Empty title={t("silence.none")}>{t("silence.none.about")}</Empty>
              </div>
            ) : (
              <Table
                label={t("page.silences")}
                rows={items}
                id={(each) => each.id}
                columns={[
                  { name: t("alerts.state"), cell: (each) => <State silence={each} /> },
                  { name: t("silence.query"), cell: (each) => <code className="font-mono text-xs break-all">{visible(each.query)}</code>, className: "min-w-56" },
                  { name: t("exception.until"), cell: (each) => <When silence={each} /> },
                  { name: t("silence.held"), cell: (each) => <Held silence={each} /> },
                  { name: t("why"), cell: (each) => <span className="break-words">{visible(each.why)}</span>, className: "min-w-40" },
                  { name: t("exception.by"), cell: (each) => <span className="whitespace-nowrap" title={stamp(each.at)}>{visible(each.who)}</span> },
                ]}
                tools={(each) =>
                  may &&
                  each.state !== "expired" && (
                    <span className="flex justify-end gap-1">
                      <Button small look="quiet" disabled={longer.isPending} onClick={() => longer.mutate(each)}>
                        {t("silence.longer")}
                      </Button>
                      <Button small disabled={ending.isPending} onClick={() => ending.mutate(each.id)}>
                        {t("silence.end")}
                      </Button>
                    </span>
                  )
                }
              />
            )
          }
        </Loaded>
      </div>
      {making && <SilenceDialog onClose={() => setMaking(false)} />}
    </>
  );
}

function State({ silence }: { silence: Silence }) {
  if (silence.fault) return <span className="text-critical break-words">{visible(silence.fault)}</span>;
  return <Tag tone={silence.state === "active" ? "accent" : "soft"}>{t(`silence.state.${silence.state}`)}</Tag>;
}

function When({ silence }: { silence: Silence }) {
  const time = stamp(silence.until).slice(0, 16);
  const about = { active: left(silence.until), pending: t("silence.from", { since: stamp(silence.since).slice(0, 16) }), expired: silence.moved_by ? t("silence.by", { who: visible(silence.moved_by) }) : "" }[silence.state];
  return (
    <span className="whitespace-nowrap tabular-nums">
      {time} {about && <span className="text-soft block text-xs">{about}</span>}
    </span>
  );
}

function Held({ silence }: { silence: Silence }) {
  if (silence.held === 0) return <span className="text-soft tabular-nums">0</span>;
  return (
    <Link to="/alerts" search={{ q: `alert.silence:${silence.id}` }} className="text-accent tabular-nums underline">
      {number(silence.held)}
    </Link>
  );
}
