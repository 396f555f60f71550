// Named checks: each prints one line, and the run ends with how many failed.
"use strict";

const PATIENCE = 60_000; // milliseconds; the bot backs off between attempts
const troubles = []; // console errors, requests to strangers, CSP violations
let failed = 0;

function assert(condition, ...what) {
  if (!condition) throw new Error(what.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" "));
}

async function check(name, work) {
  const since = Date.now();
  let result = "ok";
  try {
    await work();
    assert(troubles.length === 0, troubles.splice(0));
  } catch (error) {
    failed += 1;
    result = `FAILED: ${error.message}`;
  }
  console.log(`browser ${name}: ${result} (${((Date.now() - since) / 1000).toFixed(1)} s)`);
}

/** Waits for `work` to give something true. */
async function until(what, work) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const value = await work();
    if (value) return value;
    assert(Date.now() < end, "waited in vain for", what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Says how many checks failed, and returns the exit code. */
function exitCode() {
  console.log(failed ? `${failed} failed` : "all passed");
  return failed ? 1 : 0;
}

module.exports = { assert, check, exitCode, PATIENCE, troubles, until };
