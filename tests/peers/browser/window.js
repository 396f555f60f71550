// Checks of the page as a whole: a lost connection, dark and light, a phone, the end.
"use strict";

const { assert, troubles, until } = require("./check");
const { settled } = require("./page");

const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

async function reconnect(page) {
  const before = await page.locator(".entry").count();
  await page.evaluate(async () => {
    const first = window.stream;
    const second = new EventSource("/api/events");
    const data = await new Promise((resolve) => second.addEventListener("state", (event) => resolve(event.data)));
    second.close();
    first.dispatchEvent(new MessageEvent("state", { data }));
  });
  assert((await page.locator(".entry").count()) === before, "a second state doubles nothing");
  const edited = () => page.locator(".meta", { hasText: "edited" }).count();
  const marks = await edited();
  await page.reload();
  await until("the same messages", async () => (await page.locator(".entry").count()) === before);
  assert(marks > 0 && (await edited()) === marks, "the same messages are marked as edited", marks);
}

async function dark(page) {
  const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await colour();
  await page.emulateMedia({ colorScheme: "dark" });
  const night = await colour();
  assert(night !== light, "dark by the system's wish", night);
  await page.locator("#theme").click();
  assert((await colour()) === light, "the toggle goes first");
  await page.reload();
  await page.locator(".entry").first().waitFor();
  assert((await colour()) === light, "and is remembered");
}

/** Nothing on show sticks out of a narrow window. */
async function fits(page, what) {
  const out = await page.evaluate(() => {
    const clips = (node) => node && (node.matches("#chats, #panel") ? getComputedStyle(node).visibility === "hidden" : clips(node.parentElement));
    return [...document.querySelectorAll("body *")]
      .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !clips(node) && !node.closest("svg, .unseen, .tile"))
      .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5 || node.getBoundingClientRect().left < -0.5)
      .map((node) => node.id || String(node.className) || node.tagName);
  });
  assert(out.length === 0, what, "sticks out:", out.slice(0, 5));
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, document.getElementById("scroller").scrollWidth]);
  assert(Math.max(...wide) <= 360, what, "scrolls sideways", wide);
}

async function phone(page) {
  await page.locator(".entry").first().waitFor();
  await fits(page, "the chat");
  await page.locator("#open-panel").click();
  await settled(page);
  await fits(page, "the panel");
  assert(await page.locator("#faults").isVisible(), "the faults are there");
  await page.keyboard.press("Escape");
  await page.locator("#open-chats").click();
  await settled(page);
  await fits(page, "the list of chats");
  await page.locator(".chat", { hasText: "Friends" }).click();
  await settled(page);
  await fits(page, "the group");
  await page.locator(".tile").last().click();
  await page.locator("#lightbox-image").waitFor();
  await fits(page, "the lightbox");
  await page.locator("#lightbox-close").click();
}

async function ends(page, program) {
  program.kill("SIGINT");
  const late = new Promise((resolve) => setTimeout(resolve, 20_000, "nothing yet").unref());
  const code = await Promise.race([program.ended, late]);
  assert(code === 0, "ended with", code, program.log());
  for (const context of page.context().browser().contexts()) await context.close();
  troubles.length = 0; // the open pages told of the lost connection
}

module.exports = { dark, ends, PHONE, phone, reconnect };
