// Text chunks (tEXt) of PNG files.
"use strict";

const SIGNATURE_BYTES = 8;

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The chunks of a PNG file: where each starts and ends in the file, its type and its data. */
function* chunks(png) {
  for (let start = SIGNATURE_BYTES; start < png.length; ) {
    const length = png.readUInt32BE(start);
    const end = start + 12 + length; // length, type, data and checksum
    yield { start, end, type: png.toString("latin1", start + 4, start + 8), data: png.subarray(start + 8, start + 8 + length) };
    start = end;
  }
}

/** The text under `keyword` in a PNG file, or undefined. */
function textOf(png, keyword) {
  for (const { type, data } of chunks(png)) {
    const end = data.indexOf(0);
    if (type === "tEXt" && data.toString("latin1", 0, end) === keyword) return data.toString("latin1", end + 1);
  }
  return undefined;
}

/** The PNG file with `text`, which must be Latin-1, under `keyword`. */
function withText(png, keyword, text) {
  const body = Buffer.from(`tEXt${keyword}\0${text}`, "latin1");
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  const [header] = chunks(png); // always the first
  return Buffer.concat([png.subarray(0, header.end), chunk, png.subarray(header.end)]);
}

module.exports = { textOf, withText };
