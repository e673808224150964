// node e2e/journey.mjs LINK OUT LOGS [agent] [model]   What an analyst does in the first minutes; screenshots go to OUT. LOGS: a
// folder that the agent follows. A model goes on when there is a file OUT/heard.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { axe, open } from "./browser.mjs";
import { searching } from "./searching.mjs";
import { silencing } from "./silencing.mjs";

const [link, out, logs, ...there] = process.argv.slice(2);
const agent = there.includes("agent");
const base = new URL(link).origin;
const PAGES = ["/", "/incidents", "/alerts", "/network", "/analyze", "/search", "/ask", "/rules", "/rules?tab=exceptions", "/rules?tab=coverage", "/rules/edit", "/entities/address/203.0.113.45", "/entities/host/web1", "/settings?tab=users", "/settings?tab=audit", "/settings?tab=system", "/settings?tab=config", "/settings?tab=channels", "/hosts", "/patterns", "/patterns?about=events&by=source.ip", "/reports", "/silences"];

const { browser, context, page, errors } = await open();
process.on("uncaughtException", async (error) => {
  console.error(error.stack ?? error, "\nat", page.url());
  await page.screenshot({ path: `${out}/failed.png`, fullPage: true }).catch(() => {});
  process.exit(1);
});
const settled = async () => {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".animate-pulse"));
};

// By the link, to the story of the worst incident; the link is gone from the address afterwards.
await page.goto(link);
await page.getByRole("heading", { level: 1, name: /Login after guessed credentials on web1/ }).waitFor();
assert.equal(new URL(page.url()).pathname, "/incidents/worst");
await page.getByRole("link", { name: "Incidents", exact: true }).first().waitFor();
assert(!page.url().includes("link="), "the link stays in the address");
assert.deepEqual(errors, [], "errors while signing in");

// The worst incident, by the keyboard.
await page.keyboard.press("g");
await page.keyboard.press("i");
await page.getByRole("heading", { level: 1, name: "Incidents" }).waitFor();
await page.getByRole("listitem").getByRole("link", { name: /Login after guessed/ }).waitFor();
await page.keyboard.press("j");
await page.keyboard.press("Enter");
await page.getByRole("heading", { level: 1, name: /Login after guessed credentials on web1 from 203\.0\.113\.45/ }).waitFor();
const incident = new URL(page.url()).pathname;
const story = page.getByRole("listitem").filter({ has: page.locator("time") });
assert((await story.count()) > 5, "the story has steps");
assert(await page.getByText("Failed password for root from 203.0.113.45 port 41000 ssh2").first().isVisible(), "evidence is shown");
await page.getByRole("list", { name: /Addresses, hosts and users/ }).getByRole("link", { name: "from: 203.0.113.45" }).waitFor();
await page.getByText("As a list").click();
await page.getByText(/203\.0\.113\.45 → web1: \d+ alerts, High/).waitFor();
await page.getByText(/^Take the host off the network/).waitFor();
assert((await page.getByRole("list", { name: /Stages of the attack/ }).getByText("Exfiltration", { exact: true }).count()) === 1);

