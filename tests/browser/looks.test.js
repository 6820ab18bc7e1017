// What axe has to say, and pictures, in both colour schemes and on a phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import axe from "axe-core";

import { close, done, launch, open, picture, viewOf } from "./browser.js";

before(launch);
after(close);

const SECTIONS = ["timeline", "changes", "residues", "events", "coverage", "logs"];

/** What axe calls serious or worse. */
async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`nothing serious stands in anybody's way, ${colorScheme}, ${width} wide`, async () => {
      // Hostile names are long, and axe takes its time over them.
      const names = (colorScheme === "light") === (width === 1280) ? ["demo", "first"] : ["demo", "hostile", "quiet"];
      for (const name of names) {
        const finding = viewOf(name).findings[0];
        const page = await open(name, { colorScheme, width, hash: finding ? `#finding=${finding.id}` : "" });
        assert.deepEqual(await violations(page), [], name);
        await done(page);
      }
    });

    test(`pictures, ${colorScheme}, ${width} wide`, async () => {
      const page = await open("demo", { colorScheme, width });
      await picture(page, `demo-${colorScheme}-${width}`);
      for (const section of SECTIONS) {
        await page.evaluate((id) => document.getElementById(id).scrollIntoView(), section);
        await picture(page, `demo-${section}-${colorScheme}-${width}`);
      }
      const { scroll, client } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }));
      assert.ok(scroll <= client, `the page is ${scroll} wide, the window ${client}`);
      await done(page);
    });
  }
}

test("the switch wins over the system's colours", async () => {
  const page = await open("demo", { colorScheme: "light" });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  const button = page.getByRole("button", { name: /^Colours/ });
  await button.click();
  assert.equal(await paper(), light);
  await button.click();
  assert.notEqual(await paper(), light);
  assert.deepEqual(await violations(page), []);
  await done(page);
});
