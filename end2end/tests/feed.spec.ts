// What staff set on a feed's own page: who may send its files, where they are fetched from, and whether its pictures
// are looked at.
import { expect, test } from "../support/test";

const PAGE = "/feeds/kasparek/products";

test("staff make a token, see it once, find it by its beginning and revoke it", async ({ page, be, javaScriptEnabled }) => {
  await be("staff");
  await page.goto(PAGE);
  const label = javaScriptEnabled ? "export server" : "export server of the plain browser";
  await page.getByLabel("What the new token is for").fill(label);
  await page.getByRole("button", { name: "Make a token" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(label);
  const token = (await page.locator("#token").textContent()) ?? "";
  expect(token).toMatch(/^fg_[0-9a-f]{64}$/);
  await page.getByRole("link", { name: "Back to the feed" }).click();
  const row = page.getByRole("row").filter({ hasText: token.slice(0, 11) });
  await expect(row).toContainText(label);
  await expect(page.locator("body")).not.toContainText(token);
  await row.getByRole("button", { name: /^Revoke/ }).click();
  await expect(row).toContainText("revoked");
  await expect(row.getByRole("button")).toHaveCount(0);
});

test("a partner is not shown who may send its files", async ({ page, be }) => {
  await be("partner");
  await page.goto(PAGE);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("products");
  await expect(page.getByRole("heading", { name: "Tokens" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Fetched by schedule" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Pictures" })).toHaveCount(0);
});

test("an address inside is refused where it is typed, and another is fetched from until staff end it", async ({ page, be }) => {
  await be("staff");
  await page.goto(PAGE);
  await page.getByText("Have it fetched", { exact: true }).first().click();
  const address = page.getByLabel(/^Address of the file/);
  await address.fill("http://192.168.1.1/feed.csv");
  await page.getByRole("button", { name: "Have it fetched" }).click();
  await expect(page.locator("#url-error")).toContainText("is a private address, which feedgate may not reach");
  await expect(address).toHaveValue("http://192.168.1.1/feed.csv");
  // Reserved for documentation, so that nobody is there.
  await address.fill("https://feeds.example.invalid/feed.csv?key=secret");
  await page.getByRole("button", { name: "Have it fetched" }).click();
  const section = page.locator("#pull");
  await expect(section).toContainText("https://feeds.example.invalid/feed.csv?…");
  await expect(section).not.toContainText("secret");
  await section.getByRole("button", { name: "Pause fetching" }).click();
  await expect(section).toContainText("Paused by");
  await section.getByText("Have it fetched otherwise").click();
  await section.getByRole("button", { name: "Fetch it no more" }).click();
  await expect(section).toContainText("Nothing is fetched for this feed");
});

test("staff have the pictures of a feed looked at until they say otherwise", async ({ page, be }) => {
  await be("staff");
  await page.goto(PAGE);
  const section = page.locator("#pictures");
  await expect(section).toContainText("Nobody looks at the pictures of this feed");
  await section.getByRole("button", { name: "Look at the pictures" }).click();
  await expect(section).toContainText(/A worker is about to look|Looked at/);
  await section.getByRole("button", { name: "Look at them no more" }).click();
  await expect(section).toContainText("Nobody looks at the pictures of this feed");
});
