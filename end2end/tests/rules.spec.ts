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
  await page.getByRole("table", { name: "Feeds" }).locator('a[href="/feeds/kasparek/products"]').click();
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

test("staff set what a feed's contract makes of a rule, and the history says who and why", async ({ page, be }) => {
  await be("staff");
  await page.goto("/feeds/kasparek/products");
  await page.getByRole("link", { name: "Contract", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Contract");
  // The same journey runs twice, with a script and without: each leaves another border behind.
  const history = page.getByRole("table", { name: "Versions of the contract" });
  const before = await history.locator("tbody tr").count();
  // Folded by its attribute, as long as it neither fails nor is set otherwise.
  const change = page.getByRole("link", { name: "Change TITLE_LENGTH" });
  if (!(await change.isVisible())) await page.locator("summary", { hasText: /^title\s/ }).click();
  await change.click();
  await expect(page.getByRole("heading", { name: "Change TITLE_LENGTH" })).toBeVisible();
  await page.getByLabel("longest title").fill(String(120 + before));
  await page.getByLabel("How much it matters").selectOption("error");
  await page.getByLabel("Why").fill("agreed on the telephone");
  await page.getByRole("button", { name: "Put it in force" }).click();
  await expect(history.locator("tbody tr")).toHaveCount(before + 1);
  await expect(history.locator("tbody tr").first()).toContainText(`at ${120 + before} characters`);
  await expect(history.locator("tbody tr").first()).toContainText("agreed on the telephone");
  await expect(page).toHaveURL("/feeds/kasparek/products/contract");
});

test("a partner reads the contract of its feed and changes nothing", async ({ page, be }) => {
  await be("partner");
  await page.goto("/feeds/kasparek/products/contract?rule=TITLE_LENGTH");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Contract");
  await expect(page.getByRole("button", { name: "Put it in force" })).toHaveCount(0);
});
