// Takes a picture of each page, for people to look at: light, dark and on a phone. Those of the
// overview and of a partner are also kept with the tests, in pictures/; `make pictures` takes them
// anew. The demo's days are those before today, so a picture is not the kept one to the pixel; it
// has its width, and about its height.
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "../support/test";

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 } },
} as const;

const KEPT = ["overview", "partner"];
const keeps = !!process.env.KEEP_PICTURES;

/** Width and height of a PNG, as its head says. */
function size(path: string): [number, number] {
  const head = readFileSync(path).subarray(16, 24);
  return [head.readUInt32BE(0), head.readUInt32BE(4)];
}

for (const [look, use] of Object.entries(LOOKS)) {
  test.describe(look, () => {
    test.use(use);
    test.skip(({ javaScriptEnabled }) => !javaScriptEnabled, "the pictures are the same");

    test("pictures of the pages", async ({ page, be }) => {
      const take = async (name: string) => {
        // Nothing is wider than the screen: what has to scroll does so by itself.
        const spill = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(spill, `${name} is wider than the screen`).toBeLessThanOrEqual(0);
        // The column that stays in place while a table scrolls does not run over the next one.
        const over = await page
          .locator(".scroll > table tbody th:first-child")
          .evaluateAll((cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((c) => c.textContent));
        expect(over, `${name} has rows whose first cell is too narrow`).toEqual([]);
        const path = `test-results/pictures/${name}-${look}.png`;
        await page.screenshot({ path, fullPage: true });
        if (!KEPT.includes(name)) return;
        const kept = `pictures/${name}-${look}.png`;
        if (keeps || !existsSync(kept)) await page.screenshot({ path: kept, fullPage: true });
        const [[width, height], [keptWidth, keptHeight]] = [size(path), size(kept)];
        expect(width, `${kept} is of another width`).toBe(keptWidth);
        expect(Math.abs(height - keptHeight) / keptHeight, `${kept} is of another height`).toBeLessThan(0.15);
      };
      await page.goto("/sign-in");
      await take("sign-in");
      await be("staff");
      for (const [name, path] of [
        ["overview", "/?range=7d"],
        ["partner", "/partners/kasparek?range=7d"],
        ["report", "/partners/kasparek/report"],
        ["deliveries", "/deliveries"],
        ["feed", "/feeds/kasparek/products"],
        ["contract", "/feeds/kasparek/products/contract"],
        ["profile", "/feeds/kasparek/products/profile?start=ceneo"],
        ["gates", "/feeds/kasparek/products/gates"],
        ["reasons", "/reasons?range=30d"],
        ["reconciliation", "/reconciliation?range=30d"],
        ["heat", "/heat?range=7d"],
        ["exports", "/exports?range=30d"],
        ["compared", "/?range=7d&compare=previous"],
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

test("on paper the overview and a partner say of which time they speak, and have no controls", async ({ page, be }) => {
  await be("staff");
  await page.emulateMedia({ media: "print" });
  for (const [name, path] of [
    ["overview", "/?range=7d"],
    ["partner", "/partners/kasparek?range=7d"],
  ]) {
    await page.goto(path);
    await expect(page.locator(".as-of")).toBeVisible();
    await expect(page.locator(".range summary").first()).toContainText(/\d{1,2} \w{3} \d\d:\d\d – .*UTC/);
    for (const control of [".side", ".range ul", ".chart .tools", ".after a"]) {
      await expect(page.locator(control).first()).toBeHidden();
    }
    await page.screenshot({ path: `test-results/pictures/${name}-paper.png`, fullPage: true });
  }
});
