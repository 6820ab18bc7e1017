// The report of the demo: filters, deep links, evidence, the time line, keyboard and paper.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { address, close, done, launch, listed, open, picture, viewOf } from "./browser.js";

before(launch);
after(close);

const view = viewOf("demo");
const ids = (findings) => findings.map((finding) => finding.id);

test("the script tells of each finding what the page without script told", async () => {
  const plain = await open("demo", { javaScriptEnabled: false });
  const scripted = await open("demo");
  const said = (page) => page.locator("#list summary").allInnerTexts();
  assert.deepEqual(await said(scripted), await said(plain));
  assert.equal((await said(plain)).length, view.findings.length);
  await picture(plain, "demo-without-script");
  await done(plain);
  await done(scripted);
});

test("without script the verdict, the findings and the coverage are there", async () => {
  const page = await open("demo", { javaScriptEnabled: false });
  const text = await page.locator("main").innerText();
  const critical = view.findings.filter((finding) => finding.band === "critical").length;
  assert.ok(critical > 0);
  for (const words of [`${critical} critical`, "not listed completely", "svc-backup-service", "Numbers are resources listed"]) assert.ok(text.includes(words), words);
  assert.equal(await page.locator("#filters").isVisible(), false);
  await done(page);
});

test("one screen tells what happened, when, by whom, and what is not known", async () => {
  const page = await open("demo");
  for (const card of ["Looked at", "Found", "When and by whom", "Not known"]) {
    const box = await page.getByRole("heading", { name: card }).boundingBox();
    assert.ok(box.y + box.height < 900, `${card} stands below the fold`);
  }
  await done(page);
});

test("each filter keeps what fits, and the address says so", async () => {
  const page = await open("demo");
  const choose = async (label, value) => page.getByLabel(label, { exact: true }).selectOption(value);
  const cases = [
    ["Rule", "rule", "disk-reverted", (finding) => finding.rule === "disk-reverted" || finding.also.includes("disk-reverted")],
    ["Technique", "technique", "T1578.003", (finding) => finding.techniques.includes("T1578.003")],
    ["Status", "status", "new", (finding) => finding.status === "new"],
    ["Trace", "trace", "unexplained", (finding) => view.changes.some((change) => finding.changes.includes(change.id) && change.trace.state === "unexplained")],
  ];
  for (const [label, name, value, fits] of cases) {
    await choose(label, value);
    assert.deepEqual(await listed(page), ids(view.findings.filter(fits)), label);
    assert.deepEqual(await address(page), { [name]: value });
    await page.getByRole("button", { name: "Clear filters" }).click();
  }
  await choose("Provider", "azure");
  const azure = await listed(page);
  assert.ok(azure.length > 0 && azure.length < view.findings.length);
  assert.ok(view.findings.filter((finding) => azure.includes(finding.id)).every((finding) => finding.resources.every((one) => one.provider === "azure")));
  await choose("Provider", "");
  await choose("Actor", "svc-backup-service");
  assert.ok((await page.locator("#list summary").allInnerTexts()).every((text) => text.includes("svc-backup-service")));
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("button", { name: /^high/ }).click();
  await page.getByRole("button", { name: /^medium/ }).click();
  assert.deepEqual(await listed(page), ids(view.findings.filter((finding) => ["high", "medium"].includes(finding.band))));
  assert.deepEqual(await address(page), { band: "high,medium" });
  assert.equal(await page.getByRole("button", { name: /^high/ }).getAttribute("aria-pressed"), "true");
  await done(page);
});

test("free text finds a finding by an id that it cites", async () => {
  const page = await open("demo");
  await page.getByLabel("Text", { exact: true }).fill("PARTNER-gw-1 disk-reverted");
  await page.waitForFunction(() => location.hash.includes("q="));
  const found = await listed(page);
  assert.ok(found.length >= 1 && found.length < 5, String(found.length));
  assert.match(await page.locator("#found").innerText(), /^\d+ of 46 findings fit the filters\.$/);
  await page.getByLabel("Text", { exact: true }).fill("no such thing");
  await page.waitForFunction(() => document.querySelectorAll("#list details").length === 0);
  await done(page);
});

