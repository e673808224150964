// What is known of one address, user, host or process.
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import type { components } from "./schema";

export type Entity = components["schemas"]["Entity"];
export type Kind = Entity["type"];
export const KINDS: readonly Kind[] = ["address", "user", "host", "process"];

/** Which kind of entity a field names. */
export const OF_FIELD: Readonly<Record<string, Kind>> = { "source.ip": "address", "destination.ip": "address", "user.name": "user", "host.name": "host", "process.name": "process" };

export const entity = (type: Kind, value: string) => queryOptions({ queryKey: ["entity", type, value], queryFn: () => body(api.GET("/api/v1/entities/{type}/{value}", { params: { path: { type, value } } })) });
