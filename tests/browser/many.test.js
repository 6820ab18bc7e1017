// A report of ten thousand findings.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { close, done, launch, listed, open, picture, viewOf } from "./browser.js";

before(launch);
after(close);

const view = viewOf("many");

test("ten thousand findings load, page by page, and filter", async (t) => {
  const started = Date.now();
  const page = await open("many");
  await page.locator("#filters").waitFor();
  const [paint] = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint").map((entry) => entry.startTime));
  t.diagnostic(`first paint after ${Math.round(paint)} ms, ready after ${Date.now() - started} ms`);
  assert.equal(view.findings.length, 10_000);
  assert.deepEqual(await listed(page), view.findings.slice(0, 100).map((finding) => finding.id));
  await page.locator("#pager").getByRole("button", { name: "Next" }).click();
  assert.deepEqual(await listed(page), view.findings.slice(100, 200).map((finding) => finding.id));
  const filtered = Date.now();
  await page.getByLabel("Rule", { exact: true }).selectOption("disk-reverted");
  const fits = view.findings.filter((finding) => finding.rule === "disk-reverted" || finding.also.includes("disk-reverted"));
  assert.deepEqual(await listed(page), fits.slice(0, 100).map((finding) => finding.id));
  t.diagnostic(`filtered by rule after ${Date.now() - filtered} ms`);
  await page.getByLabel("Rule", { exact: true }).selectOption("");
  const searched = Date.now();
  const one = view.findings[7_654];
  await page.getByLabel("Text", { exact: true }).fill(one.id);
  await page.waitForFunction(() => document.querySelectorAll("#list details").length === 1);
  t.diagnostic(`found by text after ${Date.now() - searched} ms`);
  assert.deepEqual(await listed(page), [one.id]);
  await picture(page, "many");
  await done(page);
});

test("a link leads to a finding on a far page", async () => {
  const wanted = view.findings[7_654];
  const page = await open("many", { hash: `#finding=${wanted.id}` });
  const details = page.locator(`#finding-${wanted.id}`);
  await details.waitFor();
  assert.equal(await details.evaluate((one) => one.open), true);
  assert.match(await page.locator("#pager").innerText(), /7601–7700 of 10,000/);
  await done(page);
});
