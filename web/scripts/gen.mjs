// Writes src/api/schema.d.ts from the API itself: no server, no copy of the document in between.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapi, { astToString } from "openapi-typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));
const python = process.env.PYTHON ?? `${root}.venv/bin/python`;
const text = execFileSync(python, [`${root}web/scripts/openapi.py`], { cwd: root, env: { ...process.env, PYTHONPATH: `${root}src` }, maxBuffer: 1 << 26 });
const made = astToString(await openapi(JSON.parse(text), { alphabetize: true }));
const target = new URL("../src/api/schema.d.ts", import.meta.url);
writeFileSync(target, `// Written by \`npm run gen\` from the API's OpenAPI document. Not to be edited.\n${made}`);
