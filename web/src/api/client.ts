// The only place that talks to the API. Types come from its OpenAPI document (npm run gen).
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema";

/** What an API says when it refuses (RFC 9457). `status` 0: nobody answered. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly fix = "",
    readonly code = "",
    readonly errors: readonly unknown[] = [],
  ) {
    super(detail);
  }
}

export async function problem(answer: Response): Promise<Problem> {
  const told: Record<string, unknown> = await answer.json().catch(() => ({}));
  const text = (name: string) => (typeof told[name] === "string" ? (told[name] as string) : "");
  return new Problem(answer.status, text("detail") || answer.statusText, text("fix"), text("code"), Array.isArray(told["errors"]) ? told["errors"] : []);
}

let over: () => void = () => {};
/** Call this when the session has ended. */
export function onSignedOut(then: () => void): void {
  over = then;
}

const refused: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok && response.status !== 202) return undefined;
    if (response.ok && !response.headers.get("content-type")?.includes("problem")) return undefined;
    if (response.status === 401 && !schemaPath.includes("/auth/")) over();
    throw await problem(response);
  },
  onError: () => new Problem(0, ""),
};

export const api = createClient<paths>({ baseUrl: "/" });
api.use(refused);

/** The body of an answer; refusals are thrown by then. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
