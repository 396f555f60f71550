// Checks of a chat: commands, albums, buttons, the lightbox, other languages, groups and uploads.
"use strict";

const { assert, until } = require("./check");
const { button, decoded, entryWith, openChat, say, summary, words } = require("./page");

async function answers(page) {
  assert((await page.locator("#chat-title").textContent()).startsWith("Ada"), "Ada's chat is the first");
  await say(page, "/start");
  await words(page, "I find pictures by what they show").last().waitFor();
  const since = Date.now();
  await button(page, "I find pictures", "Try: a red bus at night").click();
  await words(page, summary("a red bus at night")).waitFor();
  assert(Date.now() - since < 10_000, "the answer is slow");
  await decoded(page);
}

async function query(page) {
  const texts = [];
  await page.exposeFunction("seen", (text) => texts.push(text));
  await page.evaluate(() => {
    const look = () => [...document.querySelectorAll(".entry:not(.own) .words")].forEach((one) => window.seen(one.textContent));
    new MutationObserver(look).observe(document.getElementById("messages"), { childList: true, subtree: true });
  });
  await say(page, "/query bus");
  await words(page, summary("bus")).waitFor();
  assert(texts.includes("Searching for “bus”…"), "no acknowledgement", texts);
  assert((await decoded(page)) >= 2, "an album has pictures");
  const meta = await entryWith(page, summary("bus")).locator(".meta").textContent();
  assert(meta.startsWith("edited"), meta);
  assert((await words(page, "Searching for “bus”…").count()) === 0, "the acknowledgement was edited");
}

async function more(page) {
  const albums = await page.locator(".album").count();
  await button(page, summary("bus"), "More").click();
  await until("another album", async () => (await page.locator(".album").count()) > albums);
  // It may add that this was all.
  await until("another summary", async () => (await words(page, /^\d+ pictures? for “bus” ·/).count()) === 2);
  await until("no spinner", async () => (await page.locator(".key[aria-busy]").count()) === 0);
  await decoded(page);
}

async function lightbox(page) {
  const tile = page.locator(".album").last().locator(".tile").first();
  await tile.focus();
  await page.keyboard.press("Enter");
  const image = page.locator("#lightbox-image");
  await until("the picture", () => image.evaluate((one) => one.complete && one.naturalWidth > 0));
  const count = () => page.locator("#lightbox-count").textContent();
  assert((await count()).startsWith("1 of"), await count());
  await page.keyboard.press("ArrowRight");
  assert((await count()).startsWith("2 of"), await count());
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  const [, last, of] = /^(\d+) of (\d+)$/.exec(await count());
  assert(last === of, "the arrows go round", last, of);
  for (let step = 0; step < 8; step += 1) {
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog") !== null);
    assert(inside, "the focus left the lightbox");
  }
  await page.keyboard.press("Escape");
  assert(await page.locator("#lightbox").isHidden(), "Esc closes");
  assert(await tile.evaluate((one) => one === document.activeElement), "the focus comes back");
}

async function commands(page) {
  await page.locator("#open-commands").click();
  const options = page.getByRole("option");
  const names = await options.locator("b").allTextContents();
  assert(names.includes("/query") && names.includes("/help"), names);
  await page.keyboard.press("Escape");
  assert((await options.count()) === 0 || (await page.locator("#popup").isHidden()), "Esc closes");
  await page.locator("#text").pressSequentially("/h");
  assert((await options.locator("b").allTextContents()).join() === "/help", "typing narrows the list");
  await page.locator("#text").fill("/");
  await page.keyboard.press("ArrowDown");
  const chosen = page.locator(".option[aria-selected=true] b");
  assert((await chosen.textContent()) === names[1], "the arrow chooses");
  const helps = await words(page, "I find pictures").count();
  while ((await chosen.textContent()) !== "/help") await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await until("the help", async () => (await words(page, "I find pictures").count()) > helps);
}

async function forcedReply(page) {
  await say(page, "/query");
  await page.locator("#reply-bar").waitFor();
  assert((await page.locator("#text").getAttribute("placeholder")) === "a red bus at night", "the placeholder");
  await say(page, "cat");
  await words(page, summary("cat")).waitFor();
  assert(await page.locator("#reply-bar").isHidden(), "the reply was sent");
}

async function spanish(page) {
  await openChat(page, "Bob");
  await say(page, "bus");
  await words(page, "Este bot es privado").waitFor();
  await say(page, "/start");
  await openChat(page, "Ada");
  await words(page, "Bob (id 2) wants to use this bot.").waitFor();
  await page.getByRole("button", { name: "Let in", exact: true }).click();
  await words(page, "Let in: Bob (id 2).").waitFor();
  await openChat(page, "Bob");
  await words(page, "Encuentro imágenes por lo que muestran").waitFor();
  await page.locator("#text").fill("/");
  await page.getByRole("option", { name: "Qué hace este bot" }).waitFor();
  await page.locator("#text").fill("");
  await say(page, "bus");
  await words(page, /^\d+ im[aá]gen(es)? de «bus»/).waitFor();
  await decoded(page);
}

