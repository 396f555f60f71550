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
    await page.context().close(); // it would miss what is ended now
  } finally {
    program.kill("SIGINT");
    await program.ended;
  }
}

module.exports = { checkSaving, send };
