// A report whose every name, reason and value attacks the page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { close, done, launch, open, picture, viewOf } from "./browser.js";

before(launch);
after(close);

const view = viewOf("hostile");
// `innerText` writes a tab between cells and a line feed between lines.
const TREACHEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

/** Opens everything that can be opened. */
async function unfold(page) {
  const openAll = () => page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  await openAll();
  await page.waitForFunction(() => [...document.querySelectorAll(".finding .body")].every((one) => one.childElementCount > 0));
  await openAll();
  await page.waitForFunction(() => [...document.querySelectorAll("details.inline")].every((one) => one.childElementCount > 1));
  for (let rounds = 0; rounds < 5; rounds += 1) {
    await page.evaluate(() => document.querySelectorAll("button.unfold, button.more").forEach((one) => one.click()));
  }
  assert.equal(await page.locator("button.unfold").count(), 0);
}

test("nothing that a name says runs, and no name becomes markup", async () => {
  const page = await open("hostile");
  await unfold(page);
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  const strange = await page.evaluate(() => [...document.querySelectorAll(
    "img, iframe, object, embed, base, form, link, a[href]:not([href^='#']), [style], [onerror], [onload]")]
    .map((one) => one.outerHTML.slice(0, 100)));
  assert.deepEqual(strange, []);
  assert.equal(await page.evaluate(() => document.scripts.length), 2);
  await done(page);
});

test("what a name says is there to read, with what misleads made visible", async () => {
  const page = await open("hostile");
  await unfold(page);
  const text = await page.locator("body").innerText();
  for (const piece of ["<img src=x onerror=", "</script><script>", "<!--", "\\u{202e}", "\\u{2028}"]) assert.ok(text.includes(piece), piece);
  assert.equal(TREACHEROUS.exec(text), null);
  const attributes = await page.evaluate(() => [...document.querySelectorAll("body *:not(option)")].flatMap((one) => [...one.attributes].map((attribute) => attribute.value)).join("\n"));
  assert.equal(TREACHEROUS.exec(attributes), null);
  await done(page);
});

test("every filter takes every hostile value", async () => {
  const page = await open("hostile");
  for (const label of ["Provider", "Account", "Rule", "Technique", "Actor", "Status", "Trace"]) {
    const select = page.getByLabel(label, { exact: true });
    const values = await select.locator("option").evaluateAll((all) => all.map((one) => one.value));
    for (const value of values.filter((one) => one !== "")) {
      await select.selectOption({ index: values.indexOf(value) });
      assert.notEqual(await page.locator("#list details").count(), 0, `${label} ${value}`);
    }
    await select.selectOption("");
  }
  await done(page);
});

test("a hostile address asks for nothing that is there, and runs nothing", async () => {
  for (const hash of ["#finding=%3Cimg%20src=x%20onerror=hacked=1%3E", "#span=x/y", "#span=2026-01-01T00:00:00Z/1970-01-01T00:00:00Z",
    "#rule=%22%5D%3B&band=,,x&actor=%3C/option%3E", "#__proto__=x&constructor=y", "#%", "#=&=", "#q=%E2%80%AE%3Cb%3E"]) {
    const page = await open("hostile", { hash });
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    await page.locator("#timeline svg .lane").first().waitFor({ state: "attached" });
    await done(page);
  }
});

test("the script reads the view as it was written", async () => {
  const page = await open("hostile", { hash: `#finding=${view.findings[0].id}` });
  await picture(page, "hostile");
  const read = await page.evaluate(() => JSON.parse(document.getElementById("report").textContent).view);
  assert.deepEqual(read, view);
  await done(page);
});

test("the policy stops whatever would get into the page all the same", async () => {
  const page = await open("quiet");
  const stopped = await page.evaluate(async () => {
    const heard = [];
    document.addEventListener("securitypolicyviolation", (event) => heard.push(event.effectiveDirective));
    for (const [tag, words] of [["script", { textContent: "globalThis.hacked = 1" }], ["img", { src: "http://127.0.0.1:9/x.png" }], ["style", { textContent: "body{display:none}" }]]) {
      try { document.body.append(Object.assign(document.createElement(tag), words)); } catch (error) { heard.push(error.name); }
    }
    try { document.body.innerHTML = "<b>x</b>"; } catch (error) { heard.push(error.name); }
    await fetch("http://127.0.0.1:9/").catch((error) => heard.push(error.name));
    for (let waits = 0; waits < 100 && heard.length < 6; waits += 1) await new Promise((resolve) => { setTimeout(resolve, 50); });
    return heard;
  });
  assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
  for (const directive of ["img-src", "style-src-elem", "connect-src"]) assert.ok(stopped.includes(directive), `${directive}: ${stopped}`);
  assert.ok(stopped.filter((name) => name === "TypeError").length >= 2, String(stopped));
  await page.context().close();
});
