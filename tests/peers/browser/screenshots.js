// The pictures of the page in docs/: taken, replaced, and compared with the page as it is.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const { assert } = require("./check");
const { button, decoded, open, openChat, say, setFault, settled, summary, words } = require("./page");
const { textOf, withText } = require("./png");
const { send } = require("./saving");
const { PACKAGES, ROOT } = require("./setup");
const { PHONE } = require("./window");

const SCREENSHOTS = ["saving", "chat", "album", "faults", "phone"];
const MAX_SCREENSHOT_BYTES = 200_000;
const ALIKE = 0.75; // of the pixels; clock times, waits and fonts differ
const PICTURE = { width: 1100, height: 720 }; // of the screenshots
const ENGINE = "Engine"; // the keyword of the text chunk that names the engine
const shown = (name) => path.join(ROOT, "docs", `playground-${name}.png`);
const taken = (name) => path.join(PACKAGES, `playground-${name}.png`);

/** The name of the engine that the page says it searches with. */
async function engineShown(page) {
  const text = await page.locator("#about b").textContent();
  const [, engine] = /^Engine: (.+)$/.exec(text) ?? [];
  assert(engine !== undefined && engine !== "unknown", "the page names no engine:", text);
  return engine;
}

/** Takes a picture of the page, which records the engine that the page shows. */
async function shoot(page, name) {
  await page.mouse.move(0, 0);
  await settled(page);
  const picture = await page.screenshot();
  fs.writeFileSync(taken(name), withText(picture, ENGINE, await engineShown(page)));
}

async function takeScreenshots(browser, address) {
  const page = await open(browser, address, { viewport: PICTURE });
  await say(page, "/start");
  await words(page, "I find pictures").waitFor();
  await say(page, "/query bus");
  await words(page, summary("bus")).waitFor();
  await decoded(page);
  await shoot(page, "chat");
  await saving(browser, address);
  await page.emulateMedia({ colorScheme: "dark" });
  await openChat(page, "Friends");
  await page.locator("#filter button", { hasText: "Search" }).click();
  await say(page, "/query happy cat");
  await words(page, summary("happy cat")).waitFor();
  await decoded(page);
  await shoot(page, "album");
  await page.locator("#filter button", { hasText: "All" }).click();
  await page.emulateMedia({ colorScheme: "light" });
  await openChat(page, "Ada");
  await setFault(page, "space_asleep", true);
  await say(page, "/query moon");
  await words(page, "is waking up").waitFor();
  await shoot(page, "faults");
  await words(page, summary("moon")).waitFor();
  const small = await open(browser, address, { ...PHONE, deviceScaleFactor: 1.5 });
  await decoded(small);
  await shoot(small, "phone");
  await small.context().close();
  await page.context().close();
}

/** A picture that is kept, and found in a chat of its own; Ada's chat keeps the beginning. */
async function saving(browser, address) {
  const page = await open(browser, address, { viewport: PICTURE });
  await openChat(page, "Ada");
  await send(page, "beach-with-umbrella", "our last day in Lisbon");
  await button(page, "Shall I keep the pictures", "Keep them").click();
  await words(page, "Saved.").waitFor();
  await say(page, "last day");
  await words(page, summary("last day")).waitFor();
  await decoded(page);
  await shoot(page, "saving");
  await page.context().close();
}

function replaceScreenshots() {
  for (const name of SCREENSHOTS) {
    const size = fs.statSync(taken(name)).size;
    assert(size < MAX_SCREENSHOT_BYTES, name, size);
    fs.copyFileSync(taken(name), shown(name));
  }
}

/** Fails unless `picture` was taken of a page that showed `engine`. */
function checkEngine(name, picture, engine) {
  const recorded = textOf(picture, ENGINE);
  assert(
    recorded === engine,
    `docs/playground-${name}.png shows the engine ${recorded ?? "(not recorded)"}, the page shows ${engine};`,
    "run tests/peers/browser/run --screenshots",
  );
}

async function compareScreenshots(browser) {
  const page = await browser.newPage();
  for (const name of SCREENSHOTS) {
    const [old, now] = [shown(name), taken(name)].map((file) => fs.readFileSync(file));
    checkEngine(name, old, textOf(now, ENGINE));
    const share = await page.evaluate(alike, [old, now].map((picture) => picture.toString("base64")));
    assert(share >= ALIKE, `${name}: ${share} of the pixels; run tests/peers/browser/run --screenshots`);
  }
  await page.close();
}

/** The comparison of engines itself: it takes this picture, and not one of another or of no known engine. */
async function refusesOtherEngines(browser) {
  const page = await browser.newPage();
  const bare = await page.screenshot();
  await page.close();
  const refused = (picture, engine) => {
    try {
      checkEngine("chat", picture, engine);
      return false;
    } catch {
      return true;
    }
  };
  assert(!refused(withText(bare, ENGINE, "clip"), "clip"), "the same engine is accepted");
  assert(refused(withText(bare, ENGINE, "clip"), "mock"), "another engine is refused");
  assert(refused(bare, "clip"), "a picture that records no engine is refused");
  const current = fs.readFileSync(shown("chat"));
  assert(refused(current, `not ${textOf(current, ENGINE)}`), "another engine than that of docs/ is refused");
}

/** Runs in the browser: the share of pixels that two PNG files have in common, 0 if their sizes differ. */
async function alike(pictures) {
  const [one, other] = await Promise.all(pictures.map(async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  }));
  if (one.width !== other.width || one.height !== other.height) return 0;
  let same = 0;
  for (let i = 0; i < one.data.length; i += 4) {
    const [red, green, blue] = [0, 1, 2].map((channel) => Math.abs(one.data[i + channel] - other.data[i + channel]));
    if (red + green + blue < 48) same += 1;
  }
  return same / (one.data.length / 4);
}

module.exports = { compareScreenshots, refusesOtherEngines, replaceScreenshots, takeScreenshots };
