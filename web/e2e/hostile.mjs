// node e2e/hostile.mjs LINK PAYLOADS [bypass]   Every page of a store in which everything is a script: none runs, none becomes
// an element, and all are there to be read. `bypass`: without the policy of the page, which would hide a mistake of ours.
import assert from "node:assert/strict";
import { open } from "./browser.mjs";

const [link, many, bypass] = process.argv.slice(2);
const base = new URL(link).origin;
const { browser, context, page, errors } = await open({ bypassCSP: bypass === "bypass" });
await context.addInitScript(() => {
  window.ran = [];
  window.canary = (n) => window.ran.push(n);
  window.broken = [];
  addEventListener("securitypolicyviolation", (event) => window.broken.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
});

// What the page is made of: nothing that a text could have brought.
const foreign = () => {
  const strange = [...document.querySelectorAll("img,iframe,object,embed,base,math,video,audio,template,#root noscript,link[rel=import],form[action],script:not([src^='/assets/'])")];
  const handlers = [...document.querySelectorAll("*")].filter((each) => [...each.attributes].some(({ name, value }) => name.startsWith("on") || /^\s*javascript:/i.test(value)));
  return { ran: window.ran, broken: window.broken, elements: [...strange, ...handlers].map((each) => each.outerHTML.slice(0, 200)) };
};
const numbers = (text) => [...text.matchAll(/canary\((\d+)\)/g)].map((each) => Number(each[1]));
let looked = 0;

/** Nothing ran; the numbers of the payloads that can be read, also by scrolling to the end of a long list. */
async function look(path) {
  await page.goto(base + path);
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".animate-pulse"));
  await page.waitForTimeout(150);
  const seen = new Set();
  for (let turn = 0; turn < 60; turn++) {
    for (const n of numbers(await page.evaluate(() => document.body.innerText + [...document.querySelectorAll("textarea,input")].map((each) => each.value).join(" ")))) seen.add(n);
    const moved = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll("main, main *, dialog *")].filter((each) => each.scrollHeight > each.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(each).overflowY));
      const before = boxes.map((each) => each.scrollTop);
      for (const each of boxes) each.scrollBy(0, each.clientHeight * 0.8);
      return boxes.some((each, i) => each.scrollTop > before[i]);
    });
    if (!moved) {
      const more = page.getByRole("button", { name: /^Show (more|all)$/ });
      const folded = page.locator("main details:not([open]) > summary, dialog details:not([open]) > summary");
      if ((await more.count()) === 0 && (await folded.count()) === 0) break;
      for (const each of await more.all()) await each.click();
      await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
    }
    await page.waitForTimeout(120);
  }
  const found = await page.evaluate(foreign);
  assert.deepEqual(found, { ran: [], broken: [], elements: [] }, path);
  looked++;
  return seen;
}
const all = (seen, path, least = Number(many)) => assert(seen.size >= least, `${path}: only ${seen.size} of ${least} payloads can be read`);

/** The numbers of the payloads that can be read in the dialog. */
const inDialog = async () => new Set(numbers(await page.getByRole("dialog").innerText()));

await page.goto(link);
await page.getByRole("link", { name: "Incidents", exact: true }).waitFor();

// That this would notice: a handler that runs, and an element that should not be there.
await page.evaluate(() => {
  window.canary(9999);
  document.body.append(document.createElement("img"));
});
const noticed = await page.evaluate(foreign);
assert.deepEqual(noticed, { ran: [9999], broken: [], elements: ["<img>"] });

