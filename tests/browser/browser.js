// One browser for a file of tests, and pages that notice whatever a report must not do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

/** Where the reports are, and where pictures of them go. */
const folder = process.env.DRIFTLINE_REPORTS;

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

let browser;

export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.DRIFTLINE_BROWSER, args: FLAGS });
}

export async function close() {
  await browser?.close();
}

/** The v1 view that a report was made of. */
export function viewOf(name) {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8"));
}

/** Opens a report; whatever it says to the console or asks of the network stands in `page.offences`. */
export async function open(name, { hash = "", width = 1280, height = 900, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  // A limit for what hangs, however busy the machine is.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const offences = [];
  const url = `${pathToFileURL(path.join(folder, `${name}.html`))}${hash}`;
  page.on("console", (message) => offences.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => offences.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => { offences.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url().split("#")[0] !== url.split("#")[0]) offences.push(`request: ${request.url()}`); });
  await page.goto(url);
  return Object.assign(page, { offences });
}

/** Closes a page, which must have done nothing that a report must not do. */
export async function done(page) {
  const { offences } = page;
  await page.context().close();
  assert.deepEqual(offences, []);
}

/** Keeps a picture of what the page shows. */
export async function picture(page, name) {
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** The ids of the findings that the page lists. */
export function listed(page) {
  return page.locator("#list details").evaluateAll((all) => all.map((one) => one.id.replace(/^finding-/, "")));
}

/** The state that stands in the address. */
export async function address(page) {
  return Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));
}
