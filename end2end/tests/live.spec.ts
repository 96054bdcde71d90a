// Pages that are open while something comes.
import { expect, inAnotherBrowser, test } from "../support/test";

const head = "id,title,description,link,image_link,availability,price,brand,gtin\n";
const row = (name: string) =>
  `LIVE-1,${name},A thing that came while somebody looked.,https://shop.example.com/1,` +
  `https://img.example.com/1.jpg,in_stock,12.00 PLN,Gardenia,4006381333931\n`;

test("a new delivery moves an open page, and what was folded open and typed stays", async ({
  page,
  be,
  browser,
  javaScriptEnabled,
}) => {
  test.skip(!javaScriptEnabled, "a page moves by itself only where a script runs");
  await be("staff");
  await page.goto("/feeds/kasparek/products");
  await expect(page.getByRole("button", { name: "Live" })).toBeVisible();
  const heading = page.getByRole("heading", { name: "What came of its files" });
  await heading.evaluate((node) => {
    node.scrollIntoView();
    (window as unknown as { untouched: boolean }).untouched = true;
  });
  const scrolled = await page.evaluate(() => window.scrollY);
  const asOf = page.locator(".as-of time");
  const before = await asOf.getAttribute("datetime");
  const name = `while-open-${Date.now()}.csv`;

  await inAnotherBrowser(browser, "staff", async (other) => {
    await other.goto("/feeds/kasparek/products");
    await other.getByLabel("File", { exact: true }).setInputFiles({
      name,
      mimeType: "text/csv",
      buffer: Buffer.from(head + row(name)),
    });
    await other.getByRole("button", { name: "Send it" }).click();
    await expect(other).toHaveURL(/\/deliveries\/[0-9a-f]+$/);
  });

  await expect(page.locator("main")).toContainText(name);
  expect(await asOf.getAttribute("datetime")).not.toBe(before);
  expect(await page.evaluate(() => (window as unknown as { untouched?: boolean }).untouched)).toBe(true);
  expect(Math.abs((await page.evaluate(() => window.scrollY)) - scrolled)).toBeLessThan(120);
});

test("a page that is told to stand still does", async ({ page, be, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "a page moves by itself only where a script runs");
  await be("staff");
  await page.goto("/deliveries");
  const button = page.getByRole("button", { name: "Live" });
  await button.click();
  await expect(page.getByRole("button", { name: "Paused" })).toHaveAttribute("aria-pressed", "false");
  await page.getByRole("button", { name: "Paused" }).click();
  await expect(page.getByRole("button", { name: "Live" })).toHaveAttribute("aria-pressed", "true");
});