async function group(page) {
  await openChat(page, "Friends");
  await say(page, "hello");
  await page.locator(".entry.own", { hasText: "hello" }).waitFor();
  await page.locator("#writers label", { hasText: "Bob" }).click();
  await say(page, "/query bus");
  await words(page, "de «bus»").waitFor();
  await decoded(page);
  const senders = await page.locator(".sender").allTextContents();
  assert(senders[0] === "Ada" && senders.length === 2, "Ada, Bob himself, the bot once:", senders);
  assert((await page.locator(".entry.own").textContent()).includes("/query bus"), "Bob's own message");
}

async function upload(page) {
  await openChat(page, "Ada");
  const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 240, height: 180 } });
  const preview = page.locator("#photo-bar");
  for (const way of ["paste", "drop"]) {
    await page.evaluate(drop, { way, bytes: [...picture] });
    await preview.waitFor();
    await page.locator("#photo-cancel").click();
    await preview.waitFor({ state: "hidden" });
  }
  await page.locator("#file").setInputFiles({ name: "mine.png", mimeType: "image/png", buffer: picture });
  await preview.waitFor();
  await say(page, "like this one");
  const own = page.locator(".entry.own", { hasText: "like this one" });
  await own.locator("img").waitFor();
  await until("the picture", () => own.locator("img").evaluate((one) => one.complete && one.naturalWidth > 0));
  await button(page, "Shall I keep the pictures", "Look for others like them").click();
  await words(page, /^\d+ pictures? for your picture and “like this one” ·/).waitFor();
}

/** Runs in the page: pastes or drops a picture. */
function drop({ way, bytes }) {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "mine.png", { type: "image/png" }));
  const init = { bubbles: true, cancelable: true };
  const event = way === "paste"
    ? new ClipboardEvent("paste", { ...init, clipboardData: data })
    : new DragEvent("drop", { ...init, dataTransfer: data });
  document.getElementById("text").dispatchEvent(event);
}

async function inline(page) {
  const asked = page.waitForResponse((response) => response.url().endsWith("/api/inline"));
  await page.locator("#text").fill("@playground_bot bus");
  const response = await asked;
  assert(response.status() === 200 && (await response.json()).id !== undefined, response.status());
  const pictures = page.locator("#popup .thumbs img");
  await pictures.first().waitFor();
  const isDecoded = (one) => one.complete && one.naturalWidth > 0;
  await until("the pictures", () => pictures.evaluateAll((all, test) => all.every(eval(`(${test})`)), `${isDecoded}`));
  await page.keyboard.press("Escape");
  await page.locator("#text").fill("");
}

/** Twenty letters typed fast are few searches, and the last words are the ones that are shown. */
async function typing(page) {
  await openChat(page, "Ada");
  let asked = 0;
  const count = (request) => (asked += Number(request.url().endsWith("/api/inline")));
  page.on("request", count);
  await page.locator("#text").pressSequentially("@playground_bot a red bus in the fog", { delay: 40 });
  await page.locator("#popup .thumbs img").first().waitFor();
  page.off("request", count);
  assert(asked <= 3, "queries:", asked);
  await page.locator("#text").fill("");
}

/** Own pictures have no public address: the bot puts them into its storage, which the page does not show. */
async function storage(page) {
  await page.locator("#text").fill("@playground_bot dog");
  const pictures = page.locator("#popup .thumbs img");
  await pictures.first().waitFor();
  const sources = await pictures.evaluateAll((all) => all.map((one) => new URL(one.src).pathname));
  assert(sources.every((path) => path.startsWith("/api/files/")), "by file_id:", sources);
  await page.locator("#text").fill("");
  assert((await page.locator("#chat-list", { hasText: "Storage" }).count()) === 0, "no storage in the list");
}

/** Whoever may not search sees no picture, and is led to the private chat. */
async function stranger(page) {
  await openChat(page, "Friends");
  await page.locator("#writers label", { hasText: "Bob" }).click();
  await page.locator("#text").fill("@playground_bot bus");
  await page.locator("#popup").getByRole("button", { name: "Buscar en privado" }).waitFor();
  assert((await page.locator("#popup .thumbs img").count()) === 0, "nothing is shown");
  await page.locator("#text").fill("");
  await page.locator("#writers label", { hasText: "Ada" }).click();
}

async function similar(page) {
  await openChat(page, "Ada");
  await say(page, "red bus");
  await words(page, /^\d+ pictures for “red bus” ·/).last().waitFor();
  await page.getByRole("button", { name: "Similar: 1" }).last().click();
  await words(page, /^\d+ pictures? for this picture ·/).waitFor();
  await decoded(page);
}

module.exports = {
  answers, commands, forcedReply, group, inline, lightbox, more, query, similar, spanish, storage, stranger, typing, upload,
};