test("a link leads to a finding and opens it, another to filters", async () => {
  const wanted = view.findings.at(-1);
  const page = await open("demo", { hash: `#finding=${wanted.id}` });
  const details = page.locator(`#finding-${wanted.id}`);
  assert.equal(await details.evaluate((one) => one.open), true);
  assert.ok(await details.locator(".body").innerText() !== "");
  const { y } = await details.boundingBox();
  assert.ok(y >= 0 && y < 900, `it stands at ${y}`);
  await page.goto(`${page.url().split("#")[0]}#band=high&rule=exposure-opened`);
  const fits = (finding) => finding.band === "high" && (finding.rule === "exposure-opened" || finding.also.includes("exposure-opened"));
  assert.deepEqual(await listed(page), ids(view.findings.filter(fits)));
  await page.goto(`${page.url().split("#")[0]}#band=low&finding=${view.findings[0].id}`);
  assert.equal(await page.locator(`#finding-${view.findings[0].id}`).evaluate((one) => one.open), true, "a filter hides no finding that a link names");
  await done(page);
});

test("a finding shows why, its changes with both values, its events and the ancestry of its disk", async () => {
  const wanted = view.findings.find((finding) => finding.title.startsWith("Instance bastion-1"));
  const page = await open("demo", { hash: `#finding=${wanted.id}` });
  const body = page.locator(`#finding-${wanted.id} .body`);
  const text = await body.innerText();
  for (const step of wanted.why) assert.ok(text.includes(step.reason), step.reason);
  for (const id of wanted.changes) {
    const change = view.changes.find((one) => one.id === id);
    for (const { path, before, after } of change.attributes) {
      const row = body.locator("table.diff tr", { hasText: path }).first();
      assert.deepEqual((await row.locator("td").allInnerTexts()), [before, after]);
    }
    for (const event of change.trace.events) assert.ok(text.includes(event), event);
  }
  const graph = body.locator(".graph svg");
  const said = await graph.getAttribute("aria-label");
  for (const fact of ["old_volume", "new_volume"]) assert.ok(said.includes(wanted.facts[fact]), said);
  assert.ok(said.includes(`${wanted.facts.source.uid} taken of volume ${wanted.facts.old_volume}`), said);
  await page.setViewportSize({ width: 1280, height: 1600 });
  await picture(page, "demo-finding");
  await done(page);
});

test("the time line zooms, tells of its marks and leads to findings by keyboard alone", async () => {
  const page = await open("demo");
  const chart = page.getByRole("application", { name: "Time line" });
  await chart.focus();
  assert.ok(await chart.locator(".unlogged").count() >= 4, "gaps of the logs are bars");
  assert.ok(await chart.locator(".lost").count() >= 8, "lost hours are bars");
  assert.equal(await chart.locator(".scan").count(), 2);
  const told = () => page.locator(".readout").innerText();
  const first = await told();
  await page.keyboard.press("n");
  const second = await told();
  assert.notEqual(second, first);
  await page.keyboard.press("n");
  assert.notEqual(await told(), second);
  await page.keyboard.press("+");
  const { span } = await address(page);
  const [from, to] = span.split("/").map(Date.parse);
  assert.ok(Math.abs(to - from - 12.72 * 36e5) < 36e5, span);
  await page.keyboard.press("Home");
  assert.deepEqual(await address(page), {});
  await page.keyboard.press("n");
  await page.keyboard.press("Enter");
  assert.ok(view.findings.some((finding) => page.url().includes(finding.id)));
  await done(page);
});

test("the time line tells what the pointer points at", async () => {
  const page = await open("demo");
  await page.locator("#timeline").scrollIntoViewIfNeeded();
  const gap = page.locator("#timeline .unlogged").first();
  await gap.scrollIntoViewIfNeeded();
  const box = await gap.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  assert.match(await page.locator(".readout").innerText(), /cloudtrail: gap/);
  await done(page);
});

test("the keyboard reaches the findings and opens one", async () => {
  const page = await open("demo");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the findings");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "findings");
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.tagName === "SUMMARY")) break;
  }
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.startsWith("#finding="));
  assert.deepEqual(await address(page), { finding: view.findings[0].id });
  await done(page);
});

test("paper shows the evidence of every finding, and the screen is as it was after it", async () => {
  const page = await open("demo");
  const open_ = () => page.locator("#list details[open]").count();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await open_(), view.findings.length);
  assert.ok(await page.locator("#list .body").evaluateAll((all) => all.every((one) => one.childElementCount > 0)));
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await open_(), 0);
  await page.pdf({ path: `${process.env.DRIFTLINE_REPORTS}/demo.pdf`, format: "A4" });
  await done(page);
});
