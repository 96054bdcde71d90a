import { expect, test } from "../support/test";

test("whoever tries a large file sees how far it is, and then what came of it", async ({ page, be, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, "without a script the browser itself says that it waits");
  await be("partner");
  await page.goto("/feeds/kasparek/products/try");
  const rows = Array.from({ length: 20_000 }, (_, n) => `${n},Mug ${n} ${"of fine clay ".repeat(20)},12.00 EUR`);
  await page.getByLabel("File", { exact: true }).setInputFiles({
    name: "large.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`id,title,price\n${rows.join("\n")}\n`),
  });
  // The page that tells is gone when its answer comes, so what it said is taken down as it says it.
  await page.evaluate(() => {
    const words = document.querySelector(".trial output");
    new MutationObserver(() => {
      const bar = document.querySelector<HTMLElement>(".trial progress");
      const told = `${words?.textContent}${bar?.hidden ? "" : ", with a bar"}`;
      sessionStorage.setItem("told", `${sessionStorage.getItem("told") ?? ""}${told}\n`);
    }).observe(words ?? document, { childList: true });
  });
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.locator("#report")).toContainText("large.csv");
  await expect(page.locator("#report")).toContainText("20,000");
  const told = await page.evaluate(() => sessionStorage.getItem("told"));
  expect(told).toMatch(/^5\.\d MB on their way, with a bar\n/);
});
