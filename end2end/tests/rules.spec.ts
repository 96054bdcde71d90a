// What a code means, from wherever it is shown.
import { expect, test } from "../support/test";

test("a code on a held record leads to its page, which says what to do", async ({ page, be }) => {
  await be("staff");
  await page.goto("/quarantine?partner=szabo");
  await page.locator("table tbody th a").first().click();
  const code = page.locator('a[href^="/rules/"]').first();
  const name = (await code.innerText()).trim();
  await code.click();
  await expect(page).toHaveURL(`/rules/${name}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText(name).first()).toBeVisible();
});

test("the rule book can be searched, and a partner may read it", async ({ page, be }) => {
  await be("partner");
  await page.goto("/rules?find=check+digit");
  const codes = page.locator('table a[href^="/rules/"]');
  await expect(codes.filter({ hasText: "GTIN_CHECK" })).toHaveCount(1);
  await expect(codes.filter({ hasText: "PRICE_ZERO" })).toHaveCount(0);
});

test("a partner's feed tells what came of its files, and leads to each", async ({ page, be }) => {
  await be("partner");
  await page.goto("/partners/kasparek");
  await page.locator('a[href="/feeds/kasparek/products"]').first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Feed products");
  const story = page.getByRole("table", { name: "What came of its files" });
  await story.locator("tbody th a").first().click();
  await expect(page).toHaveURL(/\/deliveries\/.+/);
});

test("a feed of somebody else is not there for a partner", async ({ page, be }) => {
  await be("partner");
  const answer = await page.goto("/feeds/szabo/products");
  expect(answer?.status()).toBe(404);
});
