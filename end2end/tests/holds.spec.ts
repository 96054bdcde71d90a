// A file that a gate holds, and who may decide about it. Nobody decides here: the demo has one.
import { expect, test } from "../support/test";

test("a held file says why, with the numbers of then and now, and staff may decide", async ({ page, be }) => {
  await be("staff");
  await page.goto("/deliveries?status=held&partner=papeterie");
  await page.locator('table tbody a[href^="/deliveries/"]').first().click();
  await expect(page).toHaveURL(/\/deliveries\/[0-9a-f]+$/);
  await expect(page.locator(".verdict")).toContainText("products where");
  const gates = page.getByRole("table", { name: "Beside the last good file" });
  await expect(gates).toContainText("FILE_DROP");
  await expect(gates).toContainText("products");
  await expect(page.getByRole("button", { name: "Release it" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Refuse it for good" })).toBeVisible();
});

test("a manager reads why a file is held and decides nothing", async ({ page, be }) => {
  await be("manager");
  await page.goto("/deliveries?status=held&partner=papeterie");
  await page.locator('table tbody a[href^="/deliveries/"]').first().click();
  await expect(page.getByRole("table", { name: "Beside the last good file" })).toContainText("FILE_DROP");
  await expect(page.getByRole("button", { name: "Release it" })).toHaveCount(0);
});
