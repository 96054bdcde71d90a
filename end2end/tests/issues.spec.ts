// The issues board: what is wrong in a line each, what people make of it, and the way to its records.
import { expect, test } from "../support/test";

test("staff finds the worst issue of a partner, tells whose it is, and reads that again", async ({ page, be }) => {
  await be("staff");
  await page.goto("/issues?partner=kasparek");
  const issues = page.getByRole("table", { name: "Issues" });
  const line = issues.locator("tbody tr", { hasText: "GTIN_CHECK" }).first();
  await expect(line).toContainText("gtin");
  await expect(line).toContainText("open");
  await line.locator("th a").first().click();
  await expect(page).toHaveURL(/\/issues\/[0-9a-f]{16}/);
  await expect(page.getByRole("heading", { name: "Examples" })).toBeVisible();

  // The list of its records has as many as the issue says.
  const waiting = page.locator("dt", { hasText: "Waiting in quarantine" }).locator("xpath=following-sibling::dd");
  const number = (await waiting.textContent())?.trim() ?? "";
  await waiting.getByRole("link").click();
  await expect(page.locator("main .head")).toContainText(`${number} record`);
  await page.goBack();

  await page.getByLabel("Step").selectOption({ label: "Wait for the partner" });
  await page.getByLabel(/^Tags/).fill("needs-partner");
  await page.getByLabel(/^Note/).fill("Told Jan on the phone");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.locator("main .head")).toContainText("waiting on partner");
  const history = page.locator("section", { has: page.getByRole("heading", { name: "What happened" }) });
  await expect(history).toContainText("Tomás Pereira set it to wait on the partner");
  await expect(history).toContainText("noted: Told Jan on the phone");

  // It is found by its tag, and opened again for whoever comes next.
  await page.goto("/issues?q=needs-partner");
  await expect(issues.locator("tbody tr")).toHaveCount(1);
  await issues.locator("tbody th a").first().click();
  await page.getByLabel("Step").selectOption({ label: "Reopen" });
  await page.getByLabel(/^Tags/).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("main .head .badge.open")).toBeVisible();
});

test("what will not do is said beside its field, and what was typed stays", async ({ page, be }) => {
  await be("staff");
  await page.goto("/issues?partner=szabo");
  await page.getByRole("table", { name: "Issues" }).locator("tbody th a").first().click();
  await page.getByLabel(/^Ticket/).fill("http://tickets.example.com/4711");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("#ticket-error")).toContainText("begins with https://");
  await expect(page.getByLabel(/^Ticket/)).toHaveValue("http://tickets.example.com/4711");
});

test("issues that are ticked are given to somebody together, and taken away again", async ({ page, be }) => {
  await be("staff");
  await page.goto("/issues?partner=szabo&state=any");
  const lines = page.getByRole("table", { name: "Issues" }).locator("tbody tr");
  const give = async (name: string) => {
    for (const place of [0, 1]) await lines.nth(place).getByRole("checkbox").check();
    await page.getByLabel("Assign the ticked to").selectOption({ label: name });
    await page.getByRole("button", { name: "Assign", exact: true }).click();
    await expect(page.getByText("2 issues were assigned.")).toBeVisible();
  };
  await give("Tomás Pereira");
  for (const place of [0, 1]) await expect(lines.nth(place)).toContainText("Tomás Pereira");
  // Another board, or the word of the last time would still stand there.
  await page.goto("/issues?partner=szabo&state=any&assignee=mine");
  await expect(lines).toHaveCount(2);
  await give("nobody");
  await page.goto("/issues?partner=szabo&state=any");
  await expect(lines.first()).toContainText("nobody yet");
});

test("the board is grouped, and a group opens into its issues", async ({ page, be }) => {
  await be("manager");
  await page.goto("/issues");
  await page.getByLabel("Group by").selectOption({ label: "rule" });
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/group=code/);
  const groups = page.getByRole("table", { name: "Issues by rule" });
  await groups.locator("tbody th a").first().click();
  await expect(page).toHaveURL(/code=/);
  await expect(page.getByRole("table", { name: "Issues" }).locator("tbody tr").first()).toBeVisible();
});

test("a partner sees its own issues and nobody's notes", async ({ page, be }) => {
  await be("partner");
  await page.goto("/issues?state=any");
  await expect(page.getByRole("heading", { level: 1, name: "Issues" })).toBeVisible();
  await expect(page.getByLabel("Assigned to")).toHaveCount(0);
  const line = page.getByRole("table", { name: "Issues" }).locator("tbody th a").first();
  await line.click();
  await expect(page.getByRole("heading", { name: "Examples" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "What happened" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
});
