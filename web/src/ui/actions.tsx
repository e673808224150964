// What was done about somebody, and the way to undo it.
import { active } from "../api/blocking";
import type { Action } from "../api/incidents";
import { named, t } from "../text";
import { left, stamp } from "../text/time";
import { Button, Tag } from "./basic";
import { Network } from "./entity";
import { visible } from "./evidence";

/** Actions in the order given. `onLift`: where it may be lifted, what happens when somebody wants to. */
export function Actions({ actions, onLift }: { actions: readonly Action[]; onLift?: ((action: Action) => void) | undefined }) {
  return (
    <ul className="divide-line divide-y">
      {actions.map((action) => (
        <li key={action["action.id"]} className="px-3 py-2">
          <p className="flex flex-wrap items-center gap-x-2">
            <Network network={action.network} /> {named("kind", action["action.type"])}
            {action.enforced === false && <Tag>{t("action.dry")}</Tag>}
            <span className="text-soft ml-auto text-xs">{action.lifted ? t("action.lifted", { who: action.lifted_by ?? "" }) : !action.until ? t("action.forever") : active(action) ? left(action.until) : t("action.over")}</span>
          </p>
          <p className="text-soft text-xs break-words">
            {stamp(action.at)} · {action.who} · {visible(action.reason)}
          </p>
          {onLift && active(action) && (
            <Button small className="mt-1" onClick={() => onLift(action)}>
              {t("action.lift")}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
