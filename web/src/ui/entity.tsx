// An address, user, host or process, wherever it is mentioned, leads to the page about it.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { OF_FIELD, type Kind } from "../api/entities";
import { cx } from "./basic";
import { visible } from "./evidence";

export function EntityLink({ type, value, children, className }: { type: Kind; value: string; children?: ReactNode; className?: string }) {
  return (
    <Link to="/entities/$type/$value" params={{ type, value }} onClick={(event) => event.stopPropagation()} className={cx("hover:text-accent decoration-edge underline decoration-dotted underline-offset-4", className)}>
      {children ?? visible(value)}
    </Link>
  );
}

/** The value of a field, as a link where the field names an entity. */
export function Value({ field, value }: { field: string; value: string }) {
  const type = OF_FIELD[field];
  return type && value ? <EntityLink type={type} value={value} /> : <>{visible(value)}</>;
}

/** A network that is acted on: of one address, it leads to the page about that. */
export function Network({ network }: { network: string }) {
  const [address = "", bits] = network.split("/");
  const one = bits === undefined || bits === (address.includes(":") ? "64" : "32");
  return <code className="font-mono text-xs whitespace-nowrap">{one ? <EntityLink type="address" value={address}>{network}</EntityLink> : network}</code>;
}
