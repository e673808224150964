// ATT&CK: the stages of an attack in their order, those that were seen stand out.
import { named, t, tn } from "../text";
import { cx } from "./basic";

export const TACTICS = ["reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "stealth", "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact"];

/** `seen`: tactic to the techniques that are known of it. Where there is no room, only what was seen is shown. */
export function Strip({ label, seen }: { label: string; seen: ReadonlyMap<string, readonly string[]> }) {
  return (
    <ol aria-label={label} className="flex flex-wrap gap-1">
      {TACTICS.map((tactic) => {
        const techniques = seen.get(tactic);
        const name = named("tactic", tactic);
        if (!techniques)
          return (
            <li key={tactic} title={name} className="border-line w-2.5 shrink-0 rounded-sm border-t-2 max-lg:hidden">
              <span className="sr-only">{t("tactic.unseen", { tactic: name })}</span>
            </li>
          );
        return (
          <li key={tactic} title={techniques.join(", ")} className="border-accent bg-raised min-w-[30%] flex-1 rounded-sm border-t-2 px-1.5 pt-1 pb-1.5 sm:min-w-20">
            <p className="text-2xs leading-3.5 font-semibold">{name}</p>
            <p className="text-soft mt-0.5 text-2xs">{techniques.length === 1 ? techniques[0] : techniques.length > 1 ? tn("tactic.techniques", techniques.length) : ""}</p>
          </li>
        );
      })}
    </ol>
  );
}

/** The same in a line of a list: fifteen small squares. */
export function Dots({ tactics }: { tactics: readonly string[] }) {
  const text = tactics.map((each) => named("tactic", each)).join(", ");
  return (
    <span role="img" aria-label={text || named("tactic", "none")} title={text} className="inline-flex gap-px">
      {TACTICS.map((tactic) => (
        <span key={tactic} className={cx("h-3 w-1.5 rounded-[1px]", tactics.includes(tactic) ? "bg-accent" : "bg-line")} />
      ))}
    </span>
  );
}
