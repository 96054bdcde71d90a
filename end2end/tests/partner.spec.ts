// A partner's morning, by the keyboard alone: what is wrong, how it looks, the whole list, whether the
// mended file passes, and asking for a recheck; and a manager's, who prepares a call.
import { readFileSync } from "node:fs";
import { type Locator, type Page } from "@playwright/test";
import { account } from "../support/people";
import { expect, test } from "../support/test";

const HEAD = "id,title,description,link,image_link,availability,price,brand,gtin\n";
const row = (gtin: string) =>
  `TRY-1,Wooden train,A train of beech with three waggons.,https://www.kasparek-hracky.example/p/1,` +
  `https://img.kasparek-hracky.example/1.jpg,in_stock,349.00 CZK,Kašpárek,${gtin}\n`;

/** Goes from control to control, as somebody without a mouse does, until this one has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let steps = 0; steps < 150; steps += 1) {
    if (await target.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${target} cannot be reached`);
}

async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

async function type(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.insertText(text);
}

test("a partner sees the worst issue, takes the list along, tries a mended file and asks for a recheck", async ({ page }, info) => {
  const { email, password } = account("partner");
  await page.goto("/sign-in");
  await type(page, page.getByLabel("E-mail"), email);
  await type(page, page.getByLabel("Password"), password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/partners\/kasparek\/report$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Report of");
  await expect(page.getByRole("table", { name: "When files came" })).toBeVisible();
  const waiting = page.locator("#attention li.card", { has: page.getByRole("link", { name: "all as CSV" }) });
  await expect(waiting.first()).toContainText("What to do:");

  const download = page.waitForEvent("download");
  await press(page, waiting.first().getByRole("link", { name: "all as CSV" }));
  const list = readFileSync(await (await download).path(), "utf-8");
  expect(list.split("\n")[0]).toContain("what_to_do");
  expect(list.split("\n").length).toBeGreaterThan(2);

  // What was asked once stays asked, so each kind of browser has its own issue.
  const mine = waiting.nth(info.project.name === "no-js" ? 1 : 0);
  await press(page, mine.getByRole("link", { name: "Examples" }));
  await expect(page.getByRole("table", { name: "Examples" })).toBeVisible();
  await type(page, page.getByLabel("Write to us"), `It was our export (${info.project.name}).`);
  await press(page, page.getByRole("button", { name: "Send" }));
  await expect(page.locator("#conversation")).toContainText(`It was our export (${info.project.name}).`);
  await press(page, page.getByRole("button", { name: /^Ask for .* to be checked again$/ }));
  await expect(page.locator("main")).toContainText("wait to be checked again, as the partner has asked");

  await page.goto("/feeds/kasparek/products/try");
  await type(page, page.getByLabel(/pasted with their header/), HEAD + row("4006381333932"));
  await press(page, page.getByRole("button", { name: "Check it" }));
  await expect(page.locator("#report")).toContainText("GTIN_CHECK");
  await expect(page.locator("#report")).toContainText("4006381333931");
  const file = page.getByLabel("File", { exact: true });
  await tabTo(page, file);
  await file.setInputFiles({
    name: "mended.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(HEAD + row("4006381333931")),
  });
  await press(page, page.getByRole("button", { name: "Check it" }));
  await expect(page.locator("#report")).toContainText("mended.csv");
  await expect(page.locator("#report")).not.toContainText("GTIN_CHECK");
});

test("a manager finds the partner in trouble, looks on as it does, and writes to it", async ({ page, be }) => {
  await be("manager");
  await page.goto("/");
  // The worst stands first.
  const worst = page.getByRole("table", { name: "Partners" }).locator("tbody tr").first();
  await expect(worst).toContainText("act");
  const link = worst.locator('th a[href^="/partners/"]').first();
  const name = (await link.textContent())?.trim() ?? "";
  await link.click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
  await page.getByRole("link", { name: "Report", exact: true }).click();
  await page.getByRole("button", { name: "View as partner" }).click();
  await expect(page.getByText("Nothing can be changed meanwhile")).toBeVisible();
  await expect(page.getByRole("link", { name: "Overview", exact: true })).toHaveCount(0);
  await page.getByRole("button", { name: "Be yourself again" }).click();
  await expect(page.getByText("Nothing can be changed meanwhile")).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
  await page.goto("/issues?partner=kasparek");
  await page.getByRole("table", { name: "Issues" }).locator("tbody th a").first().click();
  await page.getByLabel("Write to the partner").fill("Could you look at this by Friday?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("#conversation")).toContainText("by Friday?");
});
