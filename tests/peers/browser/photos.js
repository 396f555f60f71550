// Checks of one's own pictures: `playground --pictures` with photos that say when they were taken.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { assert, check, until } = require("./check");
const { button, decoded, entryWith, open, say, words } = require("./page");
const { ROOT, start } = require("./setup");

const DRAWINGS = path.join(ROOT, "models/drawings/collection");

/** The JPEG file of a built-in drawing. */
function drawing(id) {
  const lines = fs.readFileSync(`${DRAWINGS}.tsv`, "utf8").split("\n");
  const fields = lines.map((line) => line.split("\t")).find(([first]) => first === id);
  const [offset, length] = fields.slice(-2).map(Number);
  return fs.readFileSync(`${DRAWINGS}.bin`).subarray(offset, offset + length);
}

/** The JPEG file with EXIF that says when it was taken: `2023:07:14 10:00:00`. */
function withTime(jpeg, taken) {
  const directory = (tag, kind, count, value) => {
    const bytes = Buffer.alloc(18); // one field, and no further directory
    bytes.writeUInt16LE(1, 0);
    bytes.writeUInt16LE(tag, 2);
    bytes.writeUInt16LE(kind, 4);
    bytes.writeUInt32LE(count, 6);
    bytes.writeUInt32LE(value, 10);
    return bytes;
  };
  const [link, time] = [directory(0x8769, 4, 1, 26), directory(0x9003, 2, 20, 44)];
  const tiff = Buffer.concat([Buffer.from("II*\0\x08\0\0\0", "latin1"), link, time, Buffer.from(`${taken}\0`)]);
  const head = Buffer.from("\xff\xe1\0\0Exif\0\0", "latin1");
  head.writeUInt16BE(tiff.length + 8, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, tiff, jpeg.subarray(2)]);
}

function makePhotos(folder) {
  const save = (name, id, taken) => fs.writeFileSync(path.join(folder, name), withTime(drawing(id), taken));
  save("beach_1.jpg", "beach-with-umbrella", "2022:07:14 10:00:00");
  fs.appendFileSync(path.join(folder, "beach_1.jpg"), "larger, so that it stands for both of them");
  save("beach_2.jpg", "beach-with-umbrella", "2023:07:14 10:00:00");
  save("dog_3.jpg", "dog", "2023:01:02 10:00:00");
}

/** The year in a query is understood and shown, and its button takes it away. */
async function year(page) {
  await say(page, "/query beach 2023");
  const understood = /^\d+ pictures? for “beach · 2023” ·/;
  await words(page, understood).waitFor();
  await decoded(page);
  const captions = async () => (await page.locator("#messages").textContent()).match(/beach \d · \d{4}-\d\d-\d\d/g);
  const first = await captions();
  assert(first && first.includes("beach 2 · 2023-07-14"), "the beach of 2023", first);
  assert(!first.some((caption) => caption.includes("2022")), "no beach of 2022", first);
  await button(page, understood, "Only as words").click();
  // The words alone fit nothing: the year is no filter any more, and drawings do not look like one.
  await words(page, /“"beach 2023"”/).waitFor();
  await say(page, "/query beach");
  await until("the beach of 2022", async () => (await captions()).includes("beach 1 · 2022-07-14"));
  assert((await entryWith(page, understood).count()) === 1, "the first answer stays");
}

async function checkPhotos(browser) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "browser-photos-"));
  const pictures = path.join(folder, "pictures");
  fs.mkdirSync(pictures);
  makePhotos(pictures);
  const env = { ...process.env, XDG_CACHE_HOME: path.join(folder, "cache") };
  const program = start(["--port", "0", "--pictures", pictures], env);
  try {
    const page = await open(browser, await program.address);
    await until("all photos", async () => (await page.locator("body").textContent()).includes("3 pictures"));
    await check("a photo is found by its year", () => year(page));
    await page.context().close(); // it would miss what is ended now
  } finally {
    program.kill("SIGKILL");
    await program.ended;
    fs.rmSync(folder, { recursive: true });
  }
}

module.exports = { checkPhotos, drawing };
