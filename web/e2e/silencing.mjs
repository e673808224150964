// Silences as an analyst makes them: from an alert, an incident and a filter; seen before, listed, made longer, ended.
import assert from "node:assert/strict";
import { axe } from "./browser.mjs";

export async function silencing({ page, base, out, settled, incident }) {
  const dialog = page.getByRole("dialog", { name: "Silence alerts" });
  const row = (text) => page.getByRole("row").filter({ hasText: text });

  // From an alert: its rule and source; what it would be about is there before it is made.
  await page.goto(`${base}/alerts?q=${encodeURIComponent("source.ip:203.0.113.45 and rule.level:high")}`);
  await settled();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Silence", exact: true }).click();
  const query = dialog.getByLabel("Which alerts");
  assert.match(await query.inputValue(), /^rule\.id:\S+ and source\.ip:"?203\.0\.113\.45"?$/);
  await dialog.getByText(/^[1-9]\d* alerts? since 20\d\d-\d\d-\d\d$/).waitFor();
  await dialog.getByText("The newest of them").click();
  await dialog.getByText(/Open incident:/).first().waitFor();
  await page.screenshot({ path: `${out}/silence.png` });
  assert.deepEqual(await axe(page), [], "the dialog of a silence");
  assert(await dialog.getByRole("button", { name: "Silence", exact: true }).isDisabled(), "without a reason");
  await query.fill("rule.idd:x");
  await dialog.getByRole("alert").getByText(/rule\.idd/).waitFor();
  await query.fill("source.ip:203.0.113.45");
  await dialog.getByText(/^[1-9]\d* alerts since/).waitFor();
  await dialog.getByLabel("Reason").fill("<b>drill</b> until four");
  await dialog.getByRole("button", { name: "Silence", exact: true }).click();
  await page.getByText(/^Silenced until 20\d\d-\d\d-\d\d \d\d:\d\d UTC$/).waitFor();

  // Of an incident, in a window to come.
  await page.goto(base + incident);
  await page.getByRole("button", { name: "Silence", exact: true }).click();
  assert.equal(await query.inputValue(), `incident.id:${incident.split("/").at(-1)}`);
  await dialog.getByLabel("For how long").selectOption("window");
  const day = (n) => `${new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)}T10:00`;
  await dialog.getByLabel("From").fill(day(2));
  await dialog.getByLabel("Until").fill(day(1));
  await dialog.getByLabel("Reason").fill("new kernel");
  await dialog.getByRole("button", { name: "Silence", exact: true }).click();
  await dialog.getByText(/over before it begins/).waitFor();
  await dialog.getByLabel("Until").fill(day(3));
  await dialog.getByRole("button", { name: "Silence", exact: true }).click();
  await page.getByText(/^Silenced until/).waitFor();

  // Of a filter, as it stands, and taken back at once.
  await page.goto(`${base}/alerts?q=${encodeURIComponent("alert.class:scan")}`);
  await settled();
  await page.getByRole("button", { name: "Silence these" }).click();
  assert.equal(await query.inputValue(), "alert.class:scan");
  await dialog.getByLabel("Reason").fill("our scanner");
  await dialog.getByRole("button", { name: "Silence", exact: true }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Silence ended").waitFor();

  // The list: by Ctrl-K; one is made longer, then ended; all stay.
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).fill("silen");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/silences");
  await row("new kernel").getByText("to come").waitFor();
  await row("our scanner").getByText("over", { exact: true }).waitFor();
  const drill = row("<b>drill</b> until four");
  await drill.getByText("active", { exact: true }).waitFor();
  await drill.getByText(/^3 h 5\d min$/).waitFor();
  await drill.getByRole("button", { name: "1 h longer" }).click();
  await drill.getByText(/^4 h 5\d min$/).waitFor();
  await page.screenshot({ path: `${out}/silences-list.png` });
  assert.deepEqual(await axe(page), [], "the list of silences");
  for (const each of [drill, row("new kernel")]) {
    await each.getByRole("button", { name: "End it" }).click();
    await each.getByText("ended by admin").waitFor();
  }
  await page.getByRole("checkbox", { name: "Also what is over" }).uncheck();
  await page.getByText("Nothing is silenced").waitFor();
}
