// Runs the journeys against the real binary, seeded small on a fresh private MongoDB: once with
// JavaScript and once without.
import { defineConfig, devices } from "@playwright/test";
import { address, dataDir } from "./support/place";

const binary = process.env.FEEDGATE_BIN ?? "../target/debug/feedgate";
const site = process.env.FEEDGATE_SITE ?? "../target/site-debug";

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results/artifacts",
  // Two cores: the server and its database want one of them.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: !!process.env.CI,
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  use: {
    baseURL: `http://${address}`,
    // Keeping one of every journey costs a third of the time: `--trace on` when something fails.
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  projects: [
    { name: "chromium", use: { ...devices["Desktop Chrome"] } },
    { name: "no-js", use: { ...devices["Desktop Chrome"], javaScriptEnabled: false } },
  ],
  webServer: {
    // exec, so that the signal at the end reaches feedgate and not a shell.
    command: `rm -rf ${dataDir} && exec ${binary} demo --small --data-dir ${dataDir} --listen ${address}`,
    env: { ...(process.env as Record<string, string>), FEEDGATE_SITE: site },
    url: `http://${address}/readyz`,
    reuseExistingServer: false,
    timeout: 120_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 30_000 },
    stdout: "pipe",
    stderr: "pipe",
  },
});
