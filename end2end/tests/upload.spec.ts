import { expect, test } from "../support/test";

const head = "id,title,description,link,image_link,availability,price,brand,gtin\n";
const row = (n: number, price: string) =>
  `UP-${n},Uploaded thing ${n},A thing that was sent in the browser.,https://shop.example.com/${n},` +
  `https://img.example.com/${n}.jpg,in_stock,${price},Gardenia,4006381333931\n`;

test("staff sends a file from the feed's page and follows it to its verdict", async ({ page, be, javaScriptEnabled }) => {
  await be("staff");
  await page.goto("/feeds/kasparek/products");
  const name = javaScriptEnabled ? "by-script.csv" : "by-form.csv";
  await page.getByLabel("File", { exact: true }).setInputFiles({
    name,
    mimeType: "text/csv",
    buffer: Buffer.from(head + row(1, "12.00 PLN")),
  });
  await page.getByRole("button", { name: "Send it" }).click();
  await expect(page).toHaveURL(/\/deliveries\/[0-9a-f]+$/);
  await expect(page.locator("main")).toContainText(name);
  const state = page.locator("main .badge").first();
  await expect(async () => {
    await page.reload();
    await expect(state).not.toHaveText(/queued|processing/, { timeout: 1000 });
  }).toPass();
});

test("a manager is offered no form", async ({ page, be }) => {
  await be("manager");
  await page.goto("/feeds/kasparek/products");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("products");
  await expect(page.getByRole("button", { name: "Send it" })).toHaveCount(0);
});

test("a partner sends a file of its own feed, and meets nobody else's", async ({ page, be }) => {
  await be("partner");
  await page.goto("/feeds/kasparek/products");
  await page.getByLabel("File", { exact: true }).setInputFiles({
    name: "own.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(head + row(2, "14.00 PLN")),
  });
  await page.getByRole("button", { name: "Send it" }).click();
  await expect(page).toHaveURL(/\/deliveries\/[0-9a-f]+$/);
  await expect(page.locator("main")).toContainText("own.csv");
});
