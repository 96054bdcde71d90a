// A partner's morning: what is wrong, how it looks, the whole list, and whether the mended file passes.
import { readFileSync } from "node:fs";
import { expect, test } from "../support/test";

const HEAD = "id,title,description,link,image_link,availability,price,brand,gtin\n";
const row = (gtin: string) =>
  `TRY-1,Wooden train,A train of beech with three waggons.,https://www.kasparek-hracky.example/p/1,` +
  `https://img.kasparek-hracky.example/1.jpg,in_stock,349.00 CZK,Kašpárek,${gtin}\n`;

test("a partner sees the worst issue, takes the list along and tries a mended file", async ({ page, be }) => {
  await be("partner");
  await page.goto("/");
  await expect(page).toHaveURL(/\/partners\/kasparek\/report$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Report of");
  await expect(page.getByRole("table", { name: "When files came" })).toBeVisible();
  const attention = page.locator("#attention");
  const worst = attention.locator("li.card", { has: page.getByRole("link", { name: "all as CSV" }) }).first();
  await expect(worst).toContainText("What to do:");

  const download = page.waitForEvent("download");
  await worst.getByRole("link", { name: "all as CSV" }).click();
  const list = readFileSync(await (await download).path(), "utf-8");
  expect(list.split("\n")[0]).toContain("what_to_do");
  expect(list.split("\n").length).toBeGreaterThan(2);

  await worst.getByRole("link", { name: "Examples" }).click();
  await expect(page.getByRole("table", { name: "Examples" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Conversation" })).toBeVisible();

  await page.goto("/feeds/kasparek/products/try");
  const pasted = page.getByLabel(/pasted with their header/);
  await pasted.fill(HEAD + row("4006381333932"));
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.locator("#report")).toContainText("GTIN_CHECK");
  await expect(page.locator("#report")).toContainText("4006381333931");
  await page.getByLabel("File", { exact: true }).setInputFiles({
    name: "mended.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(HEAD + row("4006381333931")),
  });
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.locator("#report")).toContainText("mended.csv");
  await expect(page.locator("#report")).not.toContainText("GTIN_CHECK");
});

test("a manager looks on as the partner does, and writes to it", async ({ page, be }) => {
  await be("manager");
  await page.goto("/partners/kasparek/report");
  await page.getByRole("button", { name: "View as partner" }).click();
  await expect(page.getByText("Nothing can be changed meanwhile")).toBeVisible();
  await expect(page.getByRole("link", { name: "Overview", exact: true })).toHaveCount(0);
  await page.getByRole("button", { name: "Be yourself again" }).click();
  await expect(page.getByText("Nothing can be changed meanwhile")).toHaveCount(0);
  await page.goto("/issues?partner=kasparek");
  await page.getByRole("table", { name: "Issues" }).locator("tbody th a").first().click();
  await page.getByLabel("Write to the partner").fill("Could you look at this by Friday?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#conversation")).toContainText("by Friday?");
});
