// Takes a picture of each page, for people to look at: light, dark and on a phone.
import { expect, test } from "../support/test";

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 } },
} as const;

for (const [look, use] of Object.entries(LOOKS)) {
  test.describe(look, () => {
    test.use(use);
    test.skip(({ javaScriptEnabled }) => !javaScriptEnabled, "the pictures are the same");

    test("pictures of the pages", async ({ page, be }) => {
      const take = async (name: string) => {
        // Nothing is wider than the screen: what has to scroll does so by itself.
        const spill = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(spill, `${name} is wider than the screen`).toBeLessThanOrEqual(0);
        await page.screenshot({ path: `test-results/pictures/${name}-${look}.png`, fullPage: true });
      };
      await page.goto("/sign-in");
      await take("sign-in");
      await be("staff");
      for (const [name, path] of [
        ["overview", "/?range=7d"],
        ["partner", "/partners/kasparek"],
        ["deliveries", "/deliveries"],
        ["feed", "/feeds/kasparek/products"],
        ["contract", "/feeds/kasparek/products/contract"],
        ["profile", "/feeds/kasparek/products/profile?start=ceneo"],
        ["gates", "/feeds/kasparek/products/gates"],
        ["reasons", "/reasons?range=30d"],
        ["heat", "/heat?range=7d"],
        ["exports", "/exports?range=30d"],
        ["compared", "/?range=7d&compare=before"],
        ["rules", "/rules"],
        ["rule", "/rules/GTIN_CHECK"],
        ["issues", "/issues"],
        ["issues-by-shape", "/issues?state=any&group=shape"],
        ["quarantine", "/quarantine"],
      ]) {
        await page.goto(path);
        await take(name);
      }
      await page.locator("table tbody th a").first().click();
      await expect(page.getByRole("table", { name: "Attributes" })).toBeVisible();
      await take("record");
      await page.goto("/issues?partner=kasparek");
      await page.locator("table tbody th a").first().click();
      await expect(page.getByRole("heading", { name: "Examples" })).toBeVisible();
      await take("issue");
    });
  });
}
