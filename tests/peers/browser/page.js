// What a person does on the page, and what they then look for.
"use strict";

const { PATIENCE, troubles, until } = require("./check");

const DESK = { width: 1280, height: 800 };

/** Runs in the page before the page's own script. */
function watch() {
  document.addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective));
  window.EventSource = class extends EventSource {
    constructor(...words) {
      super(...words);
      window.stream = this;
    }
  };
}

async function open(browser, address, options = { viewport: DESK }) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  await context.addInitScript(watch);
  await context.route("**/*", (route) => {
    const { hostname, protocol } = new URL(route.request().url());
    if (hostname === "127.0.0.1" || protocol === "blob:") return route.continue();
    troubles.push(`request to ${hostname}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => troubles.push(error.stack));
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) troubles.push(`console: ${line.text()} ${line.location().url}`);
  });
  await page.goto(address);
  await page.locator(".chat").first().waitFor({ state: "attached" });
  return page;
}

async function say(page, text) {
  await page.locator("#text").fill(text);
  await page.locator("#text").press("Enter");
}

const words = (page, text) => page.locator(".entry:not(.own) .words", { hasText: text });
const entryWith = (page, text) => page.locator(".entry:not(.own)", { has: page.locator(".words", { hasText: text }) });
const summary = (query) => new RegExp(`^\\d+ pictures? for “${query}” · (\\d+ ms|\\d+\\.\\d s)$`);
const button = (page, text, name) => entryWith(page, text).last().getByRole("button", { name, exact: true });

/** The pictures of the newest album, all of them decoded. */
async function decoded(page) {
  const images = page.locator(".album").last().locator("img");
  await until("decoded pictures", () =>
    images.evaluateAll((all) => all.length > 0 && all.every((one) => one.complete && one.naturalWidth > 0)),
  );
  return images.count();
}

async function openChat(page, name) {
  // By its title: what was said last may name somebody else.
  await page.locator(".chat", { has: page.locator(".who b", { hasText: name }) }).first().click();
  await until(`the chat ${name}`, async () => (await page.locator("#chat-title").textContent()).startsWith(name));
}

const faultSwitch = (page, name) => page.locator(`[data-fault="${name}"]`);

async function setFault(page, name, on) {
  const it = faultSwitch(page, name);
  const state = async () => (await it.getAttribute("aria-checked")) === String(on);
  if (!(await state())) await it.click();
  await until(`${name} to be ${on}`, state);
}

/** What comes and goes within a second has done so. */
async function settled(page) {
  await page.evaluate(() => {
    const short = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 1000);
    return Promise.all(short.map((one) => one.finished.catch(() => {})));
  });
}

module.exports = {
  open,
  say,
  words,
  entryWith,
  summary,
  button,
  decoded,
  openChat,
  faultSwitch,
  setFault,
  settled,
};
