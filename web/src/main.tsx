import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { onSignedOut, Problem } from "./api/client";
import { Root } from "./app/root";
import { ME } from "./app/session";
import { setTheme, theme } from "./app/theme";
import "./index.css";
import { speak } from "./text";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      // Only silence is worth another try: a refusal will be the same.
      retry: (times, error) => error instanceof Problem && (error.status === 0 || error.status === 503) && times < 2,
    },
  },
});

setTheme(theme());
onSignedOut(() => client.setQueryData(ME, null));
await speak();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Root />
    </QueryClientProvider>
  </StrictMode>,
);
