// The contract engine in the browser: what it says while somebody types, and that it says what
// the server says.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test";
import { strange } from "../support/strange";

/** Opens the editor of the first held record of a list. */
async function edit(page: Page, list: string): Promise<void> {
  await page.goto(list);
  await page.getByRole("table", { name: "Held records" }).locator("tbody th a").first().click();
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Edit" })).toBeVisible();
}

test("while somebody types, the page says whether the record would pass; without a script, when asked", async ({
  page,
  be,
  javaScriptEnabled,
}) => {
  await be("staff");
  await edit(page, "/quarantine?partner=kasparek&code=GTIN_CHECK");
  const gtin = page.locator(".attribute", { has: page.locator("label code", { hasText: /^gtin$/ }) });
  const field = gtin.locator("input[name='values[]']");
  const line = page.locator(".verdict .line");

  if (!javaScriptEnabled) {
    await field.fill("4006381333931");
    await page.getByRole("button", { name: "See whether it would pass" }).click();
    await expect(page.getByText("they are not saved. Would pass")).toBeVisible();
    await expect(field).toHaveValue("4006381333931");
    await page.getByRole("link", { name: "Begin again from the saved ones" }).click();
    await expect(gtin).toContainText("GTIN_CHECK");
    return;
  }

  await expect(line).toHaveText(/^Still fails: .*GTIN_CHECK/);
  await expect(field).toHaveAttribute("aria-invalid", "true");
  // A right number, typed, passes before anything is saved; what was said of the wrong one goes.
  await field.fill("400638133393");
  await field.press("End");
  await field.pressSequentially("1");
  await expect(line).toHaveText(/^Would pass/);
  await expect(gtin).not.toContainText("GTIN_CHECK");
  await expect(field).not.toHaveAttribute("aria-invalid");
  // What breaks another rule is told at its own field, in the words of the rule.
  const price = page.locator(".attribute", { has: page.locator("label code", { hasText: /^price$/ }) });
  await price.locator("input[name='values[]']").fill("cheap");
  await expect(line).toHaveText(/^Still fails: .*PRICE/);
  await expect(price.locator(".violations")).toContainText("cheap");
  // An attribute that is added counts too, and the suggestion is a click away.
  await price.locator("input[name='values[]']").fill("1O.00 EUR");
  await field.fill("4006381333932");
  await expect(line).toHaveText(/GTIN_CHECK/);
  await gtin.getByRole("button", { name: /^Use/ }).click();
  await expect(field).toHaveValue(/^\d{13}$/);
  await expect(line).not.toHaveText(/GTIN_CHECK/);
});

