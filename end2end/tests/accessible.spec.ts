// Every page, seen through axe: with the rules of WCAG 2.2 AA, in light and in dark.
import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";
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

/** What others than staff are shown; `>` follows a link of the list. */
const OF_OTHERS: Record<"partner" | "manager" | "admin", string[]> = {
  partner: [
    "/partners/kasparek/report",
    "/partners/kasparek",
    "/issues?state=any > /issues/",
    "/deliveries > /deliveries/",
    "/quarantine > /quarantine/",
    "/feeds/kasparek/products",
    "/feeds/kasparek/products/contract",
    "/feeds/kasparek/products/try",
    "/reasons",
    "/exports",
    "/rules",
    "/account",
  ],
  manager: ["/", "/partners/kasparek/report", "/issues > /issues/", "/quarantine > /quarantine/", "/heat", "/account"],
  admin: ["/access", "/access > /access/", "/activity", "/jobs", "/reconciliation", "/feeds/kasparek/products", "/quarantine?text=a*"],
};

test.skip(({ javaScriptEnabled }) => !javaScriptEnabled, "axe is a script");

for (const [name, path] of Object.entries(PAGES)) {
  test(`the ${name} can be used by everybody`, async ({ page, be }) => {
    await be("staff");
    await page.goto(path);
    await expectNothingFrom(page);
  });
}

for (const [role, paths] of Object.entries(OF_OTHERS)) {
  test(`everybody can use what the ${role} is shown`, async ({ page, be }) => {
    test.slow();
    await be(role as keyof typeof OF_OTHERS);
    for (const path of paths) {
      const [list, item] = path.split(" > ");
      expect((await page.goto(list ?? ""))?.status(), path).toBe(200);
      if (item) {
        const link = page.locator(`main table tbody a[href^="${item}"]`).first();
        await page.goto((await link.getAttribute("href")) ?? "");
      }
      await expectNothingFrom(page, path);
    }
  });
}

test("what comes of a file that is tried can be used by everybody", async ({ page, be }) => {
  await be("partner");
  await page.goto("/feeds/kasparek/products/try");
  await page.getByLabel(/pasted with their header/).fill("id,title,gtin\n1,BUY NOW,4006381333932\n");
  await page.getByRole("button", { name: "Check it" }).click();
  await expect(page.locator("#report")).toContainText("GTIN_CHECK");
  await expectNothingFrom(page);
});

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

/** Looks in light, and once more in the dark by the rules that colours can break. */
async function expectNothingFrom(page: Page, where = ""): Promise<void> {
  // Colours on their way from one to the other are neither.
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const light = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const dark = await new AxeBuilder({ page }).withRules(["color-contrast", "link-in-text-block"]).analyze();
  const found = [...light.violations, ...dark.violations].flatMap((v) =>
    v.nodes.map((node) => `${v.id}: ${node.target} (${v.help})`),
  );
  expect(found, where).toEqual([]);
}
