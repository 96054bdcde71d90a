// How the files of a feed are read, tried before it counts.
import { expect, test } from "../support/test";

const ROWS = "sku no;title\n7;Enamel mug\n";

test("a column is mapped, the preview shows it understood, and it is put in force", async ({ page, be }) => {
  await be("staff");
  await page.goto("/feeds/papeterie/products");
  await page.getByRole("link", { name: "Profile", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Profile");
  const history = page.getByRole("table", { name: "Versions of the profile" });
  const before = await history.locator("tbody tr").count();
  // The same journey runs twice, with a script and without: each leaves another text behind.
  await page.getByLabel("in TOML").fill(`# journey ${before}\n[map]\n"sku no" = "idd"\n`);
  await page.getByText("Try it on pasted records").click();
  await page.getByLabel("The beginning of a file").fill(ROWS);
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText("Line 3")).toBeVisible();
  await page.getByLabel("in TOML").fill(`# journey ${before}\n[map]\n"sku no" = "id"\n`);
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText("Record 1: 7", { exact: true })).toBeVisible();
  const row = page.getByRole("table", { name: "Record 1: 7" }).getByRole("row").filter({ hasText: "sku no" });
  await expect(row).toContainText("mapped");
  await page.getByLabel("Why").fill("their column of ids");
  await page.getByRole("button", { name: "Put it in force" }).click();
  await expect(page.getByText("the next file is read by it")).toBeVisible();
  await expect(history.locator("tbody tr").first()).toContainText("their column of ids");
  await expect(history.locator("tbody tr").first()).toContainText(`# journey ${before}`);
});

test("a partner reads how its files are read, and changes nothing", async ({ page, be }) => {
  await be("partner");
  await page.goto("/feeds/kasparek/products/profile");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Profile");
  await expect(page.getByRole("button", { name: "Put it in force" })).toHaveCount(0);
  await page.goto("/feeds/kasparek/products/gates");
  await expect(page.getByRole("table", { name: "Limits of the gates" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Put them in force" })).toHaveCount(0);
});
