// Who is signed in, and what that one may do.
import { useQuery } from "@tanstack/react-query";
import { api, body, Problem } from "../api/client";
import type { components } from "../api/schema";

export type Me = components["schemas"]["Me"];
export type Scope = Me["scopes"][number];

export const ME = ["me"] as const;

/** Null: nobody. */
export function useMe(enabled = true) {
  return useQuery<Me | null>({
    queryKey: ME,
    enabled,
    staleTime: Infinity,
    retry: false,
    queryFn: async () => {
      try {
        return await body(api.GET("/api/v1/auth/me"));
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
  });
}

export function useMay(scope: Scope): boolean {
  return useMe().data?.scopes.includes(scope) ?? false;
}
