// Builds into the Python package; /api goes to `vedette serve` while developing.
import react from "@vitejs/plugin-react";
import tailwind from "@tailwindcss/vite";
import { defineConfig } from "vite";

const API = process.env.VEDETTE ?? "http://127.0.0.1:8765";

export default defineConfig({
  plugins: [react(), tailwind()],
  server: { proxy: { "/api": API, "/status": API } },
  build: {
    outDir: "../src/vedette/web_dist",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // light-dark() is kept as it is
    assetsInlineLimit: 0, // the page's policy lets nothing inline run
    manifest: true, // scripts/budgets.mjs reads it
    modulePreload: { polyfill: false },
  },
});
