// Installs Chromium and playwright-core, and starts the playground.
"use strict";

const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.resolve(__dirname, "../../..");
const TARGET = process.env.CARGO_TARGET_DIR || path.join(ROOT, "target");
const PACKAGES = path.join(ROOT, "target/peers/browser");
const PLAYWRIGHT = "1.65.1";
const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

function run(command, ...words) {
  execFileSync(command, words, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
}

function installChromium() {
  if (fs.existsSync(CHROMIUM)) return;
  if (process.getuid() !== 0) throw new Error("please install Debian's package chromium");
  run("apt-get", "update", "-qq");
  run("apt-get", "install", "-y", "-qq", "chromium");
}

function installPlaywright() {
  const home = path.join(PACKAGES, "node_modules/playwright-core");
  const manifest = path.join(home, "package.json");
  const known = fs.existsSync(manifest) && JSON.parse(fs.readFileSync(manifest)).version;
  if (known !== PLAYWRIGHT) {
    fs.mkdirSync(PACKAGES, { recursive: true });
    const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"];
    run("npm", "install", "--prefix", PACKAGES, ...quiet, `playwright-core@${PLAYWRIGHT}`);
  }
  return require(home);
}

/** The program of that name, built: its file. */
function build(name) {
  run("cargo", "build", "--quiet", "--locked", "--bin", name);
  return path.join(TARGET, "debug", name);
}

/** The running playground: its address, what it says, and how it ended. */
function start(words = ["--port", "0"], env = process.env) {
  const program = spawn(build("playground"), words, { cwd: ROOT, env });
  const log = [];
  program.stderr.on("data", (data) => log.push(data));
  program.ended = new Promise((resolve) => program.on("exit", (code, signal) => resolve(code ?? signal)));
  program.log = () => Buffer.concat(log).toString();
  program.said = () => "";
  program.address = new Promise((resolve, reject) => {
    let said = "";
    program.stdout.on("data", (data) => {
      said += data;
      program.said = () => said;
      const found = /playground: (http:\/\/127\.0\.0\.1:\d+\/)/.exec(said);
      if (found) resolve(found[1]);
    });
    program.ended.then((code) => reject(new Error(`the playground ended with ${code}: ${program.log().slice(-3000)}`)));
  });
  program.address.catch(() => {}); // it also ends when it is done
  return program;
}

function launch() {
  installChromium();
  return installPlaywright().chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

module.exports = { build, launch, PACKAGES, ROOT, start };
