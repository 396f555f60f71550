// Checks of the side panel: the switches for faults, the traffic, refused requests.
"use strict";

const { assert, until } = require("./check");
const { button, decoded, faultSwitch, say, setFault, summary, words } = require("./page");

async function endpointDown(page) {
  await setFault(page, "endpoint_down", true);
  await say(page, "/query car");
  await words(page, "Please try “car” again").waitFor();
  await setFault(page, "endpoint_down", false);
  await button(page, "Please try “car” again", "Retry").click();
  await words(page, summary("car")).waitFor();
  await decoded(page);
}

async function asleep(page) {
  await setFault(page, "space_asleep", true);
  await say(page, "/query tree");
  await words(page, "was asleep and is waking up").waitFor();
  await words(page, summary("tree")).waitFor();
  await decoded(page);
  await until("the switch to go back", async () => (await faultSwitch(page, "space_asleep").getAttribute("aria-checked")) === "false");
}

/** With `fault`, whose calls end with `status`, the answer comes all the same. */
async function telegramFault(page, fault, status, word) {
  const troubled = page.locator(".call .status", { hasText: status });
  const before = await troubled.count();
  await setFault(page, fault, true);
  await say(page, `/query ${word}`);
  await until(`a ${status} in the traffic`, async () => (await troubled.count()) > before);
  await setFault(page, fault, false);
  await words(page, summary(word)).waitFor();
  await decoded(page);
}

/** What the bot says to Telegram as it starts takes a few lines, not forty; a click shows all of it. */
async function folded(page) {
  // Which of them comes first, and whether a poll is among them, is chance.
  let run = null;
  await until("one line for many calls", async () => {
    for (const one of await page.locator("#traffic > .run", { hasText: "setMyCommands" }).all()) {
      const count = await one.locator(".one").count();
      const words = await one.locator("summary .what").textContent();
      if (count > 5 && words.endsWith(`MyCommands × ${count}`)) run = one;
    }
    return run !== null;
  });
  const rows = run.locator(".one");
  assert(!(await rows.first().isVisible()), "it is folded");
  await run.locator("summary").click();
  assert(await rows.last().isVisible(), "a click opens it");
  await run.locator("summary").click();
  const lines = await page.locator("#traffic > li").count();
  assert(lines < 20, "lines at the start:", lines);
}

async function traffic(page) {
  const shown = (what) => page.locator(".call:visible .what", { hasText: what });
  await page.locator("#filter button", { hasText: "Search" }).click();
  assert((await shown("sendMessage").count()) === 0 && (await shown("GET /search").count()) > 0, "only searches");
  await page.locator("#filter button", { hasText: "Telegram" }).click();
  assert((await shown("sendMessage").count()) > 0 && (await shown("GET /search").count()) === 0, "only Telegram");
  await page.locator("#filter button", { hasText: "All" }).click();
  await page.locator("#pause").click();
  const before = await page.locator(".call").count();
  await say(page, "/help");
  await until("held rows", async () => Number(await page.locator("#held").textContent()) > 0);
  assert((await page.locator(".call").count()) === before, "the pause holds");
  await page.locator("#pause").click();
  await until("the held rows", async () => (await page.locator(".call").count()) > before);
  const refused = await page.locator(".call.refused").allTextContents();
  assert(refused.length === 0, "the server refused what the bot sent:", refused);
}

/** The token of the bot inside, which the page is told as it is opened. */
async function botToken(origin) {
  const events = await fetch(`${origin}/api/events`);
  let text = "";
  for await (const part of events.body) {
    text += Buffer.from(part).toString();
    const found = /"token":"([^"]+)"/.exec(text);
    if (found) return found[1]; // which also ends the stream
  }
  throw new Error(`no token in ${text}`);
}

/** What another bot would do wrong: it reads why, and so does who looks at the page. */
async function refusal(page) {
  const { origin } = new URL(page.url());
  const token = await botToken(origin);
  const bad = async (method, parameters) => {
    const body = JSON.stringify(parameters);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${origin}/bot${token}/${method}`, { method: "POST", headers, body });
    const { description } = await answer.json();
    const row = page.locator(".call.refused", { hasText: method }).filter({ hasText: description });
    await row.first().waitFor();
    const colour = (of) => of.evaluate((element) => getComputedStyle(element).color.match(/\d+/g).map(Number));
    const [red, green, blue] = await colour(row.first().locator("p"));
    assert(red > green + 60 && red > blue + 60, "not red:", red, green, blue);
    return description;
  };
  const empty = await bad("sendMessage", { chat_id: 1, text: "" });
  assert(empty === "Bad Request: message text is empty", empty);
  await bad("sendPhoto", { chat_id: 1, foto: "x" });
  await bad("sendHologram", {});
}

module.exports = { asleep, endpointDown, folded, refusal, telegramFault, traffic };
