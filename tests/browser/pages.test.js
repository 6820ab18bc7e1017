// The pages besides the report: a period, which needs no script, and one resource's life.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import axe from "axe-core";

import { close, done, launch, open, picture } from "./browser.js";

before(launch);
after(close);

/** What axe calls serious or worse. */
async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}

for (const name of ["period", "hostile-period", "history"]) {
  for (const [colorScheme, width] of [["light", 1280], ["dark", 390]]) {
    test(`nothing serious stands in anybody's way, ${name}, ${colorScheme}, ${width} wide`, async () => {
      const page = await open(name, { colorScheme, width });
      assert.deepEqual(await violations(page), []);
      await picture(page, `${name}-${colorScheme}-${width}`);
      const { scroll, client } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }));
      assert.ok(scroll <= client, `the page is ${scroll} wide, the window ${client}`);
      await done(page);
    });
  }
}

test("no name on the page of a period runs or becomes markup", async () => {
  const page = await open("hostile-period");
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  const strange = await page.evaluate(() => [...document.querySelectorAll(
    "script, img, iframe, object, embed, base, form, link, a[href]:not([href^='#']), [style], [onerror], [onload]")]
    .map((one) => one.outerHTML.slice(0, 100)));
  assert.deepEqual(strange, []);
  assert.ok((await page.locator("main").innerText()).includes("<img src=x onerror="));
  await done(page);
});

test("every section that the navigation of a page names is there", async () => {
  for (const name of ["period", "history"]) {
    const page = await open(name);
    for (const hash of await page.locator("nav a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))) {
      assert.equal(await page.locator(`section${hash}`).count(), 1, `${name} ${hash}`);
    }
    await done(page);
  }
});

test("the page of a life draws its scans and opens its findings", async () => {
  const page = await open("history");
  assert.equal(await page.locator("#timeline svg line.scan[y1='0']").count() >= 2, true);
  await page.locator("#list summary").first().click();
  assert.ok(await page.locator("#list .body table.diff").count() > 0);
  assert.ok((await page.locator("#revisions").innerText()).includes("Revision 2"));
  await done(page);
});

test("without script the page of a life tells its revisions and its ancestry", async () => {
  const page = await open("history", { javaScriptEnabled: false });
  const text = await page.locator("#revisions").innerText();
  for (const words of ["Revision 1", "Revision 2", "Ancestry", "made from"]) assert.ok(text.includes(words), words);
  await done(page);
});