await look("/");
all(await look("/alerts"), "/alerts");
all(await look("/incidents?show=all"), "/incidents");
all(await look("/incidents/hostile"), "/incidents/hostile");
all(await look("/alerts?open=hostile"), "the alert");
all(await look("/search"), "/search");
all(await look("/search?columns=user.name,host.name,url.original,user_agent.original,process.command_line,file.path"), "/search");
all(await look("/search?q=said:*&columns=said,user.name,listed"), "a log of JSON");
all(await look("/silences"), "/silences");
all(await look("/settings?tab=tokens"), "/settings?tab=tokens", 90);
all(await look("/rules?q=canary"), "/rules");
all(await look("/rules?open=r7"), "a rule");
all(await look("/rules/edit?id=r0"), "the editor");
all(await look("/rules?tab=exceptions"), "exceptions", 30);
all(await look("/network"), "/network", 20);
await look("/rules?tab=coverage");
await look("/entities/address/203.0.113.66");
for (const tab of ["account", "system", "users", "audit", "config"]) await look(`/settings?tab=${tab}`);

// What is opened: an event with all its fields, its saved searches, an exception, and pages about names that are scripts.
for (let n = 0; n < Number(many); n += 67) {
  const name = await page.evaluate(async (n) => (await (await fetch(`/api/v1/alerts/a${String(n).padStart(3, "0")}`)).json()).triaged.alert["user.name"], n);
  for (const kind of ["user", "host", "process"]) await look(`/entities/${kind}/${encodeURIComponent(name)}`);
  await look(`/alerts?open=a${String(n).padStart(3, "0")}`);
  await look(`/alerts?q=${encodeURIComponent(`message:"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`)}`);
}
await page.goto(`${base}/search`);
await page.getByRole("row").nth(3).locator("time").click();
await page.getByRole("dialog").waitFor();
await page.keyboard.press("Escape");
await page.getByRole("button", { name: "Saved searches" }).click();
await page.getByRole("dialog").getByText(/canary\(3\)/).first().waitFor();
all(await inDialog(), "saved searches", 150); // of long ones only the beginning is kept
await page.keyboard.press("Escape");

// An event in which every key is a script; with one of them as a column, and as what comes next.
await page.goto(`${base}/search?q=kind:keys`);
await page.getByRole("row").nth(1).locator("time").click();
await page.getByRole("dialog").getByText("key 199", { exact: true }).waitFor();
all(new Set(numbers((await page.locator("dialog dt").allInnerTexts()).join(" "))), "the keys of an event");
await page.getByRole("dialog").getByRole("button", { name: /^Show as a column: .*canary\(8\)/ }).click();
await page.keyboard.press("Escape");
await page.getByRole("columnheader").filter({ hasText: "canary(8)" }).waitFor();
await page.keyboard.press("/");
await page.keyboard.press("Control+a");
await page.keyboard.type("canary");
await page.getByRole("listbox", { name: "What may come next" }).getByRole("option").filter({ hasText: "canary" }).first().waitFor();
await page.goto(`${base}/search?q=${encodeURIComponent("kind:keys")}`);
assert.deepEqual(await page.evaluate(foreign), { ran: [], broken: [], elements: [] }, "keys");

// A silence that is made of what is a script.
await page.goto(`${base}/alerts?q=${encodeURIComponent("source.ip:203.0.113.66")}`);
await page.getByRole("button", { name: "Silence these" }).click();
await page.getByRole("dialog").getByText("The newest of them").click();
all(await inDialog(), "the look of a silence", 20);
assert.deepEqual(await page.evaluate(foreign), { ran: [], broken: [], elements: [] }, "a silence");
await page.goto(`${base}/search`);
await page.getByRole("button", { name: "Saved searches" }).waitFor();
await page.keyboard.press("/");
await page.keyboard.type("user.name:");
await page.getByRole("listbox", { name: "What may come next" }).getByRole("option").first().waitFor();
await page.goto(`${base}/alerts?open=a003`);
await page.getByRole("button", { name: "Make an exception" }).or(page.getByRole("dialog")).first().waitFor();
assert.deepEqual(await page.evaluate(foreign), { ran: [], broken: [], elements: [] }, "what is opened");
assert.deepEqual(errors.filter((each) => !/404|422/.test(each)), [], "errors on the console");
await browser.close();
console.log(`ok: ${looked} pages looked at`);