test("a record is typed as JSON; what is no record is told with its place, and a price that was right is asked about", async ({
  page,
  be,
  javaScriptEnabled,
}) => {
  await be("staff");
  await edit(page, "/quarantine?partner=kasparek&code=GTIN_CHECK");
  await page.getByRole("button", { name: "Type JSON" }).click();
  const text = page.getByLabel("The attributes as a JSON object");
  const sent = await text.inputValue();
  const line = page.locator(".verdict .line");
  const check = page.getByRole("button", { name: "See whether it would pass" });
  const broken = sent.replace(",\n", "\n");
  const dearer = sent.replace(/"price": ".*"/, '"price": "0.01 EUR"');
  expect(dearer).not.toBe(sent);

  if (javaScriptEnabled) {
    await expect(line).toHaveText(/^Still fails: .*GTIN_CHECK/);
    await expect(page.locator(".verdict .violations")).toContainText("GTIN_CHECK");
    await text.fill(broken);
    await expect(line).toHaveText(/^Line 3, column \d+: expected/);
    await expect(text).toHaveAttribute("aria-invalid", "true");
    await text.fill(sent.replace(/"gtin": "\d+"/, '"gtin": "4006381333931"'));
    await expect(line).toHaveText(/^Would pass/);
    await expect(text).not.toHaveAttribute("aria-invalid");
    await expect(page.getByLabel("This is meant")).toHaveCount(0);
    await text.fill(dearer);
    await expect(page.locator(".sure")).toContainText("You change price");
    await page.getByLabel("This is meant").check();
    // What is typed on leaves the tick where it is.
    await text.press("End");
    await text.pressSequentially(" ");
    await expect(page.getByLabel("This is meant")).toBeChecked();
  } else {
    await text.fill(broken);
    await check.click();
    await expect(page.getByText(/they are not saved. Line 3, column \d+: expected/)).toBeVisible();
    await expect(text).toHaveValue(broken);
    await text.fill(dearer);
    await check.click();
    await expect(page.locator(".sure")).toContainText("You change price");
  }
  await page.getByRole("button", { name: "Fill in fields" }).click();
  const price = page.locator(".attribute", { has: page.locator("label code", { hasText: /^price$/ }) });
  await expect(price.locator("input[name='values[]']")).toHaveValue("0.01 EUR");
  await page.getByRole("link", { name: "Begin again from the saved ones" }).click();
  const now = await price.locator("input[name='values[]']").inputValue();
  expect(now).not.toBe("0.01 EUR");
  // What was typed is kept until it is saved; others open this record too.
  await page.getByRole("button", { name: "Type JSON" }).click();
  await expect(text).toHaveValue(new RegExp(`"price": "${now}"`));
});

test("the engine in the browser says of hundreds of strange records what the server says", async ({
  page,
  be,
  javaScriptEnabled,
}) => {
  test.skip(!javaScriptEnabled, "there is no engine in a browser without scripts");
  await be("staff");
  // Records of several feeds, whose contracts and currencies are their own.
  const ids: string[] = [];
  for (const partner of ["kasparek", "lafontaine", "szabo"]) {
    await page.goto(`/quarantine?partner=${partner}`);
    const link = page.getByRole("table", { name: "Held records" }).locator("tbody th a").first();
    ids.push((await link.getAttribute("href"))?.split("/").pop() ?? "");
  }
  await edit(page, "/quarantine?partner=kasparek");
  await expect(page.locator(".verdict .line")).not.toBeEmpty();

  const records = strange(20261127, 400);
  const told = await page.evaluate(
    async ({ ids, records }) => {
      // The page's own module, awake already, under whatever name its build has.
      const wakes = document.querySelector<HTMLScriptElement>("script[src$='/wake.js']");
      const engine = await import(new URL("feedgate.js", wakes?.src).href);
      const ask = async (attributes: [string, string][], id: string) => {
        const body = new URLSearchParams({ id });
        for (const [name, value] of attributes) {
          body.append("names[]", name);
          body.append("values[]", value);
        }
        const answer = await fetch("/api/judge_draft", { method: "POST", body });
        if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
        const { contract, now, verdict } = await answer.json();
        const here = JSON.parse(engine.judge(JSON.stringify({ contract, now, attributes })));
        return { here, there: verdict };
      };
      const told = [];
      for (let from = 0; from < records.length; from += 8) {
        const some = records.slice(from, from + 8);
        told.push(...(await Promise.all(some.map((one, n) => ask(one, ids[(from + n) % ids.length] ?? "")))));
      }
      return told;
    },
    { ids, records },
  );

  const codes = new Set<string>();
  let passed = 0;
  for (const [n, { here, there }] of told.entries()) {
    expect(here, `record ${n}: ${JSON.stringify(records[n])}`).toEqual(there);
    for (const { code } of there.violations) codes.add(code);
    if (there.violations.every((v: { severity: string }) => v.severity !== "error")) passed += 1;
  }
  // The records are strange enough to say something, and sound enough to pass now and then.
  expect(told).toHaveLength(400);
  expect(codes.size).toBeGreaterThan(50);
  expect(passed).toBeGreaterThan(20);
});