// A note, and a change of state with its reason.
await page.getByRole("textbox", { name: "New note" }).fill("<img src=x onerror=alert(1)> looked at the shell history");
await page.getByRole("button", { name: "Add note" }).click();
await page.getByText("<img src=x onerror=alert(1)> looked at the shell history").waitFor();
await page.getByRole("button", { name: "Take it" }).click();
await page.getByText("Assigned to: admin").waitFor();
if (agent) {
  await page.getByRole("button", { name: "Change state" }).click();
  await page.getByLabel("To", { exact: true }).selectOption("in-progress");
  await page.getByLabel("Reason").fill("host is isolated");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("State changed: In progress").waitFor();
  await page.getByText("host is isolated").waitFor();

  // The attacker's other incident is the same campaign: merged, and taken back by the undo; then one alert is split off.
  await page.getByRole("button", { name: "Merge" }).click();
  await page.getByRole("dialog").getByRole("checkbox", { name: /Port scan/ }).check();
  await page.getByLabel("Reason").fill("one campaign");
  await page.screenshot({ path: `${out}/merge.png` });
  await page.getByRole("dialog").getByRole("button", { name: "Merge", exact: true }).click();
  await page.getByText("1 incident merged").waitFor();
  await page.getByRole("heading", { name: "Merged into this one" }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Undone", { exact: true }).waitFor();
  await page.getByRole("heading", { name: "Merged into this one" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Split" }).click();
  await page.getByRole("dialog").getByRole("checkbox").first().check();
  await page.getByLabel("Reason").fill("something else");
  await page.getByRole("dialog").getByRole("button", { name: "Split off" }).click();
  await page.getByText("1 alert split off").waitFor();
  await page.waitForURL((url) => url.pathname !== incident);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(`**${incident}`);
  await page.getByText(/merged with incident \w+, which was in-progress: undone at once/).waitFor();

  // Block with a preview, see it in the network, lift it.
  await page.getByRole("button", { name: "Block 203.0.113.45" }).click();
  await page.getByText(/add element inet vedette .*203\.0\.113\.45/).waitFor();
  await page.screenshot({ path: `${out}/block.png` });
  await page.getByRole("dialog").getByRole("button", { name: "Block", exact: true }).click();
  await page.getByText(/203\.0\.113\.45\S*: blocked/).waitFor();
  await page.goto(`${base}/network`);
  const row = page.getByRole("row").filter({ hasText: "203.0.113.45" });
  await row.getByRole("button", { name: "Lift" }).click();
  await page.getByLabel("Reason").fill("wrong one");
  await page.getByRole("dialog").getByRole("button", { name: "Lift" }).click();
  await page.getByText(/203\.0\.113\.45\S*: lifted/).waitFor();
  await row.waitFor({ state: "detached" });

  // Who talks to whom, as logs tell; what this machine must reach stays on the list of those never blocked.
  await page.getByRole("heading", { name: /connections? in logs/ }).waitFor();
  await page.getByRole("link", { name: /^443 / }).click();
  await page.waitForURL(/\/search\?q=event\.category/);
  await page.goto(`${base}/network`);
  const loopback = page.getByRole("row").filter({ hasText: "127.0.0.0/8" });
  await loopback.waitFor();
  assert.equal(await loopback.getByRole("button").count(), 0, "loopback can be taken off");
}

// Alerts: narrowed by a facet, all that match changed at once.
await page.goto(`${base}/alerts`);
await settled();
await page.getByRole("complementary", { name: "Narrow down" }).getByRole("button", { name: /^High/ }).click();
await page.waitForURL(/q=rule\.level/);
const matching = Number(/(\d+) alerts/.exec(await page.getByText(/^\d+ alerts$/).innerText())[1]);
assert(matching > 5, "high alerts");
await page.getByRole("checkbox").first().check();
await page.getByRole("button", { name: /Select all/ }).click();
await page.getByRole("button", { name: "Change state" }).click();
await page.getByLabel("Reason").fill("one campaign");
await page.getByRole("button", { name: "Save" }).click();
await page.getByText(/\d+ alerts? changed/).waitFor();
await page.keyboard.press("j");
await page.keyboard.press("Enter");
await page.getByRole("dialog").getByText("one campaign").waitFor();
await page.screenshot({ path: `${out}/alert.png` });
await page.keyboard.press("Escape");

// An exception from an alert: what it would have hidden is seen before it is kept; it is listed, and removed.
await page.goto(`${base}/alerts?q=${encodeURIComponent("rule.source:correlation and source.ip:203.0.113.45 and rule.level:medium")}`);
await settled();
await page.keyboard.press("j");
await page.keyboard.press("Enter");
await page.getByRole("button", { name: "Make an exception" }).click();
await page.getByText(/^.*: [1-9]\d* of [1-9]\d* events since 20\d\d-\d\d-\d\d\.$/).waitFor();
await page.getByText("gone", { exact: true }).or(page.getByText("in part", { exact: true })).first().waitFor();
await page.screenshot({ path: `${out}/exception.png` });
assert.deepEqual(await axe(page), [], "the dialog of an exception");
await page.getByLabel("Reason").fill("our own scanner");
await page.getByRole("button", { name: "Keep it" }).click();
await page.getByText(/Exception kept/).waitFor();
await page.goto(`${base}/rules?tab=exceptions`);
const excepted = page.getByRole("row").filter({ hasText: "our own scanner" });
await excepted.getByText("source.ip: 203.0.113.45").waitFor();
await page.screenshot({ path: `${out}/exceptions.png` });
assert.deepEqual(await axe(page), [], "the list of exceptions");
await excepted.getByRole("button", { name: "Remove" }).click();
await page.getByText("No exceptions").waitFor();

// A rule: a mistake is told beside its line, the samples are run, it is tried on the past, kept, switched off and removed.
await page.getByRole("link", { name: "New rule" }).click();
const rule = page.getByRole("textbox", { name: "The rule" });
await page.getByText("passed").nth(1).waitFor();
const good = (await rule.inputValue()).replace("[admin, oracle, postgres]", "root").replace("Refused login of a name that nobody should know", "Root <b>refused</b>");
await rule.fill(good.replace("refused and name", "refused and nmae"));
await page.getByText("line 15:").waitFor();
await page.getByText(/condition names 'nmae'/).first().waitFor();
await page.screenshot({ path: `${out}/rule-mistake.png` });
assert(await page.getByRole("button", { name: "Save" }).isDisabled(), "a rule that does not run can be saved");
await rule.fill(good);
await page.getByText("did not match").waitFor();
await page.keyboard.press("Control+Enter");
await page.getByText(/^[\d,]+ events were looked at\.$/).waitFor();
assert((await page.getByText(/ web1 root 203\.0\.113\./).count()) > 0, "examples are shown");
await page.screenshot({ path: `${out}/rule-tried.png` });
assert.deepEqual(await axe(page), [], "the editor");
await page.keyboard.press("Control+s");
await page.getByText("Saved: Root <b>refused</b>").waitFor();
await page.waitForURL(/rules\/edit\?id=/);
await page.goto(`${base}/rules?q=own`);
await page.getByRole("row").filter({ hasText: "Root <b>refused</b>" }).click();
await page.getByRole("button", { name: "Switch off" }).click();
await page.getByLabel("Reason").fill("too loud");
await page.getByRole("dialog", { name: "Switch off" }).getByRole("button", { name: "Switch off" }).click();
await page.getByText(/admin, .*: too loud/).waitFor();
await page.screenshot({ path: `${out}/rule.png` });
assert.deepEqual(await axe(page), [], "a rule");
await page.getByRole("button", { name: "Remove" }).click();
await page.getByRole("dialog", { name: "Remove" }).getByRole("button", { name: "Remove" }).click();
await page.getByRole("row").filter({ hasText: "Root <b>refused</b>" }).waitFor({ state: "detached" });
assert.deepEqual(errors, [], "errors on the console");

// Silences; what the browser logs of a query that is refused as it is typed is no fault.
await silencing({ page, base, out, settled, incident });
assert.deepEqual(errors.splice(0).filter((each) => !each.includes("422")), [], "errors on the console");

// Searches; a wrong one is told.
await searching({ page, base, out, logs, settled });
assert.deepEqual(errors.splice(0), [], "errors on the console");
await page.goto(`${base}/search?q=${encodeURIComponent("user.name:(root")}`);
await page.getByText("This did not work").waitFor();


// A question becomes a query, which may be changed; what is not understood is not run; an order is declined.
errors.splice(0);
await page.goto(`${base}/search`);
await settled();
await page.keyboard.press("/");
await page.keyboard.type("? failed logins of root by host");
await page.keyboard.press("Enter");
await page.getByRole("heading", { name: "Ask" }).waitFor();
await page.getByRole("columnheader", { name: "host.name" }).waitFor();
await page.getByText(/records? scanned/).waitFor();
await page.screenshot({ path: `${out}/ask.png` });
assert.deepEqual(await axe(page), [], "ask");
const asked = page.getByLabel("The query that it is");
assert.match(await asked.inputValue(), /event\.outcome:failure and user\.name:root \| count by host\.name/);
await asked.fill("event.outcome:failure | count");
await page.getByRole("button", { name: "Run" }).click();
await page.waitForURL(/query=event\.outcome/);
await page.getByText("number", { exact: true }).waitFor();
await page.goto(`${base}/ask?q=${encodeURIComponent("failed logins of tall people")}`);
await page.getByText(/Not understood: tall, people/).waitFor();
await page.getByRole("button", { name: "Run anyway" }).click();
await page.getByRole("columnheader", { name: "user.name" }).waitFor();
await page.goto(`${base}/ask?q=${encodeURIComponent("delete all logs")}`);
await page.getByText(/This cannot be asked/).waitFor();
await page.keyboard.press("Control+k");
await page.getByRole("combobox", { name: "Go to" }).fill("?alerts by severity");
await page.keyboard.press("Enter");
await page.getByRole("columnheader", { name: "rule.level" }).waitFor();
assert.deepEqual(errors.splice(0), [], "errors on the console");
await page.goto(`${base}/search?q=${encodeURIComponent("user.name:(root")}`);
await page.getByText("This did not work").waitFor();

// The configuration: a broken one is refused with its line, a good one is shown as what it changes.
await page.goto(`${base}/settings?tab=config`);
const file = page.getByRole("textbox", { name: "The file" });
const before = await file.inputValue();
await file.fill(`${before}keep: {age: never}\n`);
await page.getByRole("alert").getByText(/line \d+|:\d+/).first().waitFor();
assert(await page.getByRole("button", { name: "Save" }).isDisabled(), "a broken configuration cannot be saved");
await file.fill(`${before}keep: {age: 7d}\n`);
await page.getByText(/keep\.age/).last().waitFor();
await page.getByText("+keep: {age: 7d}").waitFor();
await page.screenshot({ path: `${out}/config.png` });
await page.getByRole("button", { name: "Save" }).click();
await page.getByText("Saved: the agent takes it over within seconds").waitFor();

// A channel is tried.
await page.goto(`${base}/settings?tab=channels`);
await page.getByRole("button", { name: "Test" }).click();
await page.getByText(/alerts: the test arrived after \d+ ms/).waitFor();

// A report about the incident, downloaded.
await page.goto(base + incident);
await page.getByRole("link", { name: "Report", exact: true }).click();
await page.getByRole("button", { name: "Make" }).click();
const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
assert(download.suggestedFilename().endsWith(".pdf"), download.suggestedFilename());
await download.saveAs(`${out}/report.pdf`);
assert(readFileSync(`${out}/report.pdf`).subarray(0, 5).toString() === "%PDF-", "it is a PDF");

// Hosts: the one of the recording, and our own machine.
await page.goto(`${base}/hosts`);
await page.getByRole("row").filter({ hasText: "web1" }).getByText("Critical").waitFor();
await page.getByRole("meter", { name: "Memory" }).waitFor();

// What recurs: one day of a recording tells how often and when, and leads to the events.
await page.goto(`${base}/patterns`);
await page.getByLabel("Of", { exact: true }).selectOption("events");
await page.getByLabel("By", { exact: true }).selectOption("source.ip");
const guesser = page.getByRole("region", { name: "What comes again and again" }).getByRole("row").filter({ hasText: "203.0.113.45" });
await guesser.getByText("1/1").waitFor();
await guesser.getByRole("link").click();
await page.waitForURL((url) => url.pathname === "/search" && url.searchParams.get("q") === "source.ip:203.0.113.45");

// A log is pasted and analysed; what it says stays text. Then the incident in an analyst's words.
await page.goto(`${base}/analyze`);
await settled();
const guesses = Array.from({ length: 12 }, (_, i) => `2026-02-01T10:00:${String(i * 3).padStart(2, "0")}+00:00 web9 sshd[1]: Failed password for <b>eve</b> from 203.0.113.80 port ${40000 + i} ssh2`);
await page.getByLabel("Paste a log").fill(guesses.join("\n"));
await page.getByRole("button", { name: "Analyze", exact: true }).click();
await page.getByRole("region", { name: "Analysis" }).getByText(/203\.0\.113\.80/).first().waitFor({ timeout: 60_000 });
await page.getByText("Tokens before → after").waitFor();
assert.deepEqual(await axe(page), [], "an analysis");
await page.screenshot({ path: `${out}/analysis.png`, fullPage: true });
await page.goto(base + incident);
await page.getByRole("button", { name: "Explain" }).click();
await page.getByRole("heading", { name: "Findings" }).waitFor({ timeout: 60_000 });
assert.deepEqual(await axe(page), [], "an incident explained");
if (there.includes("model")) {
  await page.getByRole("button", { name: "Ask openai gpt-4o-mini" }).click();
  await page.getByText(/^The model says: Somebody b guessed \/b \./).waitFor({ timeout: 60_000 });
  writeFileSync(`${out}/heard`, "");
  await page.getByText(/^Somebody b guessed \/b \. He got in\. Then he looked/).waitFor();
  assert.equal(await page.getByText("The model says:").count(), 0, "it has ended");
  assert.deepEqual(await axe(page), [], "an incident with a model's view");
  await page.screenshot({ path: `${out}/opinion.png`, fullPage: true });
}

// Ctrl-K and ?
await page.keyboard.press("Control+k");
await page.getByRole("combobox", { name: "Go to" }).fill("netw");
await page.keyboard.press("Enter");
await page.waitForURL("**/network");
await page.keyboard.press("?");
await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
await page.keyboard.press("Escape");

// Every page: WCAG in both themes, and on a phone, and nothing wider than the screen.
let looked = 0;
for (const [name, dark, width, height] of [["dark", true, 1360, 850], ["light", false, 1360, 850], ["phone", true, 390, 844]]) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
  for (const path of [...PAGES, incident]) {
    await page.goto(base + path);
    await settled();
    await page.screenshot({ path: `${out}/${name}${path.replaceAll(/[^a-z]+/g, "-")}.png` });
    assert.deepEqual(await axe(page), [], `${name} ${path}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `${name} ${path} is wider than the screen`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight), 0, `${name} ${path} scrolls away as a whole`);
    looked++;
  }
}
assert.equal(looked, 3 * (PAGES.length + 1));
await page.getByRole("button", { name: "Menu" }).click();
await page.getByRole("dialog").getByRole("link", { name: "Overview" }).click();
await page.waitForURL(`${base}/`);
assert.deepEqual(errors.filter((each) => !each.includes("422")), [], "errors on the console, but for the refusal of the wrong search");
await context.close();
await browser.close();
console.log(`ok: ${looked} pages looked at`);
