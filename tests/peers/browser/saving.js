// Checks of pictures that people send to the bot: kept, found by their senders alone, and forgotten.
"use strict";

const { assert, until } = require("./check");
const { button, decoded, open, openChat, say, words } = require("./page");
const { drawing } = require("./photos");
const { start } = require("./setup");

/** Sends a built-in drawing with a caption. */
async function send(page, name, caption) {
  await page.locator("#file").setInputFiles({ name: `${name}.jpg`, mimeType: "image/jpeg", buffer: drawing(name) });
  await page.locator("#photo-bar").waitFor();
  await say(page, caption);
  await page.locator(".entry.own", { hasText: caption }).locator("img").waitFor();
}

const answers = (query) => new RegExp(`[“«]${query}[”»]`);
const foundPictures = (page, caption) => page.locator(".entry:not(.own):has(img)", { hasText: caption });

/** The bot asks once what a picture means; from then on it keeps them by itself. */
async function keeps(page) {
  await openChat(page, "Ada");
  await send(page, "bus", "our zephyrine on the way to school");
  await button(page, "Shall I keep the pictures", "Keep them").click();
  await words(page, "Saved.").waitFor();
  assert((await button(page, "Saved.", "Similar").count()) === 1, "a button to look for similar ones");
  await send(page, "pizza", "kestrel for dinner");
  await until("both", async () => (await words(page, "Saved.").count()) === 2);
}

async function findsByWords(page) {
  await say(page, "zephyrine");
  await words(page, answers("zephyrine")).waitFor();
  await foundPictures(page, "our zephyrine").waitFor();
  await decoded(page);
}

async function nobodyElseFinds(page) {
  await openChat(page, "Bob");
  await say(page, "/start");
  await openChat(page, "Ada");
  await page.getByRole("button", { name: "Let in", exact: true }).click();
  await words(page, "Let in: Bob (id 2).").waitFor();
  await openChat(page, "Bob");
  for (const query of ["zephyrine", "pizza"]) {
    await say(page, query);
    await words(page, answers(query)).last().waitFor();
  }
  const all = await page.locator("#messages").textContent();
  assert(!/on the way|kestrel/.test(all), "no caption of somebody else's", all);
}

/** In another chat by the bot's name: sent as the file that Telegram has. */
async function findsInline(page) {
  await openChat(page, "Friends");
  await page.locator("#text").fill("@playground_bot zephyrine");
  const pictures = page.locator("#popup .thumbs img");
  await pictures.first().waitFor();
  const sources = await pictures.evaluateAll((all) => all.map((one) => new URL(one.src).pathname));
  assert(sources[0].startsWith("/api/files/"), "by file_id:", sources);
  await page.locator("#text").fill("");
}

async function similar(page) {
  await openChat(page, "Ada");
  await button(page, "Saved.", "Similar").click();
  await words(page, /^\d+ pictures? for your picture ·/).waitFor();
  await decoded(page);
}

/** The picture goes where it can be seen, and the words that only it had find nothing. */
async function forgets(page) {
  await openChat(page, "Ada");
  await button(page, "Saved.", "Forget").click();
  await words(page, "Forgotten.").waitFor();
  const found = await foundPictures(page, "kestrel").count();
  await say(page, "kestrel");
  await words(page, answers("kestrel")).last().waitFor();
  assert((await foundPictures(page, "kestrel").count()) === found, "it is forgotten");
  await say(page, "zephyrine");
  await until("the other one is still there", async () => (await foundPictures(page, "our zephyrine").count()) === 2);
}

/** What is posted in a group that is collected is found by its members, wherever they type. */
async function collects(page) {
  await openChat(page, "Friends");
  await say(page, "/collect");
  await words(page, "From now on I keep the pictures").waitFor();
  await send(page, "bicycle", "kingfisher by the lake");
  await openChat(page, "Bob");
  // In silence: it is saved a moment after it was posted.
  await until("a member to find it in another chat", async () => {
    await page.locator("#text").fill("@playground_bot kingfisher");
    const found = page.locator("#popup .thumbs button[title^='kingfisher by the lake']");
    const shown = await found.waitFor({ timeout: 5000 }).then(() => true, () => false);
    await page.locator("#text").fill("");
    return shown;
  });
}

/** Who is not in the group finds nothing of it, nor anything else. */
async function strangersFindNothing(page) {
  const { origin } = new URL(page.url());
  const events = await fetch(`${origin}/api/events`);
  const body = JSON.stringify({ user: 77, query: "kingfisher", offset: "" });
  const headers = { "content-type": "application/json" };
  const asked = await fetch(`${origin}/api/inline`, { method: "POST", headers, body });
  const { id } = await asked.json();
  let text = "";
  for await (const part of events.body) {
    text += Buffer.from(part).toString();
    const answers = [...text.matchAll(/^event: ?inline\ndata: ?(.*)$/gm)].map(([, data]) => JSON.parse(data));
    const answer = answers.find((one) => String(one.id) === String(id));
    if (answer) return assert(answer.results.length === 0, "results for a stranger:", answer);
  }
  throw new Error("no answer for a stranger");
}

/** The checks, by name, in order; `check` runs one. */
async function checkSaving(browser, check) {
  const program = start();
  try {
    const page = await open(browser, await program.address);
    await check("a picture is kept once its sender chose that", () => keeps(page));
    await check("it is found by its words", () => findsByWords(page));
    await check("and in another chat, by the bot's name", () => findsInline(page));
    await check("by nobody else", () => nobodyElseFinds(page));
    await check("others like it", () => similar(page));
    await check("what is forgotten is gone", () => forgets(page));
    await check("a member finds elsewhere what a group collects", () => collects(page));
    await check("and a stranger does not", () => strangersFindNothing(page));
    await page.context().close(); // it would miss what is ended now
  } finally {
    program.kill("SIGINT");
    await program.ended;
  }
}

module.exports = { checkSaving, send };
