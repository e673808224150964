// ATT&CK: the stages of an attack in their order, those that were seen stand out.
import { named } from "../text";
import { cx } from "./basic";

export const TACTICS = ["reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "stealth", "defense-impairment", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact"];

/** `seen`: tactic to what is known of it, such as its techniques. */
export function Strip({ label, seen }: { label: string; seen: ReadonlyMap<string, readonly string[]> }) {
  return (
    <ol aria-label={label} className="flex flex-wrap gap-1">
      {TACTICS.map((tactic) => {
        const techniques = seen.get(tactic);
        return (
          <li key={tactic} className={cx("rounded-sm border-t-2 px-1.5 pt-1 pb-1.5", techniques ? "border-accent bg-raised min-w-24 flex-1" : "border-line text-soft max-md:hidden")} title={techniques?.join(", ")}>
            <p className={cx("text-2xs leading-3.5 whitespace-nowrap", techniques && "font-semibold")}>{named("tactic", tactic)}</p>
            {techniques && techniques.length > 0 && <p className="text-soft mt-0.5 font-mono text-2xs">{techniques.join(" ")}</p>}
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
