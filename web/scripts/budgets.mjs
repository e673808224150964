// Holds the built files to their budgets (kB, gzip): what loads first, what each page adds, all style sheets.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DIST = new URL("../../src/vedette/web_dist/", import.meta.url);
const SHELL = 140, PAGE = 60, CSS = 15;

const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", DIST)));
const size = (file) => gzipSync(readFileSync(new URL(file, DIST)), { level: 9 }).length / 1000;
const closure = (key, seen = new Set()) => {
  if (!seen.has(key)) {
    seen.add(key);
    for (const next of manifest[key].imports ?? []) closure(next, seen);
  }
  return seen;
};
const sum = (keys) => [...keys].reduce((all, key) => all + size(manifest[key].file), 0);

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const shell = closure(entry);
const rows = [["shell", sum(shell), SHELL]];
for (const key of Object.keys(manifest).filter((each) => manifest[each].isDynamicEntry))
  rows.push([key.replace("src/", ""), sum([...closure(key)].filter((each) => !shell.has(each))), PAGE]);
const sheets = new Set(Object.values(manifest).flatMap((each) => each.css ?? []));
rows.push(["style sheets", [...sheets].reduce((all, file) => all + size(file), 0), CSS]);

for (const [name, kB, most] of rows) if (kB > most || process.env.BUDGETS) console.log(`${kB > most ? "TOO LARGE" : "ok"}  ${name.padEnd(34)} ${kB.toFixed(1).padStart(6)} of ${most} kB gz`);
if (rows.length < 3 || rows.some(([, kB, most]) => kB > most)) process.exit(1);
