import { expect, test } from "../support/test";

/** Reads a figure as pages write it. */
function figure(text: string | null): number {
  return Number((text ?? "").replace(/[^\d]/g, ""));
}

test("the manager compares partners, and the tile is their sum", async ({ page, be }) => {
  await be("manager");
  await page.goto("/?range=7d");
  const rows = page.getByRole("table", { name: "Partners" }).locator("tbody tr");
  // Four of the nine partners of the small demo are in the manager's care.
  await expect(rows).toHaveCount(4);
  const received = await rows.locator("td:nth-child(3)").allTextContents();
  const sum = received.map(figure).reduce((a, b) => a + b);
  const tile = page.locator(".tile", { hasText: "Records received" }).locator(".figure");
  expect(figure(await tile.textContent())).toBe(sum);
});

test("what a page loads is named by its build and may be kept for good", async ({ page, be, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "scripts and wasm are loaded where scripts run");
  await be("staff");
  const built: { path: string; status: number; cache: string }[] = [];
  page.on("response", (response) => {
    const path = new URL(response.url()).pathname;
    if (!/\.(js|css|wasm)$/.test(path)) return;
    built.push({ path, status: response.status(), cache: response.headers()["cache-control"] ?? "" });
  });
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Live" })).toBeVisible();
  expect(built.length).toBeGreaterThanOrEqual(6);
  for (const file of built) {
    expect(file.path).toMatch(/^\/pkg\/[0-9a-f]{16}\/[^/]+$/);
    expect(file.status, file.path).toBe(200);
    expect(file.cache, file.path).toContain("immutable");
  }
});

test("every partner has a lamp with a word and a reason", async ({ page, be }) => {
  await be("staff");
  await page.goto("/");
  const rows = page.getByRole("table", { name: "Partners" }).locator("tbody tr");
  await expect(rows).toHaveCount(9);
  for (const row of await rows.all()) {
    await expect(row.locator("td").first()).toContainText(/healthy|watch|act/);
  }
  await expect(rows.filter({ hasText: "O’Connell" })).toContainText("refused");
});

test("the range is in the address and survives a click on a partner", async ({ page, be }) => {
  await be("staff");
  await page.goto("/");
  await page.getByRole("link", { name: "30 days" }).click();
  await expect(page).toHaveURL(/range=30d/);
  await page.getByRole("table", { name: "Partners" }).getByRole("link", { name: "Maison Perrault" }).click();
  await expect(page).toHaveURL(/\/partners\/perrault\?range=30d/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Maison Perrault");
});

test("a click on a bar opens exactly its deliveries", async ({ page, be, javaScriptEnabled }) => {
  await be("staff");
  for (const path of ["/?range=7d", "/partners/nordwand?range=7d"]) {
    await page.goto(path);
    const bars = page.locator("#volume .plot a:not(.event)");
    const titles = await bars.locator("title").allTextContents();
    const of = (title: string) => figure(/· ([\d,]+) received/.exec(title)?.[1] ?? "0");
    const busy = titles.findIndex((title) => of(title) > 0 && !title.includes("so far"));
    const received = of(titles[busy]);
    // In the middle of the bucket, as a hand does; without a script a link is a link too.
    const box = await bars.nth(busy).boundingBox();
    if (!box) throw new Error("the bar is not on the screen");
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect(page, `${path}, JavaScript ${javaScriptEnabled}`).toHaveURL(/\/deliveries\?/);
    const list = page.getByRole("table", { name: "Deliveries" });
    const columns = await list.getByRole("columnheader").allTextContents();
    const at = columns.lastIndexOf("Received");
    const rows = list.locator("tbody tr", { hasText: "accepted" }).filter({ hasNotText: "replay" });
    const cells = await rows.locator(`> *:nth-child(${at + 1})`).allTextContents();
    expect(cells.map(figure).reduce((a, b) => a + b, 0)).toBe(received);
  }
});

test("a chart has its figures as a table, and a bucket opens its deliveries", async ({ page, be }) => {
  await be("staff");
  await page.goto("/partners/nordwand?range=7d");
  const chart = page.locator("section.chart", { hasText: "Records received" }).first();
  await chart.getByText("As a table").click();
  await expect(chart.getByText("Close the table")).toBeVisible();
  const heads = await chart.getByRole("columnheader").allTextContents();
  const of = (name: string) => heads.findIndex((head) => head.toLowerCase().includes(name));
  const bucket = chart.locator("tbody tr", { has: page.locator("th a") }).filter({ hasText: /\d,\d{3}/ }).nth(2);
  const received = figure(await bucket.locator("th, td").nth(of("received")).textContent());
  await bucket.locator("th a").click();
  await expect(page).toHaveURL(/\/deliveries\?/);

  // What is listed adds up to what the bucket says.
  const list = page.getByRole("table", { name: "Deliveries" });
  await expect(list.locator("tbody tr").first()).toBeVisible();
  const columns = await list.getByRole("columnheader").allTextContents();
  const at = columns.lastIndexOf("Received");
  const cells = await list.locator(`tbody tr > *:nth-child(${at + 1})`).allTextContents();
  expect(cells.map(figure).reduce((a, b) => a + b)).toBe(received);
});
