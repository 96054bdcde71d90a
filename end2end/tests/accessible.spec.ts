// Every page, seen through axe: with the rules of WCAG 2.2 AA, in light and in dark.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "../support/test";

const PAGES = {
  overview: "/?range=7d",
  partner: "/partners/kasparek",
  report: "/partners/kasparek/report",
  "try a file": "/feeds/kasparek/products/try",
  account: "/account",
  deliveries: "/deliveries",
  quarantine: "/quarantine",
  issues: "/issues",
  "issues by shape": "/issues?state=any&group=shape",
  feed: "/feeds/kasparek/products",
  contract: "/feeds/kasparek/products/contract?rule=TITLE_LENGTH",
  profile: "/feeds/kasparek/products/profile?start=ceneo",
  gates: "/feeds/kasparek/products/gates",
  reasons: "/reasons?range=30d",
  "heat map": "/heat?range=7d",
  exports: "/exports?range=30d",
  "rule book": "/rules",
  "page of a rule": "/rules/GTIN_CHECK",
  "unknown page": "/no/such/page",
};

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test.skip(({ javaScriptEnabled }) => !javaScriptEnabled, "axe is a script");

    for (const [name, path] of Object.entries(PAGES)) {
      test(`the ${name} can be used by everybody`, async ({ page, be }) => {
        await be("staff");
        await page.goto(path);
        await expectNothingFrom(page);
      });
    }

    test("a held record and its editor can be used by everybody", async ({ page, be }) => {
      await be("staff");
      await page.goto("/quarantine?partner=szabo");
      await page.locator("table tbody th a").first().click();
      await expect(page.getByRole("table", { name: "Attributes" })).toBeVisible();
      await expectNothingFrom(page);
      await page.getByRole("link", { name: "Edit" }).click();
      await expect(page.getByRole("heading", { name: "Edit" })).toBeVisible();
      await expectNothingFrom(page);
    });

    test("a delivery can be read by everybody", async ({ page, be }) => {
      await be("staff");
      await page.goto("/deliveries?partner=kasparek");
      await page.locator('table tbody a[href^="/deliveries/"]').first().click();
      await expect(page).toHaveURL(/\/deliveries\/.+/);
      await expectNothingFrom(page);
    });

    test("a held delivery can be decided about by everybody", async ({ page, be }) => {
      await be("staff");
      await page.goto("/deliveries?status=held&partner=papeterie");
      await page.locator('table tbody a[href^="/deliveries/"]').first().click();
      await expect(page.getByRole("button", { name: "Release it" })).toBeVisible();
      await expectNothingFrom(page);
    });

    test("the sign-in page can be used by everybody", async ({ page }) => {
      await page.goto("/sign-in");
      await expectNothingFrom(page);
    });
  });
}

async function expectNothingFrom(page: import("@playwright/test").Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  const found = violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.target} (${v.help})`));
  expect(found).toEqual([]);
}
