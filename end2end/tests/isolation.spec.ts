// A partner reaches its own data alone: by address, by form and by server function.
import { expect, inAnotherBrowser, test } from "../support/test";

test("a partner sees its own pages and not those of another", async ({ page, be, browser }) => {
  const foreign = await inAnotherBrowser(browser, "staff", async (staff) => {
    await staff.goto("/quarantine?partner=lafontaine");
    const record = await staff.locator("table tbody th a").first().getAttribute("href");
    await staff.goto("/deliveries?partner=lafontaine");
    const delivery = await staff.locator('table tbody a[href^="/deliveries/"]').first().getAttribute("href");
    return [record, delivery, "/partners/lafontaine"].map((path) => path ?? "");
  });

  await be("partner");
  expect((await page.goto("/partners/kasparek"))?.status()).toBe(200);
  for (const path of foreign) {
    const response = await page.goto(path);
    expect(response?.status(), path).toBe(404);
    await expect(page.locator("body")).not.toContainText("Lafontaine");
  }
  expect((await page.goto("/partners/there-is-no-such-partner"))?.status()).toBe(404);

  for (const list of ["/quarantine", "/deliveries"]) {
    await page.goto(`${list}?partner=lafontaine`);
    await expect(page.locator("body")).not.toContainText("Lafontaine");
    await expect(page.locator("main tbody tr")).toHaveCount(0);
  }
});

test("a server function answers a partner as if another's things were not there", async ({ page, be }) => {
  await be("partner");
  const ask = (id: string) => page.request.post("/api/read_partner", { form: { partner: id, range: "7d" } });
  expect((await ask("kasparek")).status()).toBe(200);
  const [foreign, missing] = [await ask("lafontaine"), await ask("there-is-no-such-partner")];
  expect(foreign.status()).toBe(404);
  expect(missing.status()).toBe(404);
  expect((await foreign.text()).replaceAll("lafontaine", "")).toBe(
    (await missing.text()).replaceAll("there-is-no-such-partner", ""),
  );
});

test("nobody compares partners who may not", async ({ page, be }) => {
  await be("partner");
  const response = await page.goto("/");
  expect([403, 404, 200]).toContain(response?.status());
  await expect(page.getByRole("table", { name: "Partners" })).toHaveCount(0);
});
