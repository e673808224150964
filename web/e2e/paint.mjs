// node e2e/paint.mjs LINK PATH...   Signs in by the link; then, each page five times with an empty cache: milliseconds to the
// first paint with content and until nothing is loading any more, the medians, one JSON object a page.
import { open } from "./browser.mjs";

const [link, ...paths] = process.argv.slice(2);
const ROUNDS = 5;
const { browser, context, page, errors } = await open();
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const settled = () => page.waitForFunction(() => document.querySelector("h1") && !document.querySelector(".animate-pulse"), undefined, { polling: "raf" });

await page.goto(link);
await settled();
const network = await context.newCDPSession(page);
for (const path of paths) {
  const paints = [], whole = [];
  for (let round = 0; round < ROUNDS; round++) {
    await network.send("Network.clearBrowserCache");
    await page.goto(new URL(path, link).href);
    await settled();
    whole.push(await page.evaluate(() => performance.now()));
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
  }
  console.log(JSON.stringify({ path, paint: Math.round(median(paints)), whole: Math.round(median(whole)) }));
}
await browser.close();
if (errors.length) {
  console.error(errors.join("\n"));
  process.exit(1);
}
