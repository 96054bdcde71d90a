// Measures in a real browser what the README claims of pages: how soon an entry of the log has moved
// a chart that is open, and what Lighthouse says of the overview and of a partner's page. Prints rows
// for the README's table; `make bench` runs it after `feedgate bench`.
// usage: measure.mjs FEEDGATE SITE LIGHTHOUSE   (the program, the built site, Lighthouse's index.js)
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";

const [program, site, lighthousePath] = process.argv.slice(2);
const address = "127.0.0.1:4420";
const debugPort = 4421;
const entries = 40;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const share = (sorted, percent) => sorted[Math.floor((sorted.length * percent) / 100)];

const dir = mkdtempSync(join(tmpdir(), "feedgate-measure-"));
const demo = spawn(program, ["demo", "--small", "--data-dir", dir, "--listen", address], {
  env: { ...process.env, FEEDGATE_SITE: site, FEEDGATE_LOG: "warn" },
  stdio: ["ignore", "ignore", "inherit"],
});

async function ready() {
  for (let tries = 0; tries < 600; tries++) {
    if (await fetch(`http://${address}/readyz`).then((a) => a.ok, () => false)) return;
    await wait(200);
  }
  throw new Error("feedgate did not come up");
}

/** Makes the right to write the log, as an operator does. */
function token() {
  const words = ["token", "add", "--partner", "kasparek", "--log", "--label", "measure", "--data-dir", dir];
  const making = spawn(program, words, { env: process.env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  making.stdout.on("data", (more) => (said += more));
  return new Promise((done, fail) =>
    making.on("close", (code) => {
      const made = /\bfg_\S+/.exec(said)?.[0];
      if (code === 0 && made) done(made);
      else fail(new Error(`no token was made: ${said}`));
    }),
  );
}

async function signIn(page) {
  const accounts = JSON.parse(readFileSync(join(dir, "demo-accounts.json"), "utf-8"));
  const { email, password } = accounts.find((account) => account.role === "staff");
  await page.goto(`http://${address}/sign-in`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.includes("sign-in"));
}

/** Milliseconds from before an entry is sent until the open chart has moved, for each entry. */
async function news(page) {
  const bearer = await token();
  await page.goto(`http://${address}/partners/kasparek?range=1h`);
  await page.getByRole("button", { name: "Live" }).waitFor();
  await wait(2000);
  const times = [];
  for (let n = 0; n < entries; n++) {
    // Without a rhythm, so that no two fall upon the same moment of a page's own.
    await wait(300 + ((n * 7919) % 900));
    const moved = page.evaluate(
      () =>
        new Promise((done, fail) => {
          const chart = document.querySelector("#volume");
          const before = chart.textContent;
          const timer = setTimeout(() => fail(new Error("the chart stood still")), 20_000);
          new MutationObserver((_, observer) => {
            if (chart.textContent === before) return;
            observer.disconnect();
            clearTimeout(timer);
            done(Date.now());
          }).observe(chart, { subtree: true, childList: true, characterData: true });
        }),
    );
    await page.evaluate(() => 0);
    const at = new Date().toISOString();
    const entry = {
      id: `measure-${n}`, partner: "kasparek", feed: "products", direction: "ingest", status: "accepted",
      received_at: at, decided_at: at, file: { name: "measure.csv", bytes: 1200 },
      records: { received: 1000 + n, accepted: 1000 + n, unchanged: 0, quarantined: 0, warned: 0 }, codes: [],
    };
    const sent = Date.now();
    const answer = await fetch(`http://${address}/api/v1/audit`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(entry),
    });
    if (!answer.ok) throw new Error(`the entry was not taken: ${answer.status} ${await answer.text()}`);
    times.push((await moved) - sent);
  }
  return times.sort((a, b) => a - b);
}

async function scores(cookie) {
  const { default: lighthouse } = await import(lighthousePath);
  for (const path of ["/", "/partners/kasparek"]) {
    for (const form of ["phone", "desktop"]) {
      const settings =
        form === "phone"
          ? {}
          : {
              formFactor: "desktop",
              screenEmulation: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1, disabled: false },
              throttling: { rttMs: 40, throughputKbps: 10_240, cpuSlowdownMultiplier: 1 },
            };
      const flags = {
        port: debugPort,
        output: "json",
        logLevel: "error",
        onlyCategories: ["performance", "accessibility"],
        extraHeaders: { cookie },
        ...settings,
      };
      const { lhr } = await lighthouse(`http://${address}${path}`, flags);
      const score = (name) => Math.round((lhr.categories[name].score ?? 0) * 100);
      console.log(`| Lighthouse, ${path}, ${form} | ${score("performance")} | ${score("accessibility")} |`);
      const made = ["first-contentful-paint", "largest-contentful-paint", "speed-index", "total-blocking-time",
        "cumulative-layout-shift"].map((id) => `${id} ${lhr.audits[id].displayValue}`);
      console.error(`  ${path}, ${form}: ${made.join(", ")}`);
      for (const { id } of lhr.categories.accessibility.auditRefs) {
        const audit = lhr.audits[id];
        if (audit.score !== null && audit.score < 1) console.error(`  ${path}: ${audit.title}`);
      }
    }
  }
}

let browser;
try {
  await ready();
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: [...args, "--disable-component-update", "--disable-sync", `--remote-debugging-port=${debugPort}`],
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page);
  const times = await news(page);
  console.log("\n| in the browser | p50 | p95 |\n|---|---:|---:|");
  console.log(`| an entry sent, until the open chart has moved | ${share(times, 50)} ms | ${share(times, 95)} ms |`);
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  await context.close();
  console.log("\n| page | performance | accessibility |\n|---|---:|---:|");
  await scores(cookie);
} finally {
  await browser?.close();
  demo.kill("SIGTERM");
  await new Promise((done) => demo.on("close", done));
  rmSync(dir, { recursive: true, force: true });
}
