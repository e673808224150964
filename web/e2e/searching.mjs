// Searching as an analyst does it: completed as one types, live, as a file, kept under a name, opened again, removed.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { axe } from "./browser.mjs";

/** `logs`: a folder that the agent follows. */
export async function searching({ page, base, out, logs, settled }) {
  await page.goto(`${base}/search`);
  await settled();
  const box = page.getByRole("combobox", { name: "Filter" });
  const offered = page.getByRole("listbox", { name: "What may come next" });
  await page.keyboard.press("/");
  await page.keyboard.type("user.na");
  await offered.getByRole("option", { name: /^user\.name:/ }).waitFor();
  await page.screenshot({ path: `${out}/search-completion.png` });
  assert.deepEqual(await axe(page), [], "completion");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await box.inputValue(), "user.name:");
  await page.keyboard.type("roo");
  await offered.getByRole("option", { name: "root", exact: true }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  assert.equal(await box.inputValue(), "user.name:root ");
  await page.keyboard.type("and event.outcome:failure");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=user\.name/);
  const hits = async () => Number((await page.getByText(/^[\d,]+ events?$/).innerText()).replaceAll(/\D/g, ""));
  await page.getByRole("cell", { name: /Failed password for root/ }).first().waitFor();
  const before = await hits();
  assert(before > 10, "failures of root");

  // Kept under a name, opened from a search that says nothing, removed.
  await page.getByRole("button", { name: "Saved searches" }).click();
  const saved = page.getByRole("dialog", { name: "Saved searches" });
  await saved.getByLabel("Name").fill("Root <i>refused</i>");
  await saved.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved: Root <i>refused</i>").waitFor();
  await page.goto(`${base}/search`);
  await settled();
  assert((await hits()) > before, "without a query there is more");
  await page.getByRole("button", { name: "Saved searches" }).click();
  await page.screenshot({ path: `${out}/search-saved.png` });
  assert.deepEqual(await axe(page), [], "saved searches");
  await saved.getByRole("button", { name: /^Root <i>refused<\/i>/ }).click();
  await page.waitForURL(/q=user\.name.*root.*and.*failure/);
  await page.waitForFunction((n) => document.body.innerText.includes(`${n.toLocaleString("en")} events`), before);

  // As files: what is found, and nothing else.
  for (const [name, lines] of [["CSV", before + 1], ["JSON", before]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name, exact: true }).click()]);
    const path = `${out}/${download.suggestedFilename()}`;
    await download.saveAs(path);
    const text = readFileSync(path, "utf8").trimEnd().split(/\r?\n/);
    assert.equal(text.length, lines, name);
    assert(text.slice(1).every((line) => line.includes("root")), name);
    if (name === "CSV") assert.match(text[0], /^timestamp,.*event\.original/);
    else assert.equal(JSON.parse(text[0])["event.outcome"], "failure");
  }

  await page.getByRole("button", { name: "Saved searches" }).click();
  await saved.getByRole("button", { name: "Remove: Root <i>refused</i>" }).click();
  await saved.getByText("None saved yet").waitFor();
  await page.keyboard.press("Escape");

  // Live: what is read from now on comes to the top, if the query finds it.
  const live = page.getByRole("button", { name: "Live" });
  const told = page.waitForResponse((answer) => answer.url().includes("/events/tail") && answer.ok());
  await live.click();
  await told;
  // What is new to us may have happened when the rest did.
  const line = (user, port) => `2026-01-15T23:56:00+00:00 web1 sshd[9]: Failed password for ${user} from 203.0.113.99 port ${port} ssh2\n`;
  appendFileSync(`${logs}/auth.log`, line("nobody", 1) + line("root", 61_001) + line("root", 61_002));
  await page.getByText("2 new since").waitFor({ timeout: 30_000 });
  await page.getByRole("cell", { name: /port 61002/ }).waitFor();
  assert.equal(await page.getByRole("cell", { name: /Failed password for nobody/ }).count(), 0, "what the query does not find");
  await page.screenshot({ path: `${out}/search-live.png` });
  assert.deepEqual(await axe(page), [], "live");
  await live.click();
  await page.getByText("2 new since").waitFor({ state: "detached" });
}
